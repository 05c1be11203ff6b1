import { type FieldError, forbidden } from "@sallyport/kube";
import type { PodSecurityContext } from "./pod.ts";
import type { PodSecurityPolicySpec } from "./policy.ts";

/** Those that concern the pod alone. As of Kubernetes 1.24. */
const safe: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
]);

export function validateSysctls(
  { allowedUnsafeSysctls = [], forbiddenSysctls = [] }: PodSecurityPolicySpec,
  { sysctls = [] }: PodSecurityContext,
): readonly FieldError[] {
  return sysctls.flatMap(({ name }, i) => {
    const field = `pod.spec.securityContext.sysctls[${i}]`;
    if (matches(name, forbiddenSysctls)) return [forbidden(field, `sysctl ${JSON.stringify(name)} is not allowed`)];
    if (safe.has(name) || matches(name, allowedUnsafeSysctls)) return [];
    return [forbidden(field, `unsafe sysctl ${JSON.stringify(name)} is not allowed`)];
  });
}

/** Patterns end in `*`, or are names. */
function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
}
