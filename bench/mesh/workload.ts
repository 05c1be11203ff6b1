/** What is done to a pair of proxies. */
export type Workload = "keepalive" | "newconn" | "bulk" | "latency";

export const workloads: readonly Workload[] = ["keepalive", "newconn", "bulk", "latency"];

/** Connections at a time. */
export const lanes: { readonly [name in Workload]: number } = { keepalive: 32, newconn: 16, bulk: 1, latency: 1 };

/** Of one answer, head and body. */
export const responseBytes = 1067;

/** The first byte of who asks for bytes without an end. */
export const bulkSign = 66;

/** What a client saw. Times in milliseconds. */
export interface Seen {
  readonly requests: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}
