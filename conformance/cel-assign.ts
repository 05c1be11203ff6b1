import {
  ArrayList,
  base64FromBytes,
  CelError,
  Duration,
  EntryMap,
  formatDuration,
  formatTimestamp,
  ListValue,
  MapValue,
  Optional,
  Struct,
  Timestamp,
  TypeValue,
  typeOf,
  Uint,
  type Value,
} from "@sallyport/cel";
import type { Field } from "./cel-fields.ts";

/** What a field holds once the value is assigned to it: undefined when it stays unset, a fault when it cannot hold it. */
export function assign(field: Field, value: Value): Value | undefined {
  switch (field.kind) {
    case "scalar":
      return value === null ? new CelError("unsupported field type") : scalarOf(field, value);
    case "wrapper":
      return value === null ? undefined : scalarOf(field, value);
    case "message":
      return value === null || value instanceof Struct ? (value ?? undefined) : new CelError("unsupported field type");
    case "duration":
      return value === null || value instanceof Duration
        ? (value ?? undefined)
        : new CelError("unsupported field type");
    case "timestamp":
      return value === null || value instanceof Timestamp
        ? (value ?? undefined)
        : new CelError("unsupported field type");
    case "any":
      return packed(value);
    case "null":
      return value;
    case "value":
      return jsonValue(value);
    case "struct":
      return value instanceof MapValue ? jsonValue(value) : new CelError("unsupported field type");
    case "list_value":
      return value instanceof ListValue ? jsonValue(value) : new CelError("unsupported field type");
    case "repeated":
      return assignAll(field.element, value);
    case "map":
      return assignEntries(field, value);
  }
}

/** What an `Any` holds: lists and maps as JSON's, what an optional holds, and no types. */
function packed(value: Value): Value {
  if (value instanceof ListValue || value instanceof MapValue) return jsonValue(value);
  if (value instanceof Optional) return value.value === undefined ? null : packed(value.value);
  return value instanceof TypeValue ? new CelError("unsupported field type") : value;
}

const integers: { readonly [scalar: string]: readonly [bigint, bigint] } = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  enum: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
};

/** A value of the field's type; numbers of other kinds are not converted, whatever was declared. */
function scalarOf({ scalar, type }: Field & { kind: "scalar" | "wrapper" }, value: Value): Value {
  return typeOf(value).kind === type.kind ? inRange(scalar, value) : new CelError("unsupported field type");
}

function inRange(scalar: string, value: Value): Value {
  if (scalar === "float" && typeof value === "number") return Math.fround(value);
  const [low, high] = integers[scalar] ?? [undefined, undefined];
  const number = value instanceof Uint ? value.value : value;
  if (low === undefined || high === undefined || typeof number !== "bigint") return value;
  return number < low || number > high ? new CelError("range error") : value;
}

function assignAll(element: Field, value: Value): Value {
  if (!(value instanceof ListValue)) return new CelError("unsupported field type");
  const values = [...value].map((each) => assign(element, each)).filter((each) => each !== undefined);
  return values.find((each) => each instanceof CelError) ?? new ArrayList(values);
}

function assignEntries({ key, value: content }: Field & { kind: "map" }, value: Value): Value {
  if (!(value instanceof MapValue)) return new CelError("unsupported field type");
  const map = new EntryMap();
  for (const each of value.keys()) {
    const [name, entry] = [assign(key, each), assign(content, value.find(each) as Value)];
    if (name instanceof CelError) return name;
    if (entry instanceof CelError) return entry;
    if (name !== undefined && entry !== undefined) map.add(name, entry);
  }
  return map;
}

/** The integers that a double, and so a JSON number, holds exactly. */
const MAX_EXACT = 2n ** 53n;

/** A value as `google.protobuf.Value` holds it. */
function jsonValue(value: Value): Value {
  if (value instanceof Uint8Array) return base64FromBytes(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  const number = value instanceof Uint ? value.value : value;
  if (typeof number === "bigint") return number <= MAX_EXACT && number >= -MAX_EXACT ? Number(number) : String(number);
  if (value instanceof ListValue) {
    const values = [...value].map(jsonValue);
    return values.find((each) => each instanceof CelError) ?? new ArrayList(values);
  }
  if (value instanceof MapValue) return jsonObject(value);
  if (!(value instanceof Struct)) return value;
  if (value.typeName === "google.protobuf.FieldMask") {
    const paths = value.get("paths");
    return paths instanceof ListValue ? [...paths].map((path) => camelCase(String(path))).join(",") : "";
  }
  return value.typeName === "google.protobuf.Empty" ? new EntryMap() : new CelError("unsupported field type");
}

function camelCase(path: string): string {
  return path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function jsonObject(value: MapValue): Value {
  const map = new EntryMap();
  for (const key of value.keys()) {
    if (typeof key !== "string") return new CelError("bad key type");
    const content = jsonValue(value.find(key) as Value);
    if (content instanceof CelError) return content;
    map.add(key, content);
  }
  return map;
}
