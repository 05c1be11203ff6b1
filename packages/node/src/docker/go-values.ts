import { goQuoted, parseGoBool, parseGoDuration } from "@sallyport/kube";

/** What is wrong with a value, in docker's words. */
export interface ValueFault {
  readonly fault: string;
}

const binaryUnits: { readonly [unit: string]: number } = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/** Bytes of `512m`, `1.5GiB` or `1024`: docker's units are powers of two. units.RAMInBytes */
export function bytesOf(text: string): number | ValueFault {
  const at = Math.max(...[..."0123456789. "].map((char) => text.lastIndexOf(char)));
  if (at < 0) return { fault: `invalid size: '${text}'` };
  const [number, unit] = [text.slice(0, text[at] === " " ? at : at + 1), text.slice(at + 1).toLowerCase()];
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number))
    return { fault: `strconv.ParseFloat: parsing ${goQuoted(number)}: invalid syntax` };
  const size = Number(number);
  if (size < 0) return { fault: `invalid size: '${text}'` };
  const [, letter = "", rest = ""] = /^([kmgtp]?)(b?|ib)$/.exec(unit) ?? [];
  if (letter + rest !== unit || unit === "ib") return { fault: `invalid suffix: '${unit}'` };
  return Math.trunc(size * (binaryUnits[letter] ?? 1));
}

const bits = { Int: { 16: 2 ** 15, 64: 2 ** 63 }, Uint: { 16: 2 ** 16, 64: 2 ** 64 } } as const;

/** A whole number as pflag reads it: of base ten, or of another that is told (`0x10`). strconv.ParseInt, strconv.ParseUint */
export function integerFault(text: string, kind: "Int" | "Uint", size: 16 | 64): string | undefined {
  const fault = (why: string) => `strconv.Parse${kind}: parsing ${goQuoted(text)}: ${why}`;
  const [, sign = "", digits = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const isNumber = /^(0|[1-9]\d*|0x[\da-f]+|0o?[0-7]+|0b[01]+)$/i.test(digits);
  if (!isNumber || (kind === "Uint" && sign !== "")) return fault("invalid syntax");
  const value = integerOf(digits);
  const limit = bits[kind][size];
  return value < limit || (sign === "-" && value === limit) ? undefined : fault("value out of range");
}

/** The value of a whole number that was found right. */
export function integerOf(text: string): number {
  const [, sign = "", digits = ""] = /^([+-]?)(.*)$/.exec(text) ?? [];
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return sign === "-" ? -value : value;
}

/** strconv.ParseBool */
export function booleanOf(text: string): boolean | ValueFault {
  return parseGoBool(text) ?? { fault: `strconv.ParseBool: parsing ${goQuoted(text)}: invalid syntax` };
}

export function durationFault(text: string): string | undefined {
  const nanos = parseGoDuration(text);
  return typeof nanos === "number" ? undefined : nanos.fault;
}

/** Seconds of a duration that was found right. */
export function secondsOf(text: string): number {
  const nanos = parseGoDuration(text);
  return typeof nanos === "number" ? nanos / 1e9 : 0;
}

/** Processors in billionths: `1.5`, `3/4`. opts.ParseCPUs */
export function nanoProcessorsOf(text: string): bigint | ValueFault {
  const match = /^([+-]?)(?:(\d+)\/(\d+)|(\d*)\.?(\d*)(?:e([+-]?\d{1,3}))?)$/i.exec(text);
  const [, sign, over, under, whole = "", fraction = "", exponent = "0"] = match ?? [];
  const isNumber = match !== null && (over !== undefined ? !/^0+$/.test(under ?? "") : whole + fraction !== "");
  if (!isNumber) return { fault: `failed to parse ${text} as a rational number` };
  const power = Number(exponent) - fraction.length + 9;
  const top =
    over === undefined ? BigInt(whole + fraction) * 10n ** BigInt(Math.max(power, 0)) : BigInt(over) * 10n ** 9n;
  const bottom = over === undefined ? 10n ** BigInt(Math.max(-power, 0)) : BigInt(under ?? "1");
  if (top % bottom !== 0n) return { fault: "value is too precise" };
  return sign === "-" ? -(top / bottom) : top / bottom;
}
