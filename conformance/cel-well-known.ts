import {
  ANY,
  ArrayList,
  BOOL,
  BYTES,
  CelError,
  DOUBLE,
  DURATION,
  Duration,
  DYN,
  EntryMap,
  INT,
  isEqual,
  listType,
  mapType,
  STRING,
  Struct,
  structType,
  TIMESTAMP,
  Timestamp,
  type Type,
  UINT,
  Uint,
  type Value,
} from "@sallyport/cel";
import { assign } from "./cel-assign.ts";
import type { Field } from "./cel-fields.ts";

const wrappers: { readonly [name: string]: readonly [scalar: string, type: Type, zero: Value] } = {
  Int32Value: ["int32", INT, 0n],
  Int64Value: ["int64", INT, 0n],
  UInt32Value: ["uint32", UINT, new Uint(0n)],
  UInt64Value: ["uint64", UINT, new Uint(0n)],
  FloatValue: ["float", DOUBLE, 0],
  DoubleValue: ["double", DOUBLE, 0],
  BoolValue: ["bool", BOOL, false],
  StringValue: ["string", STRING, ""],
  BytesValue: ["bytes", BYTES, new Uint8Array()],
};

const others: { readonly [name: string]: Type } = {
  Any: ANY,
  Value: DYN,
  Struct: mapType(STRING, DYN),
  ListValue: listType(DYN),
  Duration: DURATION,
  Timestamp: TIMESTAMP,
  Empty: structType("google.protobuf.Empty"),
  FieldMask: structType("google.protobuf.FieldMask"),
};

/** The type of the values that a well-known message's literals make; undefined for other names. */
export function wellKnownType(name: string): Type | undefined {
  const short = shortName(name);
  const wrapper = wrappers[short];
  return wrapper === undefined ? others[short] : { kind: "wrapper", of: wrapper[1] };
}

function shortName(name: string): string {
  return /^google\.protobuf\.(\w+)$/.exec(name)?.[1] ?? "";
}

const text: Field = { kind: "scalar", scalar: "string", type: STRING };
const json: Field = { kind: "value" };
const seconds: Field = { kind: "scalar", scalar: "int64", type: INT };
const nanos: Field = { kind: "scalar", scalar: "int32", type: INT };

const fields: { readonly [name: string]: { readonly [field: string]: Field } } = {
  Any: { type_url: text, value: { kind: "scalar", scalar: "bytes", type: BYTES } },
  Value: {
    null_value: { kind: "null" },
    bool_value: { kind: "scalar", scalar: "bool", type: BOOL },
    number_value: { kind: "scalar", scalar: "double", type: DOUBLE },
    string_value: text,
    struct_value: { kind: "struct" },
    list_value: { kind: "list_value" },
  },
  Struct: { fields: { kind: "map", key: text, value: json } },
  ListValue: { values: { kind: "repeated", element: json } },
  Duration: { seconds, nanos },
  Timestamp: { seconds, nanos },
  FieldMask: { paths: { kind: "repeated", element: text } },
};

export function wellKnownField(name: string, field: string): Field | undefined {
  const short = shortName(name);
  const wrapper = wrappers[short];
  if (wrapper === undefined) return fields[short]?.[field];
  return field === "value" ? { kind: "scalar", scalar: wrapper[0], type: wrapper[1] } : undefined;
}

/** The value that a well-known message stands for. */
export function createWellKnown(name: string, given: ReadonlyMap<string, Value>): Value {
  const held = new Map<string, Value>();
  for (const [field, value] of given) {
    const kind = wellKnownField(name, field);
    const each = kind === undefined ? undefined : assign(kind, value);
    if (each instanceof CelError) return each;
    if (each !== undefined) held.set(field, each);
  }
  const short = shortName(name);
  const wrapper = wrappers[short];
  if (wrapper !== undefined) return held.get("value") ?? wrapper[2];
  const time = numberOf(held.get("seconds")) * 1_000_000_000n + numberOf(held.get("nanos"));
  switch (short) {
    case "Value":
      return [...held.values()].at(-1) ?? null;
    case "Struct":
      return held.get("fields") ?? new EntryMap();
    case "ListValue":
      return held.get("values") ?? new ArrayList([]);
    case "Duration":
      return new Duration(time);
    case "Timestamp":
      return new Timestamp(time);
    default:
      return new PlainMessage(name, held);
  }
}

function numberOf(value: Value | undefined): bigint {
  return typeof value === "bigint" ? value : 0n;
}

/** Empty and FieldMask. */
class PlainMessage extends Struct {
  readonly typeName: string;
  readonly #fields: ReadonlyMap<string, Value>;

  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    super();
    this.typeName = typeName;
    this.#fields = fields;
  }

  get(field: string): Value | undefined {
    return this.#fields.get(field);
  }

  has(field: string): boolean {
    return this.#fields.has(field);
  }

  equals(other: Struct): boolean {
    if (other.typeName !== this.typeName) return false;
    return [...this.#fields].every(([name, value]) => isEqual(value, other.get(name) ?? null));
  }
}
