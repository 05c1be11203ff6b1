import { type Chunk, layoutChunks, monthNames, weekdayNames } from "./go-layout.ts";
import type { ZoneOffset } from "./zones.ts";

/** A moment as a calendar and a clock show it, in the proleptic Gregorian calendar. */
export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly zone: ZoneOffset;
}

const secondsPerDay = 86_400;

/** Seconds since the epoch (of a clock in that zone) and nanoseconds, taken apart. */
export function civilFrom(localSeconds: number, nanosecond: number, zone: ZoneOffset): Civil {
  const date = new Date(localSeconds * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond,
    weekday: date.getUTCDay(),
    zone,
  };
}

/**
 * Seconds since the epoch of a clock that shows these; fields beyond their ranges carry over, as in Go's time.Date.
 * Years may be of any size that a double counts days of.
 */
export function secondsFrom(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  const months = year * 12 + (month - 1);
  const days = daysBeforeMonth(Math.floor(months / 12), months - Math.floor(months / 12) * 12) + day - 1;
  return days * secondsPerDay + hour * 3600 + minute * 60 + second;
}

/**
 * The same where fields are integers of 64 bits, of which sums wrap around as in Go: what lies far outside of a calendar is some other
 * moment there, maybe one within.
 */
export function wrappedSecondsFrom(year: bigint, month: bigint, day: bigint, secondOfDay: number): bigint {
  const [wholeYear, monthOfYear] = carried(wrapped(year), wrapped(month - 1n), 12n);
  const days = absoluteDays(wholeYear, monthOfYear) + day - 1n - epochDays;
  return wrapped(days * BigInt(secondsPerDay) + BigInt(secondOfDay));
}

function wrapped(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** Go's `norm`: what `low` is beyond its base goes to `high`. */
function carried(high: bigint, low: bigint, base: bigint): readonly [bigint, bigint] {
  if (low < 0n) {
    const count = wrapped(-low - 1n) / base + 1n;
    return [wrapped(high - count), wrapped(low + count * base)];
  }
  return [wrapped(high + low / base), low % base];
}

/** Go counts years from this many before the first one, so that none is negative. */
const absoluteYears = 292_277_022_400n;

/** Days from there to the first of a month, which counts from 0; years begin in March. */
function absoluteDays(year: bigint, month: bigint): bigint {
  const isEarly = month < 2n;
  const y = BigInt.asUintN(64, year - (isEarly ? 1n : 0n) + absoluteYears);
  const dayOfYear = ((month + 1n + (isEarly ? 12n : 0n)) * 979n - 2919n) >> 5n;
  const centuryDays = BigInt.asUintN(64, 146_097n * (y / 100n)) / 4n;
  return centuryDays + (1461n * (y % 100n)) / 4n + dayOfYear;
}

const epochDays = absoluteDays(1970n, 0n);

/** Days from the epoch to the first of a month; `month` counts from 0. */
function daysBeforeMonth(year: number, month: number): number {
  // Years begin in March, so that the leap day is the last.
  const y = month < 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 10) % 12) + 2) / 5);
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** `month` counts from 1. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Go's Time.Format. */
export function formatTime(civil: Civil, layout: string): string {
  return layoutChunks(layout)
    .map((chunk) => formatChunk(civil, chunk))
    .join("");
}

function padded(value: number, width: number, fill = "0"): string {
  return String(value).padStart(width, fill);
}

function formatChunk(civil: Civil, { kind, text }: Chunk): string {
  const { year, month, day, hour, minute, second, weekday, zone } = civil;
  switch (kind) {
    case "text":
      return text;
    case "longMonth":
      return monthNames[month - 1] as string;
    case "month":
      return (monthNames[month - 1] as string).slice(0, 3);
    case "numMonth":
      return String(month);
    case "zeroMonth":
      return padded(month, 2);
    case "longWeekday":
      return weekdayNames[weekday] as string;
    case "weekday":
      return (weekdayNames[weekday] as string).slice(0, 3);
    case "day":
      return String(day);
    case "underDay":
      return padded(day, 2, " ");
    case "zeroDay":
      return padded(day, 2);
    case "underYearDay":
      return padded(dayOfYear(civil), 3, " ");
    case "zeroYearDay":
      return padded(dayOfYear(civil), 3);
    case "hour":
      return padded(hour, 2);
    case "hour12":
      return String(hour % 12 || 12);
    case "zeroHour12":
      return padded(hour % 12 || 12, 2);
    case "minute":
      return String(minute);
    case "zeroMinute":
      return padded(minute, 2);
    case "second":
      return String(second);
    case "zeroSecond":
      return padded(second, 2);
    case "longYear":
      return padded(year, 4);
    case "year":
      return padded(year % 100, 2);
    case "PM":
      return hour >= 12 ? "PM" : "AM";
    case "pm":
      return hour >= 12 ? "pm" : "am";
    case "zoneName":
      return zone.name;
    case "zone":
    case "zoneOrZ":
      return formatZone(zone.seconds, text);
    case "fraction0":
    case "fraction9":
      return formatFraction(civil.nanosecond, text);
  }
}

function dayOfYear({ year, month, day }: Civil): number {
  return daysBeforeMonth(year, month - 1) - daysBeforeMonth(year, 0) + day;
}

/** `spelled` says which fields, whether with colons, and whether UTC is `Z`. */
function formatZone(seconds: number, spelled: string): string {
  if (spelled.startsWith("Z") && seconds === 0) return "Z";
  const size = Math.abs(seconds);
  const fields = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  const count = (spelled.match(/07|00/g) ?? []).length;
  const text = fields
    .slice(0, count)
    .map((field) => padded(field, 2))
    .join(spelled.includes(":") ? ":" : "");
  return (seconds < 0 ? "-" : "+") + text;
}

function formatFraction(nanosecond: number, spelled: string): string {
  const digits = padded(nanosecond, 9).slice(0, spelled.length - 1);
  if (spelled.charAt(1) === "0") return spelled.charAt(0) + digits;
  const short = digits.replace(/0+$/, "");
  return short === "" ? "" : spelled.charAt(0) + short;
}
