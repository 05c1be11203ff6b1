import { typeName } from "../value/access.ts";
import { bigintOf, decimalOf, isInteger, type NumberValue, normalizeInteger } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError } from "./builtin.ts";
import { parseDuration } from "./go-duration.ts";
import { layoutFromName, rfc3339, rfc3339Nano, weekdayNames } from "./go-layout.ts";
import { type Civil, civilFrom, formatTime, wrappedSecondsFrom } from "./go-time.ts";
import { type Instant, parseTime } from "./go-time-parse.ts";
import { integerAt, numberAt, stringAt } from "./operands.ts";
import { checkZone, offsetAt, unixOfLocal } from "./zones.ts";

const nsPerSecond = 1_000_000_000n;
const maxNs = 2n ** 63n - 1n;
const minNs = -(2n ** 63n);

/** A moment as an operand gives it: nanoseconds, or `[ns, zone]`, or `[ns, zone, layout]`; no zone is UTC. */
interface Moment {
  readonly seconds: number;
  readonly nanosecond: number;
  readonly zone: string;
  readonly layout: string;
}

const momentKinds = "either number (ns) or [number (ns), string (tz)]";

function momentAt(args: readonly Value[], at: number): Moment {
  const value = args[at - 1] as Value;
  if (!Array.isArray(value)) {
    if (typeName(value) !== "number") throw operandTypeError(1, momentKinds, typeName(value));
    return momentFrom(value as NumberValue, "", "");
  }
  const parts = value as readonly Value[];
  if (parts.length === 0) throw operandTypeError(1, momentKinds, "array");
  const ns = numberAt(parts, 1);
  const zone = parts.length > 1 ? firstString(parts[1] as Value) : "";
  checkZone(zone);
  const layout = parts.length > 2 ? firstString(parts[2] as Value) : "";
  return momentFrom(ns, zone, layout);
}

/** The operand is the first, whichever part of it is wrong. */
function firstString(value: Value): string {
  return stringAt([value], 1);
}

function momentFrom(value: NumberValue, zone: string, layout: string): Moment {
  if (!isInteger(value) || isHuge(value)) throw new BuiltinError("timestamp too big");
  const ns = bigintOf(value);
  if (ns > maxNs || ns < minNs) throw new BuiltinError("timestamp too big");
  const seconds = floorDivide(ns, nsPerSecond);
  return { seconds: Number(seconds), nanosecond: Number(ns - seconds * nsPerSecond), zone, layout };
}

/** `1e1000000` must not be written out to be refused. */
function isHuge(value: NumberValue): boolean {
  return decimalOf(value).exponent > 20;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

function civilOf({ seconds, nanosecond }: Instant, zone: string): Civil {
  const offset = offsetAt(zone, seconds);
  return civilFrom(seconds + offset.seconds, nanosecond, offset);
}

/** Nanoseconds since the epoch, where an int64 holds them. */
function nsOf({ seconds, nanosecond }: Instant): Value {
  const ns = BigInt(seconds) * nsPerSecond + BigInt(nanosecond);
  if (ns > maxNs || ns < minNs) throw new BuiltinError("time outside of valid range");
  return normalizeInteger(ns);
}

function date(args: readonly Value[]): Value {
  const moment = momentAt(args, 1);
  const { year, month, day } = civilOf(moment, moment.zone);
  return [year, month, day];
}

function clock(args: readonly Value[]): Value {
  const moment = momentAt(args, 1);
  const { hour, minute, second } = civilOf(moment, moment.zone);
  return [hour, minute, second];
}

function weekday(args: readonly Value[]): Value {
  const moment = momentAt(args, 1);
  return weekdayNames[civilOf(moment, moment.zone).weekday] as string;
}

function format(args: readonly Value[]): Value {
  const moment = momentAt(args, 1);
  const layout = moment.layout === "" ? rfc3339Nano : layoutFromName(moment.layout);
  return formatTime(civilOf(moment, moment.zone), layout);
}

function addDate(args: readonly Value[]): Value {
  const moment = momentAt(args, 1);
  const [years, months, days] = [int64At(args, 2), int64At(args, 3), int64At(args, 4)];
  const { year, month, day, hour, minute, second } = civilOf(moment, moment.zone);
  const secondOfDay = hour * 3600 + minute * 60 + second;
  const local = Number(
    wrappedSecondsFrom(BigInt(year) + years, BigInt(month) + months, BigInt(day) + days, secondOfDay),
  );
  if (!isRepresentable(local)) throw new BuiltinError("time outside of valid range");
  return nsOf({ seconds: unixOfLocal(moment.zone, local), nanosecond: moment.nanosecond });
}

function int64At(args: readonly Value[], at: number): bigint {
  integerAt(args, at);
  return bigintOf(args[at - 1] as NumberValue);
}

/** Far outside of int64's nanoseconds there is no zone to ask. */
function isRepresentable(seconds: number): boolean {
  return Math.abs(seconds) < 10 ** 10;
}

const fieldCount = 6;

/** Years, months, days, hours, minutes and seconds between two moments, on the first one's calendar. */
function diff(args: readonly Value[]): Value {
  const first = momentAt(args, 1);
  const second = momentAt(args, 2);
  const [from, to] = isAfter(first, second) ? [second, first] : [first, second];
  const a = civilOf(from, first.zone);
  const b = civilOf(to, first.zone);
  const fields = [
    b.year - a.year,
    b.month - a.month,
    b.day - a.day,
    b.hour - a.hour,
    b.minute - a.minute,
    b.second - a.second,
  ];
  // Days are borrowed from the month that the earlier moment lies in.
  const carries = [0, 12, new Date(Date.UTC(a.year, a.month, 0)).getUTCDate(), 24, 60, 60];
  for (let i = fieldCount - 1; i > 0; i--) {
    if ((fields[i] as number) >= 0) continue;
    fields[i] = (fields[i] as number) + (carries[i] as number);
    fields[i - 1] = (fields[i - 1] as number) - 1;
  }
  return fields;
}

function isAfter(a: Instant, b: Instant): boolean {
  return a.seconds === b.seconds ? a.nanosecond > b.nanosecond : a.seconds > b.seconds;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/time */
export const time: readonly Builtin[] = [
  { name: "time.now_ns", call: (_args, { effects }) => normalizeInteger(effects.nowNs), nondeterministic: true },
  {
    name: "time.parse_ns",
    call: (args) => nsOf(parseTime(layoutFromName(stringAt(args, 1)), stringAt(args, 2))),
  },
  { name: "time.parse_rfc3339_ns", call: (args) => nsOf(parseTime(rfc3339, stringAt(args, 1))) },
  { name: "time.parse_duration_ns", call: (args) => normalizeInteger(parseDuration(stringAt(args, 1))) },
  { name: "time.format", call: format },
  { name: "time.date", call: date },
  { name: "time.clock", call: clock },
  { name: "time.weekday", call: weekday },
  { name: "time.add_date", call: addDate },
  { name: "time.diff", call: diff },
];
