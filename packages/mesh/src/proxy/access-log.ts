/** One connection, or one request where they are read, as it is told when it has ended. */
export interface AccessEntry {
  readonly direction: "inbound" | "outbound";
  readonly source: { readonly ip: string; readonly principal?: string };
  readonly destination: { readonly ip: string; readonly port: number; readonly principal?: string };
  /** `foreign` is TLS that is not the mesh's; `none`, what goes out to where no sidecar is. */
  readonly tls: "mutual" | "plaintext" | "foreign" | "none";
  readonly serverName?: string;
  /** Bytes of the application: from who connected, and to it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  readonly decision: "allowed" | "denied" | "failed";
  /** Why, where it was not allowed, or ended early. */
  readonly reason?: string;
  readonly request?: { readonly method: string; readonly path: string; readonly host: string; readonly status: number };
}

/** What is told of each connection and request. */
export type AccessLog = (entry: AccessEntry) => void;

/** A line of JSON without its end. `time` is when the connection ended, RFC 3339 in UTC. */
export function accessLine(entry: AccessEntry, now: number): string {
  return JSON.stringify({ time: new Date(now).toISOString(), ...entry });
}
