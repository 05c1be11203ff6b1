import { BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import { quote } from "./go-time-parse.ts";

const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

/** OPA's own units, in hours: days, weeks and years of always the same length. */
const longUnits: ReadonlyMap<string, number> = new Map([
  ["d", 24],
  ["w", 168],
  ["y", 8760],
]);

/** Where Go's int64 ends. */
const limit = 2n ** 63n;

/** Nanoseconds of Go's durations with days, weeks and years added (`1y2w3d4h`); error texts as OPA's. */
export function parseDuration(text: string): bigint {
  if (!/[dwy]/.test(text)) return parseGoDuration(text);
  const shown = goQuote(text);
  const match = /^([-+]?)((?:[\d.]+(?:ms|us|µs|ns|[a-z]))+)$/.exec(text);
  if (match === null) throw invalid(shown);
  const [, sign = "", segments = ""] = match;
  const inHours = segments.replace(/([\d.]+)(ms|us|µs|ns|[a-z])/g, (segment, digits: string, unit: string) => {
    const hours = longUnits.get(unit);
    return hours === undefined ? segment : `${plainDigits(scaled(digits, hours, shown))}h`;
  });
  return parseGoDuration(sign + inHours, shown);
}

function scaled(digits: string, hours: number, shown: string): number {
  if (!/^(\d+\.?\d*|\.\d+)$/.test(digits)) throw invalid(shown);
  return Number(digits) * hours;
}

/** Never with an exponent. */
function plainDigits(value: number): string {
  if (value >= 1e21) return BigInt(value).toString();
  return value < 1e-6 ? value.toFixed(30) : String(value);
}

/** Go's time.ParseDuration. https://pkg.go.dev/time#ParseDuration */
export function parseGoDuration(text: string, shown: string = quoteBytes(text)): bigint {
  const [, sign = "", parts = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (parts === "0") return 0n;
  if (parts === "") throw invalid(shown);
  let total = 0n;
  let rest = parts;
  while (rest !== "") {
    const part = readPart(rest, shown);
    rest = part.rest;
    total += part.ns;
    if (total > limit) throw invalid(shown);
  }
  if (sign === "-") return -total;
  if (total === limit) throw invalid(shown);
  return total;
}

function readPart(rest: string, shown: string): { readonly ns: bigint; readonly rest: string } {
  const [, whole = "", point, unit = ""] = /^(\d*)(\.\d*)?([^.\d]*)/.exec(rest) ?? [];
  const fraction = point?.slice(1) ?? "";
  if (whole === "" && fraction === "") throw invalid(shown);
  if (BigInt(whole || "0") > limit) throw invalid(shown);
  if (unit === "") throw new BuiltinError(`time: missing unit in duration ${shown}`);
  const scale = units.get(unit);
  if (scale === undefined) throw new BuiltinError(`time: unknown unit ${quoteBytes(unit)} in duration ${shown}`);
  const ns = BigInt(whole || "0") * scale + fractionOf(fraction, scale);
  if (ns > limit) throw invalid(shown);
  return { ns, rest: rest.slice(whole.length + (point?.length ?? 0) + unit.length) };
}

/** Go computes a fraction in float64, of as many digits as an int64 holds. */
function fractionOf(digits: string, scale: bigint): bigint {
  if (digits === "") return 0n;
  let count = Math.min(digits.length, 19);
  if (BigInt(digits.slice(0, count)) >= limit) count--;
  return BigInt(Math.trunc(Number(digits.slice(0, count)) * (Number(scale) / 10 ** count)));
}

function invalid(shown: string): BuiltinError {
  return new BuiltinError(`time: invalid duration ${shown}`);
}

function quoteBytes(text: string): string {
  return quote(String.fromCharCode(...new TextEncoder().encode(text)));
}
