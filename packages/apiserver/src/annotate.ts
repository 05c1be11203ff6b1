import { findKind, type KubeObject, parseApiVersion, type ResourceInfo } from "@sallyport/kube";
import type { Cache } from "./registry/cache.ts";
import type { Registry } from "./registry/registry.ts";

/** Sets annotations of an object past admission, as a controller. False when it is gone. */
export async function annotate(
  cache: Cache,
  registry: Registry,
  group: string,
  resource: string,
  namespace: string,
  name: string,
  annotations: { readonly [key: string]: string },
): Promise<boolean> {
  for (;;) {
    const current = cache.get(group, resource, namespace, name);
    if (current === undefined) return false;
    const { version } = parseApiVersion(current.apiVersion);
    const info = findKind(group, version, current.kind) as ResourceInfo;
    const metadata = { ...current.metadata, annotations: { ...current.metadata.annotations, ...annotations } };
    if (await registry.writeDirect({ ...current, metadata } as KubeObject, current, info, namespace, name)) return true;
  }
}
