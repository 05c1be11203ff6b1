import {
  ANY,
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  mapType,
  STRING,
  structType,
  TIMESTAMP,
  type Type,
  UINT,
} from "@sallyport/cel";

/** A field of the test messages: their names say what they are, such as `map_int32_string_wrapper`. */
export type Field =
  | { readonly kind: "scalar"; readonly scalar: string; readonly type: Type }
  | { readonly kind: "wrapper"; readonly scalar: string; readonly type: Type }
  | { readonly kind: "message"; readonly name: string }
  | { readonly kind: "any" | "value" | "struct" | "list_value" | "duration" | "timestamp" | "null" }
  | { readonly kind: "repeated"; readonly element: Field }
  | { readonly kind: "map"; readonly key: Field; readonly value: Field };

const scalars: { readonly [name: string]: Type } = {
  int32: INT,
  int64: INT,
  uint32: UINT,
  uint64: UINT,
  sint32: INT,
  sint64: INT,
  fixed32: UINT,
  fixed64: UINT,
  sfixed32: INT,
  sfixed64: INT,
  float: DOUBLE,
  double: DOUBLE,
  bool: BOOL,
  string: STRING,
  bytes: BYTES,
  enum: INT,
};

const reserved = new Set(
  "as break const continue else for function if import in let loop package namespace return var void while".split(" "),
);

/** The field of a message of `cel.expr.conformance.proto2` or `proto3`; undefined when it has none of that name. */
export function fieldOf(message: string, field: string): Field | undefined {
  const [, space = "", name = ""] = /^(cel\.expr\.conformance\.proto[23])\.(.*)$/.exec(message) ?? [];
  switch (name) {
    case "TestAllTypes":
      return testField(space, field);
    case "TestAllTypes.NestedMessage":
      return field === "bb" ? named(space, "int32") : undefined;
    case "NestedTestAllTypes":
      if (field === "child") return { kind: "message", name: `${space}.NestedTestAllTypes` };
      return field === "payload" ? { kind: "message", name: `${space}.TestAllTypes` } : undefined;
    case "TestRequired":
      return field === "required_int32" ? named(space, "int32") : undefined;
    default:
      return undefined;
  }
}

function testField(space: string, field: string): Field | undefined {
  if (reserved.has(field)) return named(space, "bool");
  if (field === "oneof_type") return { kind: "message", name: `${space}.NestedTestAllTypes` };
  if (field.startsWith(`${space}.`)) return extension(space, field.slice(field.lastIndexOf(".") + 1));
  const [, prefix, rest = ""] = /^(single|standalone|optional|repeated|map|oneof)_(.*)$/.exec(field) ?? [];
  if (field === "list_value" || field === "null_value") return named(space, field);
  const [, key = "", value = ""] = /^(bool|int32|int64|uint32|uint64|string)_(.*)$/.exec(rest) ?? [];
  const one = named(space, prefix === "map" ? value : rest);
  if (one === undefined || prefix === undefined) return undefined;
  if (prefix === "repeated") return { kind: "repeated", element: one };
  const keyField = prefix === "map" ? named(space, key) : undefined;
  return keyField === undefined ? one : { kind: "map", key: keyField, value: one };
}

function extension(space: string, name: string): Field | undefined {
  const message: Field = { kind: "message", name: `${space}.TestAllTypes` };
  if (/repeated_test_all_types$/.test(name)) return { kind: "repeated", element: message };
  if (/enum_ext$/.test(name)) return named(space, "enum");
  if (/^int(32|64)_ext$/.test(name)) return named(space, name.slice(0, 5));
  return /(nested|test_all_types)_ext$/.test(name) ? message : undefined;
}

function named(space: string, name: string): Field | undefined {
  const scalar = scalars[name];
  if (scalar !== undefined) return { kind: "scalar", scalar: name, type: scalar };
  const wrapped = /^(.*)_wrapper$/.exec(name)?.[1] ?? "";
  const inner = scalars[wrapped];
  if (inner !== undefined) return { kind: "wrapper", scalar: wrapped, type: inner };
  switch (name) {
    case "nested_enum":
      return { kind: "scalar", scalar: "enum", type: INT };
    case "nested_message":
    case "message":
    case "msg":
      return { kind: "message", name: `${space}.TestAllTypes.NestedMessage` };
    case "null_value":
      return { kind: "null" };
    case "any":
    case "value":
    case "struct":
    case "list_value":
    case "duration":
    case "timestamp":
      return { kind: name };
    default:
      return undefined;
  }
}

/** The type that the checker sees. */
export function typeOfField(field: Field): Type {
  switch (field.kind) {
    case "scalar":
      return field.type;
    case "wrapper":
      return { kind: "wrapper", of: field.type };
    case "message":
      return structType(field.name);
    case "repeated":
      return listType(typeOfField(field.element));
    case "map":
      return mapType(typeOfField(field.key), typeOfField(field.value));
    case "any":
      return ANY;
    case "value":
      return DYN;
    case "struct":
      return mapType(STRING, DYN);
    case "list_value":
      return listType(DYN);
    case "duration":
      return DURATION;
    case "timestamp":
      return TIMESTAMP;
    case "null":
      return { kind: "null" };
  }
}
