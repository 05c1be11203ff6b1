import type { FlagSpec } from "./flags.ts";

const usage = "of --server";

/** Flags of `run` that are about its server: checked as OPA does, whether it is started or not. */
export const serverFlags: readonly FlagSpec[] = [
  { name: "addr", short: "a", kind: "commaList", default: "localhost:8181", usage },
  { name: "authentication", kind: "enum", values: ["token", "tls", "off"], default: "off", usage },
  { name: "authorization", kind: "enum", values: ["basic", "off"], default: "off", usage },
  { name: "diagnostic-addr", kind: "commaList", usage },
  { name: "disable-telemetry", kind: "bool", hidden: true, usage },
  { name: "h2c", kind: "bool", usage },
  { name: "log-format", kind: "enum", values: ["text", "json", "json-pretty"], default: "json", usage },
  { name: "log-timestamp-format", kind: "string", usage },
  { name: "min-tls-version", kind: "enum", values: ["1.0", "1.1", "1.2", "1.3"], default: "1.2", usage },
  { name: "optimize-store-for-read-speed", kind: "bool", usage },
  { name: "pprof", kind: "bool", usage },
  { name: "ready-timeout", kind: "int", default: "0", usage },
  { name: "shutdown-grace-period", kind: "int", default: "10", usage },
  { name: "shutdown-wait-period", kind: "int", default: "0", usage },
  { name: "tls-ca-cert-file", kind: "string", usage },
  { name: "tls-cert-file", kind: "string", usage },
  { name: "tls-cert-refresh-period", kind: "duration", default: "0", usage },
  { name: "tls-cipher-suites", kind: "commaList", usage },
  { name: "tls-private-key-file", kind: "string", usage },
  { name: "unix-socket-perm", kind: "string", default: "755", usage },
];
