import { type Catalogue, findResource, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import type { CacheEvent } from "../registry/cache.ts";
import { timestampOf } from "../timestamp.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

const namespaceInfo = findResource("", "v1", "namespaces") as ResourceInfo;

/** Every resource that lives in namespaces, once. */
function contentsOf(catalogue: Catalogue): readonly ResourceInfo[] {
  return [...catalogue.all()].filter(({ namespaced, resource, group, version, verbs }) => {
    const isListed = namespaced && !resource.includes("/") && verbs.includes("list");
    return isListed && catalogue.preferred(group, resource)?.version === version;
  });
}

/** Empties namespaces that are being deleted, then lets them go. */
export const namespace: ControllerKind = {
  name: "namespace-controller",
  alias: "namespace",
  account: "namespace-controller",
  create: (context) => {
    const goingOnly = ({ namespace: target, object }: CacheEvent) =>
      object === undefined && isGoing(context.cache.get("", "namespaces", "", target)) ? [target] : [];
    return reconciler(
      {
        name: namespace.name,
        follows: [
          { group: "", resource: "namespaces", keys: ownKey },
          { group: "", resource: "*", keys: goingOnly },
        ],
        sync: async (name) => {
          const found = context.cache.get("", "namespaces", "", name);
          if (found !== undefined && isGoing(found)) await empty(found, name, context);
        },
      },
      context,
    );
  },
};

function isGoing(found: KubeObject | undefined): boolean {
  return Boolean(found?.metadata.deletionTimestamp);
}

/** Deletes what lies in the namespace; when nothing is left, the namespace itself. Objects with finalizers are waited for. */
async function empty(
  found: KubeObject,
  name: string,
  { cache, registry, catalogue, clock }: ControllerContext,
): Promise<void> {
  const deletionTimestamp = timestampOf(clock.now());
  let left = 0;
  for (const info of contentsOf(catalogue)) {
    for (const object of cache.list(info.group, info.resource, name)) {
      const isHeld = (object.metadata.finalizers ?? []).length > 0;
      if (isHeld) left++;
      if (isHeld && object.metadata.deletionTimestamp) continue;
      const marked = isHeld ? { ...object, metadata: { ...object.metadata, deletionTimestamp } } : undefined;
      await registry.writeDirect(marked, object, info, name, object.metadata.name ?? "", "kube-controller-manager");
    }
  }
  const isHeld = (found.metadata.finalizers ?? []).length > 0;
  if (left > 0 || isHeld) return;
  const current = cache.get("", "namespaces", "", name);
  if (current !== undefined) await registry.writeDirect(undefined, current, namespaceInfo, "", name);
}
