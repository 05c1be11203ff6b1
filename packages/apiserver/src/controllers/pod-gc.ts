import { timestampOf } from "@sallyport/kube";
import { type Condition, withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { createdAt, isFinished, type Pod } from "./pods.ts";
import { type Again, ownKey, partsOf, reconciler } from "./reconciler.ts";

/** A node may come back: its pods wait so long. */
const quarantineMs = 40_000;
/** Pods that are done are looked through so often; kube-controller-manager's period. */
const sweepMs = 20_000;
/** As many pods that are done are kept; kube-controller-manager's `--terminated-pod-gc-threshold`. */
const keptTerminated = 12_500;

/** The key of all pods that are done. */
const terminated = "";

/**
 * Deletes pods that nobody else will: of nodes that are gone, those that end without ever having had a node, the oldest of too many
 * that are done, and, beyond what kube-controller-manager does, those that end on a node that never had a kubelet.
 */
export const podGarbageCollector: ControllerKind = {
  name: "pod-garbage-collector-controller",
  alias: "podgc",
  account: "pod-garbage-collector",
  create: (context) => {
    const { cache } = context;
    const missing = new Map<string, number>();
    return reconciler(
      {
        name: podGarbageCollector.name,
        follows: [
          {
            group: "",
            resource: "pods",
            keys: (event) => {
              const pod = event.object as Pod | undefined;
              if (pod === undefined) return [];
              return [
                ...(pod.spec?.nodeName || pod.metadata.deletionTimestamp ? ownKey(event) : []),
                ...(isFinished(pod) ? [terminated] : []),
              ];
            },
          },
          {
            group: "",
            resource: "nodes",
            keys: ({ name, object }) => {
              if (object !== undefined) missing.delete(name);
              return object === undefined ? keysOn(name, context) : [];
            },
          },
        ],
        sync: async (key, again) => {
          if (key === terminated) return sweep(again, context);
          const pod = cache.get("", "pods", ...partsOf(key)) as Pod | undefined;
          if (pod !== undefined) await collect(pod, key, missing, again, context);
        },
      },
      context,
    );
  },
};

function keysOn(node: string, { cache }: ControllerContext): readonly string[] {
  return (cache.list("", "pods") as readonly Pod[])
    .filter(({ spec }) => spec?.nodeName === node)
    .map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);
}

async function collect(
  pod: Pod,
  key: string,
  missing: Map<string, number>,
  again: Again,
  context: ControllerContext,
): Promise<void> {
  const { cache, clock } = context;
  const node = pod.spec?.nodeName ?? "";
  const end = Date.parse(pod.metadata.deletionTimestamp ?? "");
  if (node === "") return Number.isNaN(end) ? undefined : failAndRemove(pod, undefined, context);
  if (cache.get("", "nodes", "", node) === undefined) {
    const since = missing.get(node) ?? clock.now();
    missing.set(node, since);
    const left = since + quarantineMs - clock.now();
    if (left > 0) again.addAfter(key, left);
    else await failAndRemove(pod, orphaned, context);
  } else if (!Number.isNaN(end) && cache.get("coordination.k8s.io", "leases", "kube-node-lease", node) === undefined) {
    const left = hasStarted(pod) ? end - clock.now() : 0;
    if (left > 0) again.addAfter(key, left);
    else await remove(pod, context);
  }
}

/** A pod that never ran has nothing to end. */
function hasStarted({ status }: Pod): boolean {
  return status?.phase !== "Pending" || (status.containerStatuses ?? []).length > 0;
}

const orphaned = {
  type: "DisruptionTarget",
  status: "True",
  reason: "DeletionByPodGC",
  message: "PodGC: node no longer exists",
} as const;

/** A pod that finalizers hold is seen to be over: nobody else would say so. */
async function failAndRemove(pod: Pod, condition: Condition | undefined, context: ControllerContext): Promise<void> {
  const { client, clock } = context;
  if (isFinished(pod)) return remove(pod, context);
  const failed = await client.updateStatus(pod, (fresh) => {
    const { metadata, status } = fresh as Pod;
    const conditions =
      condition === undefined
        ? status?.conditions
        : withCondition(status?.conditions, condition, timestampOf(clock.now()));
    return {
      ...fresh,
      status: {
        ...status,
        phase: "Failed",
        ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
        ...(conditions && { conditions }),
      },
    };
  });
  await remove(failed as Pod, context);
}

async function remove(pod: Pod, { client }: ControllerContext): Promise<void> {
  await client.delete(pod, { gracePeriodSeconds: 0 });
}

async function sweep(again: Again, context: ControllerContext): Promise<void> {
  const done = (context.cache.list("", "pods") as readonly Pod[]).filter(isFinished);
  const surplus = done.length - keptTerminated;
  if (surplus <= 0) return;
  const oldest = done.sort((a, b) => createdAt(a) - createdAt(b)).slice(0, surplus);
  for (const pod of oldest) await remove(pod, context);
  again.addAfter(terminated, sweepMs);
}
