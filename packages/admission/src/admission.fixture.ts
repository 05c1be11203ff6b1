import type { KubeObject } from "@sallyport/kube";
import { emptyPolicySet } from "./policies/policy-set.ts";
import type { Operation, Request } from "./request.ts";
import type { AdmissionEffects, Snapshot } from "./snapshot.ts";

/** Effects that always say the same. */
export const testEffects: AdmissionEffects = {
  now: () => Date.UTC(2026, 0, 1),
  ticks: () => 0,
  randomBytes: (size) => new Uint8Array(size),
};

const resources: { readonly [kind: string]: readonly [group: string, version: string, resource: string] } = {
  Pod: ["", "v1", "pods"],
  Namespace: ["", "v1", "namespaces"],
  ServiceAccount: ["", "v1", "serviceaccounts"],
  PersistentVolumeClaim: ["", "v1", "persistentvolumeclaims"],
  StorageClass: ["storage.k8s.io", "v1", "storageclasses"],
  PriorityClass: ["scheduling.k8s.io", "v1", "priorityclasses"],
  Deployment: ["apps", "v1", "deployments"],
  Service: ["", "v1", "services"],
  ConfigMap: ["", "v1", "configmaps"],
  ValidatingWebhookConfiguration: ["admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"],
  MutatingWebhookConfiguration: ["admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations"],
};

/** A snapshot of these objects. */
export function snapshotOf(objects: readonly KubeObject[], extra: Partial<Snapshot> = {}): Snapshot {
  const list = (group: string, resource: string, namespace?: string) =>
    objects.filter(({ kind, metadata }) => {
      const place = resources[kind];
      return (
        place?.[0] === group && place[2] === resource && (namespace === undefined || metadata.namespace === namespace)
      );
    });
  return {
    generation: 1,
    objects: {
      list,
      get: (group, resource, namespace, name) =>
        list(group, resource).find(
          ({ metadata }) => metadata.name === name && (metadata.namespace ?? "") === namespace,
        ),
    },
    authorizer: { authorize: () => ({ allowed: true, reason: "" }) },
    policies: emptyPolicySet,
    policyData: {},
    ...extra,
  };
}

export function requestFor(
  object: KubeObject,
  operation: Operation = "CREATE",
  oldObject: KubeObject | null = null,
): Request {
  const [group = "", version = "", resource = ""] = resources[object.kind] ?? [];
  const name = object.metadata.name ?? "";
  return {
    uid: "uid-1",
    kind: { group, version, kind: object.kind },
    resource: { group, version, resource },
    subResource: "",
    name,
    namespace: object.kind === "Namespace" ? name : (object.metadata.namespace ?? ""),
    operation,
    userInfo: { username: "jane", groups: ["system:authenticated"] },
    object: operation === "DELETE" ? null : object,
    oldObject: operation === "DELETE" ? object : oldObject,
    options: null,
    dryRun: false,
  };
}

export function namespace(
  name: string,
  labels: { readonly [key: string]: string } = {},
  status: object = { phase: "Active" },
): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels }, status };
}

export function serviceAccount(namespaceName: string, name = "default", rest: object = {}): KubeObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: namespaceName, name }, ...rest };
}

export function pod(spec: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name: "p", ...metadata },
    spec: { containers: [{ name: "a", image: "x" }], ...spec },
  };
}
