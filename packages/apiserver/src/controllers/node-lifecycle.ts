import type { KubeObject } from "@sallyport/kube";
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
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

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
 * is Ready. It watches no heartbeats and evicts nothing: who runs the nodes says how they are.
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
        sync: async (key) => {
          const node = context.cache.get("", "nodes", ...partsOf(key)) as Node | undefined;
          if (node === undefined || withTaints(node) === node) return;
          await context.client.update(node, (fresh) => withTaints(fresh as Node));
        },
      },
      context,
    ),
};

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
