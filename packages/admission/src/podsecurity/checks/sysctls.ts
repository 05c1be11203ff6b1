import { type Check, type CheckPod, verdict } from "../check.ts";

const since0 = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];
const since27 = [...since0, "net.ipv4.ip_local_reserved_ports"];
const since29 = [
  ...since27,
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
const since32 = [...since29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];
const since37 = [...since32, "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"];

function checkWith(safe: readonly string[]): CheckPod {
  return (_metadata, spec) => {
    const bad = (spec.securityContext?.sysctls ?? []).flatMap(({ name }, i) =>
      safe.includes(name) ? [] : [{ name, i }],
    );
    return verdict(
      "forbidden sysctls",
      bad.map(({ name }) => name).join(", "),
      bad.map(({ i }) => `spec.securityContext.sysctls[${i}].name`),
    );
  };
}

/** sysctls: only those that are safe, isolated per pod; the list grows. */
export const sysctls: Check = {
  id: "sysctls",
  level: "baseline",
  versions: [
    { minor: 0, check: checkWith(since0) },
    { minor: 27, check: checkWith(since27) },
    { minor: 29, check: checkWith(since29) },
    { minor: 32, check: checkWith(since32) },
    { minor: 37, check: checkWith(since37) },
  ],
};
