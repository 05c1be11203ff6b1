import { boundingSet, capabilityMask } from "./capabilities.ts";
import type { EffectiveField } from "./effective.ts";
import type { Capabilities, Profile } from "./pod.ts";

/** What a security context comes to in the kernel, as `/proc/PID/status` and the mounts of a process show it. */
export interface KernelView {
  /** Undefined where the image decides. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly groups: readonly number[];
  readonly capabilities: {
    readonly bounding: readonly string[];
    /** Of the first process: none for a user who is not root. Undefined where the image decides who it is. */
    readonly effective: readonly string[] | undefined;
    readonly boundingMask: string;
    readonly effectiveMask: string | undefined;
    readonly unknown: readonly string[];
  };
  readonly noNewPrivileges: boolean;
  readonly seccomp: string;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly rootFilesystem: "read-only" | "writable";
  /** What the container shares with the node. */
  readonly hostNamespaces: readonly string[];
  /** Root in the container is nobody on the node. */
  readonly userNamespace: boolean;
}

/** What containerd hides of a container's /proc and /sys. */
const maskedPaths: readonly string[] = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readonlyPaths: readonly string[] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

const hostFields = { hostNetwork: "network", hostPID: "process IDs", hostIPC: "IPC" } as const;

/** The kernel's view of an effective security context. */
export function kernelView(fields: readonly EffectiveField[]): KernelView {
  const said = <Value>(field: string) => fields.find((each) => each.field === field)?.value as Value | undefined;
  const isPrivileged = said("privileged") === true;
  const given: Capabilities = {
    add: said<readonly string[]>("capabilities.add") ?? [],
    drop: said<readonly string[]>("capabilities.drop") ?? [],
  };
  const { set: bounding, unknown } = boundingSet(given, isPrivileged);
  const uid = said<number>("runAsUser");
  const effective = uid === undefined ? undefined : uid === 0 ? bounding : [];
  const isMasked = !isPrivileged && said("procMount") !== "Unmasked";
  const groups = [said<number>("fsGroup"), ...(said<readonly number[]>("supplementalGroups") ?? [])];
  return {
    uid,
    gid: said("runAsGroup"),
    groups: groups.filter((each) => each !== undefined),
    capabilities: {
      bounding,
      effective,
      boundingMask: capabilityMask(bounding),
      effectiveMask: effective && capabilityMask(effective),
      unknown,
    },
    noNewPrivileges: said("allowPrivilegeEscalation") === false,
    seccomp: isPrivileged ? "none: privileged" : seccompText(said("seccompProfile")),
    maskedPaths: isMasked ? maskedPaths : [],
    readonlyPaths: isMasked ? readonlyPaths : [],
    rootFilesystem: said("readOnlyRootFilesystem") === true ? "read-only" : "writable",
    hostNamespaces: Object.entries(hostFields).flatMap(([field, name]) => (said(field) === true ? [name] : [])),
    userNamespace: said("hostUsers") === false,
  };
}

function seccompText(profile: Profile | undefined): string {
  if (profile === undefined || profile.type === "Unconfined") return "none";
  if (profile.type === "Localhost") return `the node's file ${profile.localhostProfile ?? ""}`;
  return "the runtime's filter";
}
