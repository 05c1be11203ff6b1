import {
  ArrayList,
  CelError,
  Duration,
  EntryMap,
  type Expr,
  isEqual,
  type Library,
  ListValue,
  type MacroCall,
  MapValue,
  Struct,
  type StructType,
  Timestamp,
  Uint,
  type Value,
} from "@sallyport/cel";
import { assign } from "./cel-assign.ts";
import { decodeField } from "./cel-decode.ts";
import { type Field, fieldOf, typeOfField } from "./cel-fields.ts";
import { createWellKnown, wellKnownField, wellKnownType } from "./cel-well-known.ts";
import { decodeTestMessage } from "./cel-wire.ts";
import type { TextMessage } from "./textproto.ts";

/** cel-spec's test messages and protobuf's well-known ones, which expressions of Kubernetes never have. */
export const messages: Library = {
  name: "messages",
  structs: structOf,
  constants: enumValue,
  macros: [
    { name: "hasExt", isReceiver: true, argCount: 2, expand: (call) => expandExtension(call, true) },
    { name: "getExt", isReceiver: true, argCount: 2, expand: (call) => expandExtension(call, false) },
  ],
};

function structOf(name: string): StructType | undefined {
  const known = wellKnownType(name);
  if (known !== undefined) {
    const field = (of: string) => {
      const found = wellKnownField(name, of);
      return found === undefined ? undefined : typeOfField(found);
    };
    return { name, type: known, field, create: (fields) => createKnown(name, fields) };
  }
  if (
    !/^cel\.expr\.conformance\.proto[23]\.(TestAllTypes(\.NestedMessage)?|NestedTestAllTypes|TestRequired)$/.test(name)
  )
    return undefined;
  const field = (of: string) => {
    const found = fieldOf(name, of);
    return found === undefined ? undefined : typeOfField(found);
  };
  return { name, field, create: (fields) => createTestMessage(name, fields) };
}

function createTestMessage(name: string, fields: ReadonlyMap<string, Value>): Value {
  const set = new Map<string, Value>();
  for (const [field, value] of fields) {
    const kind = fieldOf(name, field);
    const held = kind === undefined ? new CelError(`no such field '${field}'`) : assign(kind, value);
    if (held instanceof CelError) return held;
    if (held !== undefined) set.set(field, held);
  }
  return new TestMessage(name, set);
}

function createKnown(name: string, fields: ReadonlyMap<string, Value>): Value {
  return name === "google.protobuf.Any" ? unpackAny(fields) : createWellKnown(name, fields);
}

