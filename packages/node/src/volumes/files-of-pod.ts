import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@sallyport/kube";
import type { NodeFacts } from "../kubelet/downward-api.ts";
import { containerEnvironment } from "../kubelet/environment.ts";
import type { RuntimeFault } from "../runtime/container-runtime.ts";
import type { OciMount } from "../runtime/oci-spec.ts";
import type { ContainerSpec } from "../security-context/pod.ts";
import type { SandboxPlaces } from "../stats/pod-usage.ts";
import { hostsFile, podHost } from "./host-files.ts";
import type { MountTable } from "./mount-table.ts";
import { type ClusterDns, podDns, resolvConf } from "./pod-dns.ts";
import type { PodReader } from "./pod-reader.ts";
import { PodVolumes } from "./pod-volumes.ts";
import type { ImageSource, VolumeContainer } from "./volume.ts";

export interface PodFilesOptions {
  readonly reader: PodReader;
  /** Of all namespaces, as they are now. */
  readonly services: () => readonly KubeObject[];
  readonly node: NodeFacts;
  readonly dns: ClusterDns;
  /** The node's own name, which pods on its network have, and its /etc/hosts. */
  readonly nodeHostname: string;
  readonly nodeHosts: string;
  readonly mounts: MountTable;
  /** As `PodVolumes` asks for it. */
  readonly imageRootfs?: (pod: KubeObject, source: ImageSource) => Promise<string>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls again and again until what it answers is called. By default each minute, as kubelets. */
  readonly repeat?: (refresh: () => Promise<void>) => () => void;
  /** Told when a volume could not be refreshed. */
  readonly onFault: (fault: RuntimeFault) => void;
}

/** What one attempt of a container gets. */
export interface MadeFiles {
  readonly mounts: readonly OciMount[];
  /** `NAME=value`, of the container alone. */
  readonly environment: readonly string[];
  /** On this machine: what the container says at its end. */
  readonly terminationLog: string;
}

/** A pod's volumes and the files that every pod has. */
export interface FilesOfPod {
  /** Rejects with a `RuntimeFault` of reason CreateContainerConfigError. */
  readonly of: (container: ContainerSpec, attempt: number) => Promise<MadeFiles>;
  /** Writes what of the volumes has changed, before the minute is over. */
  readonly refresh: () => Promise<void>;
  /** Where what the pod has on the disk lies: its volumes, and its other files. */
  readonly places: () => Pick<SandboxPlaces, "volumes" | "files">;
  readonly remove: () => Promise<void>;
}

const refreshMs = 60_000;
/** Below the pod's: /etc/hosts and such, and what containers say at their end. */
const ownFolders = ["etc", "termination"];

/**
 * Makes a pod's volumes and files in its folder, and keeps them as the API server's objects are. Rejects with a `RuntimeFault` of reason
 * FailedMount, and leaves nothing then. `ip` is absent where the pod has no network of its own; `firstId` is its root's number on this
 * machine, where it has users of its own.
 */
export async function filesOfPod(
  pod: () => KubeObject,
  { folder, ip, firstId }: { readonly folder: string; readonly ip: string | undefined; readonly firstId?: number },
  options: PodFilesOptions,
): Promise<FilesOfPod> {
  const { reader, node, mounts, now, imageRootfs, onFault, repeat = eachMinute } = options;
  const volumes = new PodVolumes(pod, {
    folder,
    reader,
    node,
    mounts,
    now,
    ...(firstId !== undefined && { firstId }),
    ...(imageRootfs !== undefined && { imageRootfs: (source: ImageSource) => imageRootfs(pod(), source) }),
  });
  try {
    await volumes.setUp();
  } catch (error) {
    await volumes.remove();
    throw error;
  }
  const podIPs = ip === undefined ? node.hostIPs : [ip];
  // One after the other, and none once the pod is gone: it would set up again what was taken away.
  let isGone = false;
  let refreshed: Promise<void> = Promise.resolve();
  const refresh = () => {
    refreshed = refreshed.then(async () => {
      if (!isGone) for (const fault of await volumes.refresh()) onFault(fault);
    });
    return refreshed;
  };
  const stop = repeat(refresh);
  return {
    refresh,
    places: () => ({ volumes: volumes.places(), files: ownFolders.map((name) => join(folder, name)) }),
    of: async (container, attempt) => {
      const fileOf = (volume: string, path: string) => volumes.readFile(volume, path);
      const world = { reader, services: options.services(), node, podIPs, fileOf };
      const environment = await containerEnvironment(pod(), container, world);
      const own = await volumes.mountsOf(container as VolumeContainer, environment);
      const usual = hostMounts(pod(), folder, podIPs, options);
      const { mount, place } = terminationLogOf(container, attempt, folder);
      const taken = new Set(own.map(({ destination }) => destination));
      const added = [...usual, mount].filter(({ destination }) => !taken.has(destination));
      return { mounts: [...own, ...added], environment, terminationLog: place };
    },
    remove: async () => {
      stop();
      isGone = true;
      await refreshed;
      await volumes.remove();
      for (const name of ownFolders) rmSync(join(folder, name), { recursive: true, force: true });
    },
  };
}

function eachMinute(refresh: () => Promise<void>): () => void {
  const timer = setInterval(() => void refresh(), refreshMs).unref();
  return () => clearInterval(timer);
}

/** /etc/hosts, /etc/hostname and /etc/resolv.conf, the same for all containers of the pod. */
function hostMounts(
  pod: KubeObject,
  folder: string,
  podIPs: readonly string[],
  { dns, nodeHostname, nodeHosts }: PodFilesOptions,
): readonly OciMount[] {
  const { hostNetwork = false } = pod["spec"] as { readonly hostNetwork?: boolean };
  const host = podHost(pod, dns.domain);
  const files = {
    hosts: hostsFile(pod, host, podIPs, nodeHosts),
    hostname: `${hostNetwork ? nodeHostname : host.hostname}\n`,
    "resolv.conf": resolvConf(podDns(pod, dns)),
  };
  const etc = join(folder, "etc");
  mkdirSync(etc, { recursive: true, mode: 0o755 });
  return Object.entries(files).map(([name, text]) => {
    // In place: containers that run have the file itself.
    writeFileSync(join(etc, name), text);
    chmodSync(join(etc, name), 0o644);
    return bind(join(etc, name), `/etc/${name}`);
  });
}

/** Anybody's to write: containers have any user. */
function terminationLogOf(
  container: ContainerSpec,
  attempt: number,
  folder: string,
): { readonly mount: OciMount; readonly place: string } {
  const { terminationMessagePath = "" } = container as { readonly terminationMessagePath?: string };
  const path = terminationMessagePath === "" ? "/dev/termination-log" : terminationMessagePath;
  const place = join(folder, "termination", container.name, String(attempt));
  mkdirSync(join(place, ".."), { recursive: true, mode: 0o755 });
  writeFileSync(place, "");
  chmodSync(place, 0o666);
  return { mount: bind(place, path.startsWith("/") ? path : `/${path}`), place };
}

function bind(source: string, destination: string): OciMount {
  return { destination, type: "bind", source, options: ["rbind", "rprivate", "rw"] };
}
