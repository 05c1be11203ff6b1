import { timestampOf } from "@sallyport/kube";
import type { CgroupUsage } from "./cgroup-usage.ts";
import type { DiskSpace, DiskUsage } from "./disk-usage.ts";
import type { NodeResources } from "./node-resources.ts";
import type { PodUsage } from "./pod-usage.ts";
import type { Rates } from "./rates.ts";

export interface SummaryFacts {
  readonly node: string;
  /** Milliseconds since 1970: when the machine began. */
  readonly bootedAt: number;
  readonly now: number;
  readonly resources: NodeResources;
  readonly pods: readonly PodUsage[];
  readonly rates: Rates;
}

/**
 * What `/stats/summary` answers: k8s.io/kubelet/pkg/apis/stats/v1alpha1 Summary. What was not measured is absent. Numbers of more than
 * 53 bits would be no JSON of JavaScript's: what is counted here stays below, nanoseconds for a hundred days of a processor.
 */
export function statsSummary({ node, bootedAt, now, resources, pods, rates }: SummaryFacts): object {
  const time = timestampOf(now);
  const { disk } = resources;
  const working = resources.memoryBytes - resources.memoryAvailableBytes;
  const known = new Set(["node"]);
  const cpu = (key: string, count: bigint | undefined) => {
    known.add(key);
    return cpuStats(time, count, rates.of(key, count, now));
  };
  const summary = {
    node: {
      nodeName: node,
      startTime: timestampOf(bootedAt),
      ...cpu("node", resources.cpuNanoseconds),
      memory: {
        time,
        availableBytes: Number(resources.memoryAvailableBytes),
        usageBytes: Number(working),
        workingSetBytes: Number(working),
      },
      fs: fsStats(time, disk, Number(disk.usedBytes), Number(disk.inodes - disk.inodesFree)),
      runtime: { imageFs: fsStats(time, disk, Number(disk.usedBytes), Number(disk.inodes - disk.inodesFree)) },
      rlimit: { time, maxpid: resources.maxProcesses, curproc: resources.processes },
    },
    pods: pods.map((usage) => podStats(usage, { time, disk, cpu })),
  };
  rates.keep(known);
  return summary;
}

interface Look {
  readonly time: string;
  readonly disk: DiskSpace;
  readonly cpu: (key: string, count: bigint | undefined) => object;
}

function podStats({ pod, containers, volumes, ephemeral, ...whole }: PodUsage, { time, disk, cpu }: Look): object {
  const { name, namespace, uid } = pod.metadata;
  const fs = (used: DiskUsage) => fsStats(time, disk, Number(used.bytes), used.inodes);
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime ?? time,
    containers: containers.map(({ name: container, startedAt, rootfs, logs, ...usage }) => ({
      name: container,
      startTime: timestampOf(startedAt),
      ...cpu(`${uid}/${container}`, usage.cpuNanoseconds),
      ...memoryStats(time, usage),
      rootfs: fs(rootfs),
      logs: fs(logs),
    })),
    ...cpu(String(uid), whole.cpuNanoseconds),
    ...memoryStats(time, whole),
    volume: volumes.map((volume) => ({ ...fs(volume), name: volume.name })),
    "ephemeral-storage": fs(ephemeral),
  };
}

function cpuStats(time: string, count: bigint | undefined, rate: bigint | undefined): object {
  if (count === undefined) return {};
  const now = rate === undefined ? {} : { usageNanoCores: Number(rate) };
  return { cpu: { time, ...now, usageCoreNanoSeconds: Number(count) } };
}

function memoryStats(time: string, { memoryBytes, workingSetBytes, rssBytes }: CgroupUsage): object {
  if (memoryBytes === undefined) return {};
  return {
    memory: {
      time,
      usageBytes: Number(memoryBytes),
      ...(workingSetBytes === undefined ? {} : { workingSetBytes: Number(workingSetBytes) }),
      ...(rssBytes === undefined ? {} : { rssBytes: Number(rssBytes) }),
    },
  };
}

function fsStats(time: string, disk: DiskSpace, usedBytes: number, inodesUsed: number): object {
  return {
    time,
    availableBytes: Number(disk.availableBytes),
    capacityBytes: Number(disk.capacityBytes),
    usedBytes,
    inodesFree: Number(disk.inodesFree),
    inodes: Number(disk.inodes),
    inodesUsed,
  };
}