/** The message in an Any; one within that has no name stays bytes, by which it is compared. */
function unpackAny(fields: ReadonlyMap<string, Value>): Value {
  const [url, bytes] = [fields.get("type_url"), fields.get("value")];
  const name = typeof url === "string" ? url.replace(/^.*\//, "") : "";
  const content = bytes instanceof Uint8Array ? bytes : new Uint8Array();
  const held = name.endsWith(".TestAllTypes") ? decodeTestMessage(content, (nested) => nested) : undefined;
  return held === undefined
    ? new CelError("conversion error: no message in google.protobuf.Any")
    : createTestMessage(name, held);
}

/** A message of the text format, by its full name. */
export function createMessage(name: string, text: TextMessage): Value {
  const fields = new Map<string, Value>();
  for (const [key, values] of text) {
    const field = key.replace(/^\[|\]$/g, "");
    const kind = wellKnownField(name, field) ?? fieldOf(name, field);
    if (kind === undefined) return createAny(name, key, values[0] as TextMessage);
    fields.set(field, decodeField(kind, values, createMessage));
  }
  const known = wellKnownType(name);
  return known === undefined ? createTestMessage(name, fields) : createKnown(name, fields);
}

/** An Any in its expanded form within another message. */
function createAny(name: string, key: string, text: TextMessage): Value {
  if (!key.includes("/")) throw new Error(`${name} has no field ${key}`);
  return createMessage(key.replace(/^\[.*\/|\]$/g, ""), text);
}

/** The defaults that proto2's TestAllTypes declares. */
const proto2Defaults: { readonly [field: string]: Value } = {
  single_int32: -32n,
  single_int64: -64n,
  single_uint32: new Uint(32n),
  single_uint64: new Uint(64n),
  single_float: 3,
  single_double: 6.4,
  single_bool: true,
  single_string: "empty",
  single_bytes: new TextEncoder().encode("none"),
  single_nested_enum: 1n,
};

class TestMessage extends Struct {
  readonly typeName: string;
  readonly #fields: ReadonlyMap<string, Value>;

  constructor(typeName: string, fields: ReadonlyMap<string, Value>) {
    super();
    this.typeName = typeName;
    this.#fields = fields;
  }

  get(field: string): Value | undefined {
    const kind = fieldOf(this.typeName, field);
    if (kind === undefined) return undefined;
    const set = this.#fields.get(field);
    if (set !== undefined) return set;
    const own = this.typeName.endsWith("proto2.TestAllTypes") ? proto2Defaults[field] : undefined;
    return own ?? defaultOf(kind);
  }

  has(field: string): boolean | undefined {
    const kind = fieldOf(this.typeName, field);
    if (kind === undefined) return undefined;
    const set = this.#fields.get(field);
    if (set === undefined) return false;
    if (set instanceof ListValue && kind.kind === "repeated") return set.size > 0;
    if (set instanceof MapValue && kind.kind === "map") return set.size > 0;
    const isImplicit =
      kind.kind === "scalar" && this.typeName.includes("proto3") && !/^(?:optional|oneof)_|nested_enum$/.test(field);
    return !isImplicit || !isEqual(set, defaultOf(kind));
  }

  equals(other: Struct): boolean {
    if (!(other instanceof TestMessage) || other.typeName !== this.typeName) return false;
    const names = new Set([...this.#fields.keys(), ...other.#fields.keys()]);
    return [...names].every((name) => {
      if (this.has(name) !== other.has(name)) return false;
      return !this.has(name) || isEqual(this.get(name) as Value, other.get(name) as Value);
    });
  }

  override isZero(): boolean {
    return [...this.#fields.keys()].every((name) => !this.has(name));
  }
}

function defaultOf(field: Field): Value {
  switch (field.kind) {
    case "scalar":
      return zeroOf(field.type.kind);
    case "message":
      return new TestMessage(field.name, new Map());
    case "repeated":
    case "list_value":
      return new ArrayList([]);
    case "map":
    case "struct":
      return new EntryMap();
    case "duration":
      return new Duration(0n);
    case "timestamp":
      return new Timestamp(0n);
    default:
      return null;
  }
}

function zeroOf(kind: string): Value {
  switch (kind) {
    case "uint":
      return new Uint(0n);
    case "double":
      return 0;
    case "bool":
      return false;
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    default:
      return 0n;
  }
}

const enums: { readonly [name: string]: readonly string[] } = {
  GlobalEnum: ["GOO", "GAR", "GAZ"],
  "TestAllTypes.NestedEnum": ["FOO", "BAR", "BAZ"],
};

function enumValue(name: string): Value | undefined {
  if (name === "google.protobuf.NullValue.NULL_VALUE") return null;
  const [, type = "", member = ""] = /^cel\.expr\.conformance\.proto[23]\.(.*)\.(\w+)$/.exec(name) ?? [];
  const number = enums[type]?.indexOf(member) ?? -1;
  return number < 0 ? undefined : BigInt(number);
}

/** `proto.getExt(message, full.name)`: the extension is a field with its full name. */
function expandExtension({ builder, offset, target, args }: MacroCall, isTest: boolean): Expr | undefined {
  const [message, extension] = args as [Expr, Expr];
  if (target?.kind !== "ident" || target.name !== "proto") return undefined;
  return builder.select(offset, message, qualifiedName(extension), isTest);
}

function qualifiedName(expr: Expr): string {
  if (expr.kind === "ident") return expr.name;
  return expr.kind === "select" ? `${qualifiedName(expr.operand)}.${expr.field}` : "";
}
