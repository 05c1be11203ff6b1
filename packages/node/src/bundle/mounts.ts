import type { OciMount } from "../runtime/oci-spec.ts";

export interface MountOptions {
  readonly isPrivileged: boolean;
  /** Whether a new network namespace, and so a sysfs of its own, is to be had. */
  readonly ownsNetwork: boolean;
  /** Whether a new or joined IPC namespace gives it message queues of its own. */
  readonly ownsIpc: boolean;
  /** Where the pod's containers share their /dev/shm. Absent: each its own. */
  readonly shm?: string;
  readonly hasUserNamespace: boolean;
}

/** Bytes of a pod's /dev/shm, as kubelets and containerd have it. */
export const shmBytes = 64 * 1024 * 1024;

/** What containerd mounts in every container. */
function defaultMounts(options: MountOptions): readonly OciMount[] {
  const access = options.isPrivileged ? "rw" : "ro";
  const quiet = ["nosuid", "noexec", "nodev"];
  const kernel: OciMount = options.ownsNetwork
    ? { destination: "/sys", type: "sysfs", source: "sysfs", options: [...quiet, access] }
    : // The kernel gives a sysfs to the owner of the network namespace alone.
      { destination: "/sys", type: "none", source: "/sys", options: ["rbind", "rprivate", ...quiet, access] };
  const queues: OciMount = { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: quiet };
  const shm: OciMount =
    options.shm === undefined
      ? { destination: "/dev/shm", type: "tmpfs", source: "shm", options: [...quiet, "mode=1777", `size=${shmBytes}`] }
      : { destination: "/dev/shm", type: "bind", source: options.shm, options: ["rbind", "rprivate", ...quiet] };
  // Group 5 is tty's: in a user namespace it is mapped as all others.
  const terminals = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: quiet },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    { destination: "/dev/pts", type: "devpts", source: "devpts", options: terminals },
    ...(options.ownsIpc || !options.hasUserNamespace ? [queues] : []),
    kernel,
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: [...quiet, "relatime", access] },
    shm,
  ];
}

/** A container's mounts in the order to be made: the outer ones first. What the pod mounts takes the place of what is usual. */
export function containerMounts(given: readonly OciMount[], options: MountOptions): readonly OciMount[] {
  const taken = new Set(given.map(({ destination }) => normal(destination)));
  const hasDev = taken.has("/dev");
  const usual = defaultMounts(options).filter(
    ({ destination }) => !taken.has(destination) && !(hasDev && destination.startsWith("/dev/")),
  );
  const depth = ({ destination }: OciMount) => normal(destination).split("/").length;
  return [...usual, ...[...given].sort((a, b) => depth(a) - depth(b))];
}

function normal(path: string): string {
  return path === "/" ? path : path.replace(/\/+$/, "");
}
