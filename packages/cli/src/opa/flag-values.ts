import { parseGoDuration } from "@sallyport/rego";

/** Go's strconv.ParseBool. */
export function parseBool(text: string): boolean | Error {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  return new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** Go's strconv.ParseInt with base 0. */
export function parseInt64(text: string): bigint | Error {
  const faultOf = (why: string) => new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
  const [, sign, digits = ""] = /^([+-]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9]\d*)$/.exec(text) ?? [];
  if (digits === "") return faultOf("invalid syntax");
  const magnitude = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = sign === "-" ? -magnitude : magnitude;
  return BigInt.asIntN(64, value) === value ? value : faultOf("value out of range");
}

/** Go's time.ParseDuration: nanoseconds. */
export function parseNanoseconds(text: string): bigint | Error {
  try {
    return parseGoDuration(text);
  } catch (error) {
    return error as Error;
  }
}
