import { isIP } from "node:net";
import { lookupFault } from "./dns.ts";

/** Go's words for the faults of Node's sockets and TLS; Node's own for those that have none. */
export function networkFault(error: unknown, { url }: { readonly url: string }): string {
  const {
    code = "",
    message,
    address,
    port,
    syscall,
  } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  const where = address === undefined ? "" : `${address.includes(":") ? `[${address}]` : address}:${port}`;
  const connection = connectionFaults[code];
  if (connection !== undefined && syscall === "connect") {
    return port === undefined
      ? `dial unix ${address}: connect: ${connection}`
      : `dial tcp ${where}: connect: ${connection}`;
  }
  if (syscall === "getaddrinfo") return `dial tcp: lookup ${new URL(url).hostname}: ${lookupFault(error)}`;
  if (code === "ECONNRESET") return message === "socket hang up" ? "EOF" : "read: connection reset by peer";
  if (error instanceof AggregateError && error.errors.length > 0) return networkFault(error.errors.at(-1), { url });
  const certificate = code === "ERR_TLS_CERT_ALTNAME_INVALID" ? nameFault(error) : certificateFaults[code];
  return certificate === undefined
    ? (tlsFaults[sslCode(code, message)] ?? message)
    : `tls: failed to verify certificate: x509: ${certificate}`;
}

const connectionFaults: { readonly [code: string]: string } = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ETIMEDOUT: "connection timed out",
};

const unknownAuthority = "certificate signed by unknown authority";

const certificateFaults: { readonly [code: string]: string } = {
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_HAS_EXPIRED: "certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID: "certificate has expired or is not yet valid",
};

/** Node has the names of the certificate as `DNS:localhost, IP Address:127.0.0.1`. */
function nameFault(error: unknown): string {
  const { host = "", cert } = error as { readonly host?: string; readonly cert?: { readonly subjectaltname?: string } };
  const kind = isIP(host) === 0 ? "DNS:" : "IP Address:";
  const names = (cert?.subjectaltname ?? "").split(", ").filter((name) => name.startsWith(kind));
  const valid = names.map((name) => name.slice(kind.length)).join(", ");
  if (valid !== "") return `certificate is valid for ${valid}, not ${host}`;
  return isIP(host) === 0
    ? `certificate is not valid for any names, but wanted to match ${host}`
    : `cannot validate certificate for ${host} because it doesn't contain any IP SANs`;
}

/** Node gives faults of TLS that a write meets the code EPROTO alone, and the text of OpenSSL. */
function sslCode(code: string, message: string): string {
  return code === "EPROTO" && message.includes("wrong version number") ? "ERR_SSL_WRONG_VERSION_NUMBER" : code;
}

const tlsFaults: { readonly [code: string]: string } = {
  // Who speaks no TLS speaks HTTP, but for a few.
  ERR_SSL_WRONG_VERSION_NUMBER: "http: server gave HTTP response to HTTPS client",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "tls: first record does not look like a TLS handshake",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "remote error: tls: certificate required",
};
