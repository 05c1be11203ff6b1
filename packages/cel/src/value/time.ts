import { Duration, Timestamp } from "./value.ts";

const SECOND = 1_000_000_000n;

/** From 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z, as protobuf's Timestamp. */
const MIN_TIME = -62135596800n * SECOND;
const MAX_TIME = 253402300800n * SECOND - 1n;

/** As Go's time.Duration, an int64 of nanoseconds. */
const MAX_SPAN = 2n ** 63n - 1n;

/** The timestamp, or undefined outside protobuf's range. */
export function timestampOf(nanos: bigint, offset = 0): Timestamp | undefined {
  return nanos >= MIN_TIME && nanos <= MAX_TIME ? new Timestamp(nanos, offset) : undefined;
}

/** The duration, or undefined outside int64. */
export function durationOf(nanos: bigint): Duration | undefined {
  return nanos >= -MAX_SPAN - 1n && nanos <= MAX_SPAN ? new Duration(nanos) : undefined;
}

const timestampText = /^(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/** An RFC 3339 timestamp as Go parses it, to the nanosecond; undefined when it is none. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = timestampText.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const offset = offsetMinutes(match[8] as string);
  if (offset === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - offset, second);
  const fraction = BigInt((match[7] ?? "").padEnd(9, "0").slice(0, 9));
  return timestampOf((BigInt(date.getTime()) / 1000n) * SECOND + fraction, offset);
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

function offsetMinutes(text: string): number | undefined {
  if (text === "Z") return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(4, 6))];
  if (hours > 24 || minutes > 60) return undefined;
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

const unitNanos: { readonly [unit: string]: bigint } = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
};

/** A duration as Go's `time.ParseDuration` reads it (`1h30m`, `-1.5s`); undefined when it is none. */
export function parseDuration(text: string): Duration | undefined {
  const bare = text.replace(/^[+-]/, "");
  if (bare === "0") return new Duration(0n);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(bare)) return undefined;
  let nanos = 0n;
  for (const [, whole = "", fraction = "", unit] of bare.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = unitNanos[unit as string] as bigint;
    nanos += BigInt(whole || "0") * size + (BigInt(fraction || "0") * size) / 10n ** BigInt(fraction.length);
  }
  return durationOf(text.startsWith("-") ? -nanos : nanos);
}

/** RFC 3339 with as many digits of the fraction as are needed. */
export function formatTimestamp({ nanos, offset }: Timestamp): string {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const iso = new Date(Number((nanos - fraction) / 1_000_000n) + offset * 60_000).toISOString();
  return `${iso.slice(0, 19)}${formatFraction(fraction)}${offset === 0 ? "Z" : formatOffset(offset)}`;
}

function formatOffset(offset: number): string {
  const [size, twoDigits] = [Math.abs(offset), (number: number) => String(number).padStart(2, "0")];
  return `${offset < 0 ? "-" : "+"}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

/** Seconds with a fraction, as a double has them: `3600s`, `-1.5s`. */
export function formatDuration({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos;
  const seconds = Number(size / SECOND) + Number(size % SECOND) / 1e9;
  const text = seconds < 1e-6 && seconds > 0 ? seconds.toFixed(9).replace(/0+$/, "") : String(seconds);
  return `${nanos < 0n ? "-" : ""}${text}s`;
}

function formatFraction(nanos: bigint): string {
  return nanos === 0n ? "" : `.${nanos.toString().padStart(9, "0").replace(/0+$/, "")}`;
}

/** A moment's calendar fields in a zone: an IANA name, `UTC`, or `+02:00`; undefined for an unknown zone. */
export function dateIn({ nanos }: Timestamp, zone: string): Date | undefined {
  const millis = Number((nanos - (((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
  // The zone of the machine is UTC where API servers run.
  if (zone === "" || zone === "UTC" || zone === "Local") return new Date(millis);
  const fixed = /^([+-]?\d+):([+-]?\d+)$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[1]) * 60 + (zone.startsWith("-") ? -1 : 1) * Number(fixed[2]);
    return new Date(millis + minutes * 60_000);
  }
  return dateInNamedZone(millis, zone);
}

/** Formats of `Intl` are dear to make; zones are few, and the oldest goes when there are too many. */
const MAX_ZONES = 64;
const zones = new Map<string, Intl.DateTimeFormat>();

function dateInNamedZone(millis: number, zone: string): Date | undefined {
  const format = zones.get(zone) ?? formatOf(zone);
  if (format === undefined) return undefined;
  const parts = Object.fromEntries(format.formatToParts(millis).map(({ type, value }) => [type, value]));
  const date = new Date(0);
  const year = Number(parts["year"]);
  date.setUTCFullYear(parts["era"] === "BC" ? 1 - year : year, Number(parts["month"]) - 1, Number(parts["day"]));
  date.setUTCHours(
    Number(parts["hour"]),
    Number(parts["minute"]),
    Number(parts["second"]),
    ((millis % 1000) + 1000) % 1000,
  );
  return date;
}

/** Zones are files of these names: capitals matter, though not to `Intl`. */
function isZoneName(zone: string): boolean {
  return /^[A-Z]/.test(zone) && !/\/[a-z]|^[A-Z]{4,}\//.test(zone);
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (!isZoneName(zone)) return undefined;
  try {
    const number = "numeric";
    const fields = { year: number, month: number, day: number, hour: number, minute: number, second: number } as const;
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", era: "short", ...fields });
    if (zones.size >= MAX_ZONES) zones.delete(zones.keys().next().value as string);
    zones.set(zone, format);
    return format;
  } catch {
    return undefined;
  }
}
