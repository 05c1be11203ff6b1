import { goScalarsOfV3 } from "@sallyport/kube";
import { Scalar, type ScalarTag, type Tags } from "yaml";
import type { PlainValue } from "./encrypted-value.ts";
import { SopsError } from "./sops-error.ts";

/** Scalars as Go's yaml.v3 reads them, each written as it was read. */
export function sopsScalars(tags: Tags): Tags {
  const identify: { readonly [tag: string]: (value: unknown) => boolean } = {
    "tag:yaml.org,2002:bool": (value) => typeof value === "boolean",
    "tag:yaml.org,2002:int": (value) => typeof value === "number",
    "tag:yaml.org,2002:null": (value) => value === null,
  };
  return goScalarsOfV3(tags).map((each) => {
    if (typeof each === "string" || !Object.hasOwn(identify, each.tag)) return each;
    const stringify: ScalarTag["stringify"] = (item) => item.source ?? String(item.value);
    return { ...each, identify: identify[each.tag], stringify } as ScalarTag;
  });
}

/** Go's int: what is larger sops does not take. */
const [minInt, maxInt] = [-(2n ** 63n), 2n ** 63n - 1n];

/** What sops makes of a scalar. Answers undefined for null, which stays as it is. Throws `SopsError`. */
export function plainOfScalar(scalar: Scalar): PlainValue | undefined {
  const { value, source = "", type } = scalar;
  if (value === null || value === undefined) return undefined;
  if (typeof value === "boolean") return { type: "bool", text: value ? "True" : "False" };
  if (typeof value === "number") return plainOfNumber(value, source.replaceAll("_", ""));
  const text = String(value);
  const time = type === Scalar.PLAIN && scalar.tag === undefined ? timeText(text) : undefined;
  return time === undefined ? { type: "str", text } : { type: "time", text: time };
}

function plainOfNumber(value: number, source: string): PlainValue {
  const digits = /^([-+]?)(0[xXoObB][\da-fA-F]+|\d+)$/.exec(source);
  if (digits === null) return { type: "float", text: decimal(value) };
  const [, sign = "", bare = ""] = digits;
  const magnitude = BigInt(
    /^0\d/.test(bare) && !/[89]/.test(bare) ? `0o${bare}` : bare.toLowerCase().replace(/^0(?=\d)/, ""),
  );
  const int = sign === "-" ? -magnitude : magnitude;
  if (int >= minInt && int <= maxInt) return { type: "int", text: String(int) };
  if (int > 0n && int < 2n ** 64n) throw new SopsError("a number larger than sops takes: quote it");
  return { type: "float", text: decimal(value) };
}

/** The shortest digits that are the number, without an exponent: Go's format `f`. */
function decimal(value: number): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]\d+))?$/.exec(String(value)) ?? [];
  if (whole === "") throw new SopsError("a number that is none: quote it");
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const padded = digits.padEnd(point, "0");
  return padded.length === point ? sign + padded : `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
}

/** A date of YAML as Go's time prints it. Answers undefined for what is none. */
function timeText(text: string): string | undefined {
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|\s+)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?\s*(Z|[-+]\d{2}(?::?\d{2})?)?)?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, year = "", ...rest] = match;
  const [month, day, hour = "00", minute = "00", second = "00"] = rest
    .slice(0, 5)
    .map((each) => each?.padStart(2, "0"));
  const fraction = rest[5]?.replace(/0+$/, "") ?? "";
  const zone = rest[6] ?? "Z";
  if (Number.isNaN(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`))) return undefined;
  const offset =
    zone === "Z" || /^[-+]00:?(?:00)?$/.test(zone)
      ? "Z"
      : `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "") || "00"}`;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction === "" ? "" : `.${fraction}`}${offset}`;
}

/** Texts that some reader of YAML takes for something else: yes, 1.2, 2026-01-02, null. */
const ambiguous = /^(?:y|n|yes|no|on|off|true|false|null|~|)$|^[-+.]?\d|^[-+]?\.(?:inf|nan)$|^[=<]/i;

/** Puts a value into a scalar, keeping what is around it. */
export function setScalar(scalar: Scalar, { type, text }: PlainValue): void {
  delete scalar.tag;
  delete scalar.source;
  if (type === "bool") {
    scalar.value = text === "True";
    scalar.source = scalar.value === true ? "true" : "false";
  } else if (type === "int" || type === "float") {
    scalar.value = Number(text);
    scalar.source = text;
  } else if (type === "time") scalar.value = text;
  else scalar.value = text;
  scalar.type = styleOf(type, text);
}

function styleOf(type: PlainValue["type"], text: string): Scalar.Type {
  if (type !== "str" && type !== "bytes" && type !== "comment") return Scalar.PLAIN;
  if (text.includes("\n")) return Scalar.BLOCK_LITERAL;
  return ambiguous.test(text) ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN;
}
