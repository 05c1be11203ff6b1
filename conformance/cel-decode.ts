import { ArrayList, EntryMap, parseCelDouble, Uint, type Value } from "@sallyport/cel";
import type { Field } from "./cel-fields.ts";
import type { TextMessage, TextValue } from "./textproto.ts";

/** Makes a message of the text format, by its full name. */
type Create = (name: string, text: TextMessage) => Value;

const enumNumbers: { readonly [word: string]: bigint } = { FOO: 0n, BAR: 1n, BAZ: 2n, GOO: 0n, GAR: 1n, GAZ: 2n };

/** What a field of the text format holds. */
export function decodeField(field: Field, values: readonly TextValue[], create: Create): Value {
  if (field.kind === "repeated") return new ArrayList(values.map((value) => decode(field.element, value, create)));
  if (field.kind !== "map") return decode(field, values.at(-1) as TextValue, create);
  const map = new EntryMap();
  for (const entry of values as readonly TextMessage[]) {
    const [key, value] = [entry.get("key")?.[0], entry.get("value")?.[0]];
    map.add(
      key === undefined ? "" : decode(field.key, key, create),
      value === undefined ? null : decode(field.value, value, create),
    );
  }
  return map;
}

const wrappers: { readonly [scalar: string]: string } = {
  int32: "Int32Value",
  int64: "Int64Value",
  uint32: "UInt32Value",
  uint64: "UInt64Value",
  float: "FloatValue",
  double: "DoubleValue",
  bool: "BoolValue",
  string: "StringValue",
  bytes: "BytesValue",
};

const wellKnown: { readonly [kind: string]: string } = {
  any: "Any",
  value: "Value",
  struct: "Struct",
  list_value: "ListValue",
  duration: "Duration",
  timestamp: "Timestamp",
};

function decode(field: Field, value: TextValue, create: Create): Value {
  switch (field.kind) {
    case "scalar":
      return scalarOf(field.scalar, value);
    case "wrapper":
      return create(`google.protobuf.${wrappers[field.scalar]}`, value as TextMessage);
    case "message":
      return create(field.name, value as TextMessage);
    case "null":
      return null;
    default:
      return create(`google.protobuf.${wellKnown[field.kind]}`, value as TextMessage);
  }
}

function scalarOf(scalar: string, value: TextValue): Value {
  if (value instanceof Uint8Array) return scalar === "bytes" ? value : new TextDecoder().decode(value);
  const word = "word" in value ? value.word : "";
  if (scalar === "bool") return word === "true";
  if (scalar === "float" || scalar === "double") return parseCelDouble(word) ?? Number(word);
  if (scalar === "enum") return enumNumbers[word] ?? BigInt(word);
  return /^(?:uint|fixed)/.test(scalar) ? new Uint(BigInt(word)) : toInt(word);
}

function toInt(word: string): bigint {
  return word.startsWith("-") ? -BigInt(word.slice(1)) : BigInt(word);
}
