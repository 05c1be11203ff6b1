import type { ObjectReader } from "@sallyport/admission";
import { type KubeObject, timestampOf } from "@sallyport/kube";
import type { ControllerKind } from "./controller.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

interface Taint {
  readonly key: string;
  readonly effect: string;
  readonly value?: string;
  readonly timeAdded?: string;
}

interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** For so long a new node may say nothing: kube-controller-manager's `--node-startup-grace-period`. */
const startupMs = 60_000;

/** What becomes unknown of a node that nobody speaks for; its network others tell of. */
const unknownTypes: readonly string[] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** Which taint a condition in a state stands for. */
const taintsOfConditions: readonly (readonly [type: string, status: string, key: string])[] = [
  ["Ready", "False", "node.kubernetes.io/not-ready"],
  ["Ready", "Unknown", "node.kubernetes.io/unreachable"],
  ["MemoryPressure", "True", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "True", "node.kubernetes.io/disk-pressure"],
  ["PIDPressure", "True", "node.kubernetes.io/pid-pressure"],
  ["NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"],
];
const unschedulable = "node.kubernetes.io/unschedulable";
const owned: readonly string[] = [...taintsOfConditions.map(([, , key]) => key), unschedulable];

/**
 * Taints nodes as their conditions say, `NoSchedule`, and takes the taints away again: what a new node gets at admission goes when it
 * is Ready. Of a node that has never said how it is, nor renewed its lease, everything becomes unknown after a minute. It watches no
 * heartbeats besides and evicts nothing: who runs the nodes says how they are.
 */
export const nodeLifecycle: ControllerKind = {
  name: "node-lifecycle-controller",
  alias: "nodelifecycle",
  account: "node-controller",
  create: (context) =>
    reconciler(
      {
        name: nodeLifecycle.name,
        follows: [{ group: "", resource: "nodes", keys: ownKey }],
        sync: async (key, again) => {
          const { cache, client, clock } = context;
          const node = cache.get("", "nodes", ...partsOf(key)) as Node | undefined;
          if (node === undefined) return;
          const left = startupLeft(node, cache.reader, clock.now());
          if (left !== undefined && left > 0) again.addAfter(key, left);
          if (left !== undefined && left <= 0)
            await client.updateStatus(node, (fresh) => withUnknown(fresh as Node, timestampOf(clock.now())));
          if (withTaints(node) !== node) await client.update(node, (fresh) => withTaints(fresh as Node));
        },
      },
      context,
    ),
};

function isReadyKnown({ status }: Node): boolean {
  return status?.conditions?.some(({ type }) => type === "Ready") === true;
}

/** How many milliseconds a node has left to say something; undefined when it has. */
function startupLeft(node: Node, objects: ObjectReader, now: number): number | undefined {
  if (isReadyKnown(node)) return undefined;
  const { name = "", creationTimestamp } = node.metadata;
  const lease = objects.get("coordination.k8s.io", "leases", "kube-node-lease", name);
  const { renewTime } = (lease?.["spec"] ?? {}) as { readonly renewTime?: string };
  return Math.max(...[creationTimestamp, renewTime].map((time) => Date.parse(time ?? "") || 0)) + startupMs - now;
}

function withUnknown(node: Node, now: string): Node {
  if (isReadyKnown(node)) return node;
  const { conditions = [] } = node.status ?? {};
  const missing = unknownTypes.filter((type) => !conditions.some((each) => each.type === type));
  const added = missing.map((type) => ({
    type,
    status: "Unknown",
    lastHeartbeatTime: node.metadata.creationTimestamp,
    lastTransitionTime: now,
    reason: "NodeStatusNeverUpdated",
    message: "Kubelet never posted node status.",
  }));
  return { ...node, status: { ...node.status, conditions: [...conditions, ...added] } };
}

/** The same node when its taints are right already. */
function withTaints(node: Node): Node {
  const { taints = [] } = node.spec ?? {};
  const wanted = wantedKeys(node);
  if (wanted === undefined) return node;
  const isOurs = ({ key, effect }: Taint) => effect === "NoSchedule" && owned.includes(key);
  const kept = taints.filter((taint) => !isOurs(taint) || wanted.includes(taint.key));
  const missing = wanted.filter((key) => !kept.some((taint) => isOurs(taint) && taint.key === key));
  if (kept.length === taints.length && missing.length === 0) return node;
  const { taints: _, ...spec } = node.spec ?? {};
  const next = [...kept, ...missing.map((key) => ({ key, effect: "NoSchedule" }))];
  return { ...node, spec: next.length === 0 ? spec : { ...spec, taints: next } };
}

/** Undefined for a node that has not told how it is. */
function wantedKeys({ spec, status }: Node): readonly string[] | undefined {
  const { conditions = [] } = status ?? {};
  if (!conditions.some(({ type }) => type === "Ready")) return undefined;
  const has = (type: string, state: string) => conditions.some((each) => each.type === type && each.status === state);
  const keys = taintsOfConditions.filter(([type, state]) => has(type, state)).map(([, , key]) => key);
  return spec?.unschedulable === true ? [...keys, unschedulable] : keys;
}
