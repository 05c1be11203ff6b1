import type { Capabilities } from "./pod.ts";

/** Linux' capabilities by number. linux/capability.h */
export const allCapabilities: readonly string[] = (
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST " +
  "NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE " +
  "SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM " +
  "BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split(" ");

/** What containerd, CRI-O and Docker leave a container that asks for nothing. */
export const runtimeCapabilities: readonly string[] = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "NET_RAW",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

/** With or without `CAP_`, in any case. */
export function capabilityName(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}

/** The bounding set of a container, by number; names that Linux does not have are answered apart. */
export function boundingSet(
  { add = [], drop = [] }: Capabilities,
  isPrivileged: boolean,
): { readonly set: readonly string[]; readonly unknown: readonly string[] } {
  const [added, dropped] = [add.map(capabilityName), drop.map(capabilityName)];
  const known = new Set([...allCapabilities, "ALL"]);
  const unknown = [...added, ...dropped].filter((name) => !known.has(name));
  if (isPrivileged) return { set: allCapabilities, unknown };
  const base = dropped.includes("ALL") ? [] : runtimeCapabilities.filter((name) => !dropped.includes(name));
  const whole = added.includes("ALL") ? allCapabilities.filter((name) => !dropped.includes(name)) : [...base, ...added];
  const set = new Set(whole);
  return { set: allCapabilities.filter((name) => set.has(name)), unknown };
}

/** A set as `/proc/PID/status` shows it: 16 hexadecimal digits. */
export function capabilityMask(names: readonly string[]): string {
  const bits = names.reduce((mask, name) => mask | (1n << BigInt(allCapabilities.indexOf(name))), 0n);
  return bits.toString(16).padStart(16, "0");
}
