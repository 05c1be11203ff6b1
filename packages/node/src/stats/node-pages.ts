import type { KubeletPage } from "@sallyport/streaming";
import type { PodWorker } from "../kubelet/pod-worker.ts";
import type { NodeResources } from "./node-resources.ts";
import type { PodPlaces, PodUsage } from "./pod-usage.ts";
import { Rates } from "./rates.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import { statsSummary } from "./stats-summary.ts";

export interface NodePagesOptions {
  readonly node: string;
  readonly bootedAt: number;
  readonly now: () => number;
  readonly pods: () => readonly Pick<PodWorker, "pod" | "places">[];
  readonly usage: (places: PodPlaces) => Promise<PodUsage>;
  readonly resources: () => Promise<NodeResources>;
}

/** A kubelet's pages: `/pods`, `/stats/summary` and `/metrics/resource`, each measured when it is asked for. */
export function nodePages(options: NodePagesOptions): (path: string) => Promise<KubeletPage | undefined> {
  const { node, bootedAt, now, pods, resources } = options;
  const rates = new Rates();
  const pages: { readonly [path: string]: () => Promise<KubeletPage> } = {
    "/pods": async () => json({ kind: "PodList", apiVersion: "v1", metadata: {}, items: pods().map(({ pod }) => pod) }),
    "/stats/summary": async () => {
      const found = await usages(options);
      return json(statsSummary({ node, bootedAt, now: now(), resources: await resources(), pods: found, rates }));
    },
    "/metrics/resource": async () => ({
      type: "text/plain; version=0.0.4; charset=utf-8",
      text: resourceMetrics(await resources(), await usages(options)),
    }),
  };
  return async (path) => (Object.hasOwn(pages, path) ? pages[path]?.() : undefined);
}

async function usages({ pods, usage }: NodePagesOptions): Promise<readonly PodUsage[]> {
  const places = pods().flatMap((each) => each.places ?? []);
  return Promise.all(places.map(usage));
}

function json(value: object): KubeletPage {
  return { type: "application/json", text: `${JSON.stringify(value)}\n` };
}
