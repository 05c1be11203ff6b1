import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { PodSpec } from "../security-context/pod.ts";
import { isKernelAtLeast } from "./kernel-version.ts";

/** What no other pod can feel, and the kernel since which each is a namespace's own. Kubelet's list of 1.37. */
const safe: { readonly [name: string]: string } = {
  "kernel.shm_rmid_forced": "0",
  "net.ipv4.ip_local_port_range": "0",
  "net.ipv4.tcp_syncookies": "0",
  "net.ipv4.ping_group_range": "0",
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ip_local_reserved_ports": "3.16",
  "net.ipv4.tcp_keepalive_time": "4.5",
  "net.ipv4.tcp_fin_timeout": "4.6",
  "net.ipv4.tcp_keepalive_intvl": "4.5",
  "net.ipv4.tcp_keepalive_probes": "4.5",
  "net.ipv4.tcp_rmem": "4.15",
  "net.ipv4.tcp_wmem": "4.15",
  "net.ipv4.tcp_slow_start_after_idle": "4.15",
  "net.ipv4.tcp_notsent_lowat": "4.6",
};

/**
 * The sysctls of a pod, by their names with dots. Refused in kubelet's words, and its reason `SysctlForbidden`, are those that other
 * pods could feel, and those of a namespace that is the host's.
 */
export function podSysctls(spec: PodSpec, kernel: string): { readonly [name: string]: string } {
  const given = (spec.securityContext?.["sysctls"] ?? []) as readonly {
    readonly name: string;
    readonly value: string;
  }[];
  return Object.fromEntries(
    given.map(({ name, value }) => {
      const dotted = dottedName(name);
      const fault = faultOf(dotted, spec, kernel);
      if (fault !== undefined) throw new RuntimeFault("SysctlForbidden", `forbidden sysctl: ${fault}`);
      return [dotted, value];
    }),
  );
}

function faultOf(name: string, spec: PodSpec, kernel: string): string | undefined {
  const since = Object.hasOwn(safe, name) ? safe[name] : undefined;
  if (since === undefined || !isKernelAtLeast(kernel, since)) return `"${name}" not allowlisted`;
  const ofNetwork = name.startsWith("net.");
  if (ofNetwork && spec.hostNetwork === true) return `"${name}" not allowed with host net enabled`;
  if (!ofNetwork && spec.hostIPC === true) return `"${name}" not allowed with host ipc enabled`;
  return undefined;
}

/** Slashes may part a name, as in /proc/sys: dots are then part of a name. Which one it is shows the first of both. */
function dottedName(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first !== "/") return name;
  return [...name].map((each) => (each === "/" ? "." : each === "." ? "/" : each)).join("");
}
