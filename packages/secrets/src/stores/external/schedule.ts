import { createHash } from "node:crypto";
import { parseGoDuration } from "@sallyport/kube";
import { type ExternalSecret, ExternalSecretError } from "./external-secret.ts";

/** What of an ExternalSecret's status tells when it was synchronized. */
export interface SyncedStatus {
  /** RFC 3339. */
  readonly refreshTime?: string | null;
  /** Of `versionOf`. */
  readonly syncedResourceVersion?: string;
}

const defaultInterval = "1h0m0s";

/** Faults are tried again after so long, then twice as long each time; a store that counts its calls is not worn out by them. */
const faultDelays = { firstMs: 10_000, longestMs: 15 * 60_000 };

/** Up to so much of a time is left out at random, so that what was made together is not asked for together for ever. */
const jitter = 0.1;

/** Of a refresh. Throws `ExternalSecretError` for one that is no duration of Go. */
export function intervalMsOf({ spec }: ExternalSecret): number {
  const nanoseconds = parseGoDuration(spec.refreshInterval ?? defaultInterval);
  if (typeof nanoseconds !== "number") throw new ExternalSecretError(`spec.refreshInterval: ${nanoseconds.fault}`);
  return Math.max(0, nanoseconds / 1e6);
}

/** Another one when the specification, the labels or the annotations are. */
export function versionOf({ metadata: { generation = 0, labels = {}, annotations = {} } }: ExternalSecret): string {
  const sorted = [labels, annotations].map((each) => Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${generation}-${createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 32)}`;
}

/** Milliseconds until it is to be synchronized again, 0 for at once, nothing for not before it changes. `random` between 0 and 1. */
export function dueInMs(
  external: ExternalSecret,
  status: SyncedStatus,
  nowMs: number,
  random: number,
): number | undefined {
  const syncedAt = Date.parse(status.refreshTime ?? "");
  if (Number.isNaN(syncedAt) || !status.syncedResourceVersion) return 0;
  const policy = external.spec.refreshPolicy ?? "Periodic";
  if (policy === "CreatedOnce") return undefined;
  if (status.syncedResourceVersion !== versionOf(external)) return 0;
  const interval = intervalMsOf(external);
  if (policy === "OnChange" || interval === 0) return undefined;
  // Never later than was asked for; a time to come is no time.
  const wait = syncedAt + interval * (1 - jitter * random) - nowMs;
  return syncedAt > nowMs ? 0 : Math.max(0, wait);
}

/** Milliseconds until another try after so many faults, one at least. `random` between 0 and 1. */
export function retryInMs(faults: number, random: number): number {
  const { firstMs, longestMs } = faultDelays;
  return Math.min(longestMs, firstMs * 2 ** (faults - 1)) * (1 - jitter * random);
}
