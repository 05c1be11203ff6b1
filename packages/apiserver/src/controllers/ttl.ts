import type { ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

const annotation = "node.alpha.kubernetes.io/ttl";

/** For how many nodes kubelets may keep secrets how long; the sizes overlap, so that one node more or less does not go to and fro. */
const steps = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Number.POSITIVE_INFINITY, seconds: 300 },
] as const;

/** Tells kubelets, by an annotation of their Node, for how many seconds they may keep what they have read: the longer, the more nodes there are. */
export const ttl: ControllerKind = {
  name: "ttl-controller",
  alias: "ttl",
  account: "ttl-controller",
  create: (context) => {
    const { cache, client } = context;
    let step = 0;
    return reconciler(
      {
        name: ttl.name,
        follows: [{ group: "", resource: "nodes", keys: ownKey }],
        sync: async (name, again) => {
          const nodes = cache.list("", "nodes");
          const before = step;
          while (nodes.length > (steps[step]?.max ?? 0)) step++;
          while (nodes.length < (steps[step]?.min ?? 0)) step--;
          if (step !== before) for (const { metadata } of nodes) again.add(metadata.name ?? "");
          const node = cache.get("", "nodes", "", name);
          const seconds = String(steps[step]?.seconds);
          if (node === undefined || node.metadata.annotations?.[annotation] === seconds) return;
          await client.update(node, (fresh) => ({
            ...fresh,
            metadata: { ...fresh.metadata, annotations: { ...fresh.metadata.annotations, [annotation]: seconds } },
          }));
        },
      },
      context,
    );
  },
};
