import type { CacheEvent } from "../registry/cache.ts";
import type { ControllerKind } from "./controller.ts";
import { isReleased, withoutFinalizer } from "./finalizers.ts";
import { claimNamesOf, type Pod } from "./pods.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

const finalizer = "kubernetes.io/pvc-protection";

/**
 * Lets a deleted claim go when no pod on a node uses it any more. A pod that is on no node yet does not hold it: no kubelet starts a
 * pod with a claim that is being deleted.
 */
export const persistentVolumeClaimProtection: ControllerKind = {
  name: "persistentvolumeclaim-protection-controller",
  alias: "pvc-protection",
  account: "pvc-protection-controller",
  create: (context) =>
    reconciler(
      {
        name: persistentVolumeClaimProtection.name,
        follows: [
          { group: "", resource: "persistentvolumeclaims", keys: ownKey },
          { group: "", resource: "pods", keys: claimsOfEvent },
        ],
        sync: async (key) => {
          const { cache, client } = context;
          const [namespace, name] = partsOf(key);
          const claim = cache.get("", "persistentvolumeclaims", namespace, name);
          if (!isReleased(claim, finalizer)) return;
          if (cache.list("", "pods", namespace).some((pod) => holds(pod as Pod, name))) return;
          await client.update(claim, (fresh) => withoutFinalizer(fresh, finalizer));
        },
      },
      context,
    ),
};

function claimsOfEvent({ namespace, object, previous }: CacheEvent): readonly string[] {
  const names = [object, previous].flatMap((pod) => (pod === undefined ? [] : claimNamesOf(pod as Pod)));
  return [...new Set(names)].map((name) => `${namespace}/${name}`);
}

function holds(pod: Pod, claim: string): boolean {
  return Boolean(pod.spec?.nodeName) && claimNamesOf(pod).includes(claim);
}
