import { bigintOf, isInteger, normalizeInteger } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { integerAt, isNumber, stringAt } from "./operands.ts";

const nsPerMs = 1_000_000n;
const maxNs = 2n ** 63n - 1n;

/** Nanoseconds and zone of an operand: a number is UTC; `[ns, zone]` names an IANA zone, `""` is UTC, `Local` the machine's. */
function instantAt(args: readonly Value[], at: number): { readonly ns: bigint; readonly zone: string } {
  const value = args[at - 1] as Value;
  const [ns, zone] = Array.isArray(value) ? (value as readonly Value[]) : [value, ""];
  if (!isNumber(ns))
    throw new BuiltinError(`operand ${at} must be either number (ns) or [number (ns), string (tz)]`, "eval_type_error");
  if (!isInteger(ns)) throw new BuiltinError("timestamp too big", "eval_builtin_error");
  const whole = bigintOf(ns);
  if (whole > maxNs || whole < -maxNs) throw new BuiltinError("timestamp too big");
  return { ns: whole, zone: typeof zone === "string" ? zone : "" };
}

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  try {
    const options = {
      timeZone: zone === "" ? "UTC" : zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      weekday: "short",
      era: "short",
    } as const;
    const format = new Intl.DateTimeFormat(
      "en-US",
      zone === "Local" ? { ...options, timeZone: undefined as never } : options,
    );
    formats.set(zone, format);
    return format;
  } catch {
    throw new BuiltinError(`unknown time zone ${zone}`);
  }
}

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

function civilOf({ ns, zone }: { readonly ns: bigint; readonly zone: string }): Civil {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(Number(floorDivide(ns, nsPerMs)))
      .map(({ type, value }) => [type, value]),
  );
  const number = (type: string) => Number(parts.get(type as never));
  const year = parts.get("era") === "BC" ? 1 - number("year") : number("year");
  return {
    year,
    month: number("month"),
    day: number("day"),
    hour: number("hour"),
    minute: number("minute"),
    second: number("second"),
    weekday: weekdays.indexOf(parts.get("weekday") ?? ""),
  };
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** RFC 3339 with any fraction. */
function parseRfc3339(text: string): bigint {
  const match = rfc3339.exec(text);
  if (match === null)
    throw new BuiltinError(`parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${text}" as "2006"`);
  const [, year, month, day, hour, minute, second, fraction = "", sign, zoneHour = "0", zoneMinute = "0"] = match;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  if (new Date(ms).getUTCDate() !== Number(day) || Number(month) > 12 || Number(hour) > 23 || Number(minute) > 59) {
    throw new BuiltinError(`parsing time "${text}": day out of range`);
  }
  const offset = BigInt(Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000n * (sign === "-" ? -1n : 1n);
  const ns = (BigInt(ms) - offset) * nsPerMs + BigInt(fraction.padEnd(9, "0").slice(0, 9));
  if (ns > maxNs || ns < -maxNs) throw new BuiltinError("time outside of valid range");
  return ns;
}

const durationUnits: { readonly [unit: string]: bigint } = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: nsPerMs,
  s: 10n ** 9n,
  m: 60n * 10n ** 9n,
  h: 3600n * 10n ** 9n,
};

/** Go's time.ParseDuration. */
export function parseDuration(text: string): bigint {
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (text === "0") return 0n;
  if (match === null)
    throw new BuiltinError(
      /^[+-]?[\d.]+$/.test(text) ? `time: missing unit in duration "${text}"` : `time: invalid duration "${text}"`,
    );
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = durationUnits[unit] as bigint;
    total +=
      BigInt(whole || "0") * scale +
      (fraction === "" ? 0n : (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length));
  }
  if (total > maxNs) throw new BuiltinError(`time: invalid duration "${text}"`);
  return match[1] === "-" ? -total : total;
}

const weekdayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

function addDate(args: readonly Value[]): Value {
  const { ns } = instantAt(args, 1);
  const [years, months, days] = [integerAt(args, 2), integerAt(args, 3), integerAt(args, 4)];
  const date = new Date(Number(floorDivide(ns, nsPerMs)));
  const rest = ns - floorDivide(ns, nsPerMs) * nsPerMs;
  const moved = Date.UTC(
    date.getUTCFullYear() + years,
    date.getUTCMonth() + months,
    date.getUTCDate() + days,
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  );
  const result = BigInt(Number.isFinite(moved) ? moved : 0) * nsPerMs + rest;
  if (!Number.isFinite(moved) || result > maxNs || result < -maxNs)
    throw new BuiltinError("time outside of valid range");
  return normalizeInteger(result);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/time */
export const time: readonly Builtin[] = [
  { name: "time.now_ns", call: (_args, { effects }) => normalizeInteger(effects.nowNs), nondeterministic: true },
  { name: "time.parse_rfc3339_ns", call: (args) => normalizeInteger(parseRfc3339(stringAt(args, 1))) },
  { name: "time.parse_duration_ns", call: (args) => normalizeInteger(parseDuration(stringAt(args, 1))) },
  { name: "time.add_date", call: addDate },
  {
    name: "time.date",
    call: (args) => {
      const { year, month, day } = civilOf(instantAt(args, 1));
      return [year, month, day];
    },
  },
  {
    name: "time.clock",
    call: (args) => {
      const { hour, minute, second } = civilOf(instantAt(args, 1));
      return [hour, minute, second];
    },
  },
  { name: "time.weekday", call: (args) => weekdayNames[civilOf(instantAt(args, 1)).weekday] as string },
];
