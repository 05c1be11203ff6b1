import type { FanOut } from "./watchers.ts";

/** One server's figures; the same measurement for ours and for the peer. Times in milliseconds, memory in MB. */
export interface Figures extends FanOut {
  readonly readyMs: number;
  /** Resident, some seconds after it is ready and before the first object of ours. */
  readonly rssMb: number;
  readonly rssMbWith10kPods: number;
  readonly createsPerSecond1: number;
  readonly createsPerSecond64: number;
  readonly createP50Ms: number;
  readonly createP99Ms: number;
  /** Processor time of the server for each of them. The client shares the machine, so this tells more than the rate. */
  readonly createCpuMs: number;
  /** The same of the client. */
  readonly clientCpuMs: number;
  readonly podCreatesPerSecond64: number;
  readonly getsPerSecond64: number;
  readonly getP50Ms: number;
  readonly getP99Ms: number;
  /** Pages of 500 objects, by four clients. */
  readonly listsPerSecond: number;
  readonly list10kPodsMs: number;
  /** Of one namespace that holds ten of them. */
  readonly listNamespaceMs: number;
}

/** How the figures are printed, in order, and which of two is the better one. */
export const rows: readonly (readonly [keyof Figures, string, "more" | "less"])[] = [
  ["readyMs", "start to ready, ms", "less"],
  ["rssMb", "resident memory empty, MB", "less"],
  ["rssMbWith10kPods", "with 10,000 pods, MB", "less"],
  ["createsPerSecond1", "durable creates/s, 1 client", "more"],
  ["createsPerSecond64", "durable creates/s, 64 clients", "more"],
  ["createP50Ms", "  p50, ms", "less"],
  ["createP99Ms", "  p99, ms", "less"],
  ["createCpuMs", "  processor time of each, ms", "less"],
  ["clientCpuMs", "  and of the client, ms", "less"],
  ["podCreatesPerSecond64", "pods created/s, 64 clients", "more"],
  ["getsPerSecond64", "gets/s, 64 clients", "more"],
  ["getP50Ms", "  p50, ms", "less"],
  ["getP99Ms", "  p99, ms", "less"],
  ["listsPerSecond", "lists of 500/s, 4 clients", "more"],
  ["list10kPodsMs", "list of 10,000 pods, ms", "less"],
  ["listNamespaceMs", "list of 10 of them, ms", "less"],
  ["fanOutPerSecond", "events/s to 100 watchers", "more"],
  ["fanOutP50Ms", "  p50, ms", "less"],
  ["fanOutP99Ms", "  p99, ms", "less"],
];

/** How many times better ours is, figure by figure: below 1 it is worse. */
export function ratiosOf(ours: Figures, peer: Figures): { readonly [figure in keyof Figures]: number } {
  const ratios = rows.map(([key, , better]) => [
    key,
    better === "more" ? ours[key] / peer[key] : peer[key] / ours[key],
  ]);
  return Object.fromEntries(ratios);
}
