import type { MeshView, ServedPort } from "../view/mesh-view.ts";
import { type MeshWorkload, titleOf } from "../view/mesh-workload.ts";

/** Connections from one address to one port, as the sidecar of the server saw them. */
export interface Observed {
  readonly sourceIp: string;
  readonly destinationIp: string;
  readonly port: number;
  readonly tls: "mutual" | "plaintext" | "foreign";
  /** The last one's, where it proved an identity. */
  readonly principal?: string;
  readonly count: number;
  /** When the last one ended, as the log has it. */
  readonly last: string;
}

/** What access logs of sidecars tell. */
export interface Traffic {
  readonly observed: readonly Observed[];
  /** Lines that are about no inbound connection. */
  readonly passedOver: number;
}

export const noTraffic: Traffic = { observed: [], passedOver: 0 };

/** A line of an access log that is none: its number from 1, and why. */
export class TrafficError extends Error {
  override readonly name: string = "TrafficError";
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Reads access logs of sidecars: JSON, one connection or request in a line. Throws `TrafficError` at the first line that is none. */
export function readTraffic(text: string): Traffic {
  const found = new Map<string, Observed>();
  let passedOver = 0;
  for (const [place, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const one = observedOf(line, place + 1);
    if (one === undefined) passedOver += 1;
    else {
      const key = [one.sourceIp, one.destinationIp, one.port, one.tls, one.principal].join(" ");
      const before = found.get(key);
      found.set(key, before === undefined ? one : { ...one, count: before.count + 1 });
    }
  }
  return { observed: [...found.values()], passedOver };
}

function observedOf(line: string, place: number): Observed | undefined {
  const { direction, source, destination, tls, time } = entryOf(line, place);
  if (direction !== "inbound") return undefined;
  const port = destination?.port;
  if (typeof source?.ip !== "string" || typeof destination?.ip !== "string" || typeof port !== "number")
    throw new TrafficError(place, "an inbound connection without source.ip, destination.ip and destination.port");
  if (tls !== "mutual" && tls !== "plaintext" && tls !== "foreign")
    throw new TrafficError(place, `tls is ${JSON.stringify(tls)}: expected mutual, plaintext or foreign`);
  const principal = typeof source.principal === "string" ? { principal: source.principal } : {};
  const last = typeof time === "string" ? time : "";
  return { sourceIp: source.ip, destinationIp: destination.ip, port, tls, ...principal, count: 1, last };
}

interface Entry {
  readonly direction?: unknown;
  readonly source?: { readonly ip?: unknown; readonly principal?: unknown };
  readonly destination?: { readonly ip?: unknown; readonly port?: unknown };
  readonly tls?: unknown;
  readonly time?: unknown;
}

function entryOf(line: string, place: number): Entry {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Entry;
  } catch {
    // Said below: what the parser says is about its text.
  }
  throw new TrafficError(place, "expected a JSON object, as sidecars log connections");
}

/** What was seen of a port of a workload. */
export function seenAt({ observed }: Traffic, { workload, port }: ServedPort): readonly Observed[] {
  return observed.filter((each) => each.port === port && workload.ips.includes(each.destinationIp));
}

/** Connections to addresses that are no known workload's: they count for nothing. */
export function unmatchedOf({ observed }: Traffic, { workloads }: MeshView): number {
  const known = new Set(workloads.flatMap(({ ips }) => ips));
  return observed.reduce((sum, { destinationIp, count }) => sum + (known.has(destinationIp) ? 0 : count), 0);
}

/** Whose address it is, where that is known. */
export function ownerOf({ workloads }: MeshView, ip: string): MeshWorkload | undefined {
  const owners = workloads.filter(({ ips, pod }) => ips.includes(ip) && pod.spec.hostNetwork !== true);
  return owners[0];
}

/** `Deployment shop/web (10.0.0.1)`, or the address alone. */
export function addressTitle(view: MeshView, ip: string): string {
  const owner = ownerOf(view, ip);
  return owner === undefined ? ip : `${titleOf(owner)} (${ip})`;
}
