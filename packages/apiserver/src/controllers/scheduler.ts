import { timestampOf } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import { findCondition, withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import type { Node } from "./nodes.ts";
import { isFinished, type Pod } from "./pods.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";
import { type Candidate, loadOf, type Misfit, misfitOf } from "./scheduler-filters.ts";
import { type Claims, claimsOf } from "./scheduler-volumes.ts";

/** Pods that name another scheduler are not ours. */
const schedulerName = "default-scheduler";

/**
 * Chooses nodes for pods, as kube-scheduler does: by resources, taints, selectors and required node affinity, host ports and claims.
 * It looks neither at other pods' affinity nor at topology spread, and ends no pod in favour of another.
 */
export const scheduler: ControllerKind = {
  name: "kube-scheduler",
  alias: "scheduler",
  account: "kube-scheduler",
  user: "system:kube-scheduler",
  component: schedulerName,
  isOptional: true,
  create: (context) => {
    const { cache } = context;
    const waiting = () =>
      (cache.list("", "pods") as readonly Pod[])
        .filter(isWaiting)
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    return reconciler(
      {
        name: scheduler.name,
        follows: [
          {
            group: "",
            resource: "pods",
            keys: (event) => {
              const pod = event.object as Pod | undefined;
              if (pod !== undefined && isWaiting(pod)) return ownKey(event);
              // A pod that went, or is done, leaves room.
              return pod === undefined || isFinished(pod) ? waiting() : [];
            },
          },
          {
            group: "",
            resource: "nodes",
            keys: ({ object, previous }) => (isEqual(traitsOf(object), traitsOf(previous)) ? [] : waiting()),
          },
          { group: "", resource: "persistentvolumeclaims", keys: waiting },
        ],
        sync: async (key) => {
          const pod = cache.get("", "pods", ...partsOf(key)) as Pod | undefined;
          if (pod !== undefined && isWaiting(pod)) await schedule(pod, context);
        },
      },
      context,
    );
  },
};

function isWaiting(pod: Pod): boolean {
  const { nodeName, schedulerName: wanted = schedulerName } = (pod.spec ?? {}) as {
    nodeName?: string;
    schedulerName?: string;
  };
  return !nodeName && wanted === schedulerName && !pod.metadata.deletionTimestamp && !isFinished(pod);
}

/** What of a node matters: not that it is alive, which it tells all the time. */
function traitsOf(node: Node | undefined): readonly unknown[] {
  return node === undefined ? [] : [node.metadata.labels, node.spec, node.status?.allocatable];
}

async function schedule(pod: Pod, context: ControllerContext): Promise<void> {
  if (((pod.spec?.["schedulingGates"] ?? []) as readonly unknown[]).length > 0)
    return say(pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates", context);
  const candidates = candidatesOf(context);
  const claims = claimsOf(pod, context.cache);
  if (candidates.length === 0) return fail(pod, "no nodes available to schedule pods", context);
  if (claims.fault !== undefined)
    return fail(pod, refusalOf(candidates.length, `${claims.fault}.`, new Map(), pod), context);
  const misfits = new Map<Candidate, Misfit>();
  for (const candidate of candidates) {
    const misfit = misfitOf(pod, candidate) ?? claims.misfitAt(candidate.node);
    if (misfit !== undefined) misfits.set(candidate, misfit);
  }
  const [best] = candidates.filter((each) => !misfits.has(each)).sort((a, b) => loadOf(a) - loadOf(b));
  if (best === undefined) return fail(pod, refusalOf(candidates.length, reasonsOf(misfits), misfits, pod), context);
  await place(pod, best.node, claims, context);
}

function candidatesOf({ cache }: ControllerContext): readonly Candidate[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of cache.list("", "pods") as readonly Pod[]) {
    const { nodeName } = pod.spec ?? {};
    if (nodeName && !isFinished(pod)) byNode.set(nodeName, [...(byNode.get(nodeName) ?? []), pod]);
  }
  return (cache.list("", "nodes") as readonly Node[]).map((node) => ({
    node,
    pods: byNode.get(node.metadata.name ?? "") ?? [],
  }));
}

/** Each reason with the number of nodes that it keeps out. */
function reasonsOf(misfits: ReadonlyMap<Candidate, Misfit>): string {
  const counts = new Map<string, number>();
  for (const { reasons } of misfits.values())
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return `${[...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(", ")}.`;
}

function refusalOf(nodes: number, reasons: string, misfits: ReadonlyMap<Candidate, Misfit>, pod: Pod): string {
  const none = `0/${nodes} nodes are available:`;
  if (pod.spec?.["preemptionPolicy"] === "Never")
    return `${none} ${reasons} preemption: not eligible due to preemptionPolicy=Never.`;
  const crowded = [...misfits.values()].filter(({ isCrowded }) => isCrowded).length;
  const helpless = nodes - crowded;
  const parts = [
    ...(crowded > 0 ? [`${crowded} No preemption victims found for incoming pod`] : []),
    ...(helpless > 0 ? [`${helpless} Preemption is not helpful for scheduling`] : []),
  ];
  return `${none} ${reasons} preemption: ${none} ${parts.sort().join(", ")}.`;
}

/** Binds the pod, when its claims are; tells claims that waited for it where it will be. */
async function place(
  pod: Pod,
  node: Node,
  claims: Claims,
  { client, clock, record }: ControllerContext,
): Promise<void> {
  const name = node.metadata.name ?? "";
  for (const claim of claims.waiting) {
    const annotations = { ...claim.metadata.annotations, "volume.kubernetes.io/selected-node": name };
    await client.update(claim, (fresh) => ({ ...fresh, metadata: { ...fresh.metadata, annotations } }));
  }
  if (claims.waiting.length > 0) return;
  await client.bind(pod, name, clock.now());
  const { namespace, name: own } = pod.metadata;
  record(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${own} to ${name}`);
}

async function fail(pod: Pod, message: string, context: ControllerContext): Promise<void> {
  const known = findCondition(pod.status?.conditions, "PodScheduled");
  if (known?.message !== message) context.record(pod, "Warning", "FailedScheduling", message);
  await say(pod, "Unschedulable", message, context);
}

async function say(pod: Pod, reason: string, message: string, { client, clock }: ControllerContext): Promise<void> {
  const condition = { type: "PodScheduled", status: "False", reason, message } as const;
  await client.updateStatus(pod, (fresh) => {
    const { status } = fresh as Pod;
    const conditions = withCondition(status?.conditions, condition, timestampOf(clock.now()));
    return { ...fresh, status: { ...status, conditions } };
  });
}
