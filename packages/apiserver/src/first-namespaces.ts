import { randomUUID } from "node:crypto";
import { findKind, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import type { Cache } from "./registry/cache.ts";
import type { Registry } from "./registry/registry.ts";

/** Namespaces that exist from the first start. */
const firstNamespaces: readonly string[] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Makes those that are missing. */
export async function writeFirstNamespaces(cache: Cache, registry: Registry, creationTimestamp: string): Promise<void> {
  const info = findKind("", "v1", "Namespace") as ResourceInfo;
  for (const name of firstNamespaces) {
    if (cache.get("", "namespaces", "", name) !== undefined) continue;
    const object: KubeObject = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name,
        uid: randomUUID(),
        creationTimestamp,
        labels: { "kubernetes.io/metadata.name": name },
        managedFields: [managedLabel(creationTimestamp)],
      },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    };
    await registry.writeDirect(object, undefined, info, "", name);
  }
}

/** The finalizer is nobody's: the server adds it when it is known whose the fields are. */
function managedLabel(time: string) {
  return {
    manager: "kube-apiserver",
    operation: "Update",
    apiVersion: "v1",
    time,
    fieldsType: "FieldsV1",
    fieldsV1: { "f:metadata": { "f:labels": { ".": {}, "f:kubernetes.io/metadata.name": {} } } },
  };
}
