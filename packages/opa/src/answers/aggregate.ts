import { Struct } from "./json-text.ts";

/** The distribution of some numbers, as OPA's histograms tell it. */
export interface Aggregate {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly percentile: (share: number) => number;
  readonly json: () => Struct;
}

const shares = { "75%": 0.75, "90%": 0.9, "95%": 0.95, "99%": 0.99, "99.9%": 0.999, "99.99%": 0.9999 };

/** Of one number at least; `all` of how many, where they are a sample. */
export function aggregate(values: readonly number[], all: number = values.length): Aggregate {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  const at = (i: number): number => sorted[Math.min(Math.max(i, 0), count - 1)] as number;
  const percentile = (share: number): number => {
    const position = share * (count + 1);
    const lower = Math.floor(position);
    return at(lower - 1) + (position - lower) * (at(lower) - at(lower - 1));
  };
  return {
    min: at(0),
    max: at(count - 1),
    mean,
    percentile,
    json: () =>
      new Struct({
        ...Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, percentile(share)])),
        count: all,
        max: at(count - 1),
        mean,
        median: percentile(0.5),
        min: at(0),
        stddev: Math.sqrt(variance),
      }),
  };
}

/** Where Go begins to write an exponent, when it writes no more digits than needed. */
const maxPlainExponent = 6;

/** Go's `%v` of a float64. */
export function goFloat(value: number): string {
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < maxPlainExponent) return String(value);
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const magnitude = Math.abs(Number(power));
  return `${digits}e${Number(power) < 0 ? "-" : "+"}${String(magnitude).padStart(2, "0")}`;
}

/** Go's time.Duration as text: `40.55µs`, `1m2.5s`. */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${shortened(nanoseconds, 3)}µs`;
  if (nanoseconds < 1e9) return `${shortened(nanoseconds, 6)}ms`;
  const seconds = Math.floor(nanoseconds / 1e9);
  const rest = `${shortened((seconds % 60) * 1e9 + (nanoseconds % 1e9), 9)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return rest;
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`;
}

/** A number divided by a power of ten, without zeros at its end. */
function shortened(value: number, places: number): string {
  const digits = String(Math.round(value)).padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return digits.slice(0, -places) + (fraction === "" ? "" : `.${fraction}`);
}
