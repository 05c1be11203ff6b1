import { podOf } from "../kubelet/pod-world.fixture.ts";
import type { NodeResources } from "./node-resources.ts";
import type { ContainerUsage, PodUsage } from "./pod-usage.ts";

export const Mi = 1024n * 1024n;

export function disk(bytes: bigint, inodes = 1) {
  return { bytes, inodes };
}

export function containerUsage(more: Partial<ContainerUsage> = {}): ContainerUsage {
  return { name: "c", startedAt: Date.parse("2026-01-02T03:04:05Z"), rootfs: disk(0n), logs: disk(0n), ...more };
}

/** What a pod of one container `c` uses. */
export function podUsageOf(spec: object, more: Partial<PodUsage> = {}, metadata: object = {}): PodUsage {
  return { pod: podOf(spec, metadata), containers: [containerUsage()], volumes: [], ephemeral: disk(0n), ...more };
}

/** A machine that is well. */
export function machineOf(more: Partial<NodeResources> = {}): NodeResources {
  return {
    cpuNanoseconds: 5_000_000_000n,
    memoryBytes: 1000n * Mi,
    memoryAvailableBytes: 500n * Mi,
    disk: {
      capacityBytes: 1000n * Mi,
      availableBytes: 500n * Mi,
      usedBytes: 500n * Mi,
      inodes: 1000n,
      inodesFree: 500n,
    },
    processes: 10,
    maxProcesses: 1000,
    ...more,
  };
}
