import type { NodeResources } from "./node-resources.ts";

/** What a machine can be short of; `disk` by its bytes or its inodes. */
export type Pressure = "memory" | "disk" | "pid";

/** Of what there is too little: what it is called when pods go for it, how much there is, and how much there should be. */
export interface Shortage {
  readonly what: Pressure;
  /** The resource that an eviction names. */
  readonly resource: "memory" | "ephemeral-storage" | "inodes" | "pids";
  readonly available: bigint;
  readonly threshold: bigint;
}

/**
 * kubelet's evictionHard, with k3s' 5% of the disk in the place of its 10% for the node and 15% for images: people's own machines are often
 * fuller than a node of a cluster, and none of their pods would run. There is no default for processes: a tenth is told, and no pod goes for it.
 */
export function shortagesOf({
  memoryAvailableBytes,
  disk,
  processes,
  maxProcesses,
}: NodeResources): readonly Shortage[] {
  const found: readonly Shortage[] = [
    { what: "memory", resource: "memory", available: memoryAvailableBytes, threshold: 100n * 1024n * 1024n },
    {
      what: "disk",
      resource: "ephemeral-storage",
      available: disk.availableBytes,
      threshold: (disk.capacityBytes * 5n) / 100n,
    },
    { what: "disk", resource: "inodes", available: disk.inodesFree, threshold: (disk.inodes * 5n) / 100n },
    {
      what: "pid",
      resource: "pids",
      available: BigInt(Math.max(0, maxProcesses - processes)),
      threshold: BigInt(Math.floor(maxProcesses / 10)),
    },
  ];
  return found.filter(({ available, threshold }) => available < threshold);
}

/** kubelet's evictionPressureTransitionPeriod: a pressure is told for so long after it was last seen. */
const transitionMs = 300_000;

/** Which pressures a Node tells: those that are, and those that were a short while ago. */
export class Pressures {
  readonly #lastSeen = new Map<Pressure, number>();

  /** What was seen at a time, in milliseconds. */
  see(shortages: readonly Shortage[], now: number): void {
    for (const { what } of shortages) this.#lastSeen.set(what, now);
  }

  at(now: number): { readonly [what in Pressure]: boolean } {
    const holds = (what: Pressure) => now - (this.#lastSeen.get(what) ?? Number.NEGATIVE_INFINITY) < transitionMs;
    return { memory: holds("memory"), disk: holds("disk"), pid: holds("pid") };
  }
}
