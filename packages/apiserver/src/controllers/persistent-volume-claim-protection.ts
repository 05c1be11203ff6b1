import { type KubeObject, timestampOf } from "@sallyport/kube";
import type { CacheEvent } from "../registry/history.ts";
import { type Condition, findCondition, withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { isReleased, withoutFinalizer } from "./finalizers.ts";
import { claimNamesOf, isFinished, type Pod } from "./pods.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

const finalizer = "kubernetes.io/pvc-protection";

/**
 * Lets a deleted claim go when no pod on a node uses it any more. A pod that is on no node yet does not hold it: no kubelet starts a
 * pod with a claim that is being deleted. Bound claims are told of in their status when no pod names them (KEP 5541).
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
          const pods = cache.list("", "pods", namespace) as readonly Pod[];
          if (claim !== undefined) await tellUse(claim as Claim, pods, context);
          if (!isReleased(claim, finalizer)) return;
          if (pods.some((pod) => holds(pod, name))) return;
          await client.update(claim, (fresh) => withoutFinalizer(fresh, finalizer));
        },
      },
      context,
    ),
};

interface Claim extends KubeObject {
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** Says of a bound claim since when no pod has named it. */
async function tellUse(claim: Claim, pods: readonly Pod[], { client, clock }: ControllerContext): Promise<void> {
  if (claim.metadata.deletionTimestamp !== undefined || claim.status?.phase !== "Bound") return;
  const isUsed = pods.some((pod) => !isFinished(pod) && claimNamesOf(pod).includes(claim.metadata.name ?? ""));
  const told = isUsed ? used : unused;
  if (findCondition(claim.status.conditions, told.type)?.status === told.status) return;
  await client.updateStatus(claim, (fresh) => {
    const { status } = fresh as Claim;
    return {
      ...fresh,
      status: { ...status, conditions: withCondition(status?.conditions, told, timestampOf(clock.now())) },
    };
  });
}

const unused = {
  type: "Unused",
  status: "True",
  reason: "NoPodsUsingPVC",
  message: "No pods are currently referencing this PVC",
  lastProbeTime: null,
} as const;

const used = {
  type: "Unused",
  status: "False",
  reason: "PodUsingPVC",
  message: "A pod is currently referencing this PVC",
  lastProbeTime: null,
} as const;

function claimsOfEvent({ namespace, object, previous }: CacheEvent): readonly string[] {
  const names = [object, previous].flatMap((pod) => (pod === undefined ? [] : claimNamesOf(pod as Pod)));
  return [...new Set(names)].map((name) => `${namespace}/${name}`);
}

function holds(pod: Pod, claim: string): boolean {
  return Boolean(pod.spec?.nodeName) && claimNamesOf(pod).includes(claim);
}
