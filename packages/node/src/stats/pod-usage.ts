import { join } from "node:path";
import type { Machine } from "../bundle/machine.ts";
import type { Pod } from "../kubelet/pod.ts";
import { type CgroupUsage, cgroupUsage } from "./cgroup-usage.ts";
import { type DiskUsage, diskUsage, sumOf } from "./disk-usage.ts";

/** Where what a pod uses is found on the machine. */
export interface SandboxPlaces {
  /** As runtimes are told it; those of the containers lie below by their ids. */
  readonly cgroup: string;
  readonly volumes: readonly VolumePlace[];
  /** What a pod has on the disk beside its volumes: /etc/hosts and such. */
  readonly files: readonly string[];
}

export interface VolumePlace {
  readonly name: string;
  readonly folder: string;
  readonly isInMemory: boolean;
}

export interface PodPlaces extends SandboxPlaces {
  readonly pod: Pod;
  /** Those that run. */
  readonly containers: readonly {
    readonly name: string;
    readonly id: string;
    /** What it writes into its own file system. */
    readonly layer: string;
    readonly logs: string;
    /** Milliseconds since 1970. */
    readonly startedAt: number;
  }[];
}

export interface ContainerUsage extends CgroupUsage {
  readonly name: string;
  readonly startedAt: number;
  readonly rootfs: DiskUsage;
  readonly logs: DiskUsage;
}

export interface PodUsage extends CgroupUsage {
  readonly pod: Pod;
  readonly containers: readonly ContainerUsage[];
  readonly volumes: readonly (VolumePlace & DiskUsage)[];
  /** All that lies on the disk because of the pod: layers, logs, volumes that are not in memory, its own files. */
  readonly ephemeral: DiskUsage;
}

/** Measures a pod now. */
export async function podUsage(places: PodPlaces, cgroups: Machine["cgroups"]): Promise<PodUsage> {
  const containers = await Promise.all(
    places.containers.map(async ({ name, id, layer, logs, startedAt }) => ({
      name,
      startedAt,
      ...(await cgroupUsage(join(places.cgroup, id), cgroups)),
      rootfs: await diskUsage(layer),
      logs: await diskUsage(logs),
    })),
  );
  const volumes = await Promise.all(
    places.volumes.map(async (place) => ({ ...place, ...(await diskUsage(place.folder)) })),
  );
  const files = await Promise.all(places.files.map(diskUsage));
  const ephemeral = sumOf([
    ...containers.flatMap(({ rootfs, logs }) => [rootfs, logs]),
    ...volumes.filter(({ isInMemory }) => !isInMemory),
    ...files,
  ]);
  return { pod: places.pod, ...(await cgroupUsage(places.cgroup, cgroups)), containers, volumes, ephemeral };
}
