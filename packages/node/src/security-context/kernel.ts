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
  /** What comes of it that one may not expect, for people. */
  readonly notes: readonly string[];
}

/** What kubelet 1.37 has the runtime hide of a container's /proc and /sys; on some nodes also the CPUs' thermal_throttle. */
export const maskedPaths: readonly string[] = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
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
export const readonlyPaths: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

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
  const isNonRoot = uid === undefined ? said("runAsNonRoot") === true : uid > 0;
  const effective = isNonRoot ? [] : uid === 0 ? bounding : undefined;
  const isMasked = !isPrivileged && said("procMount") !== "Unmasked";
  const groups = [said<number>("fsGroup"), ...(said<readonly number[]>("supplementalGroups") ?? [])];
  return {
    uid,
    gid: said("runAsGroup"),
    groups: [...new Set(groups)].filter((each) => each !== undefined),
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
    notes: [
      ...unknown.map((name) => `Linux has no capability ${name}: the runtime will not start the container`),
      ...rootNotes(uid, said("runAsNonRoot") === true),
      ...(isNonRoot && given.add !== undefined && given.add.length > 0 ? [addedNote(said)] : []),
    ],
  };
}

function rootNotes(uid: number | undefined, mustBeNonRoot: boolean): readonly string[] {
  if (!mustBeNonRoot) return [];
  if (uid === 0) return ["runAsNonRoot with user 0: kubelet will not start the container"];
  return uid === undefined
    ? ["runAsNonRoot without a user: kubelet starts the container only if the image names another user, by number"]
    : [];
}

/** A user who is not root begins without capabilities: only files' capabilities can raise them, and not if that is forbidden. */
function addedNote(said: <Value>(field: string) => Value | undefined): string {
  return said("allowPrivilegeEscalation") === false
    ? "added capabilities do nothing: the user is not root, and no_new_privs keeps programs from gaining any"
    : "added capabilities reach only programs whose files have them: the user is not root";
}

function seccompText(profile: Profile | undefined): string {
  if (profile === undefined) return "none, unless kubelet runs with --seccomp-default";
  if (profile.type === "Unconfined") return "none";
  if (profile.type === "Localhost") return `the node's file ${profile.localhostProfile ?? ""}`;
  return "the runtime's filter";
}
