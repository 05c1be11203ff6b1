/** A type of an expression. */
export type Type =
  | { readonly kind: SimpleKind }
  | { readonly kind: "list"; readonly element: Type }
  | { readonly kind: "map"; readonly key: Type; readonly value: Type }
  | { readonly kind: "type"; readonly of: Type | undefined }
  /** A message or object whose fields the environment declares. */
  | { readonly kind: "struct"; readonly name: string }
  /** A library's own type, `optional_type(T)` among them. */
  | { readonly kind: "opaque"; readonly name: string; readonly parameters: readonly Type[] }
  /** The nullable number, string or bool of a wrapper message. */
  | { readonly kind: "wrapper"; readonly of: Type }
  /** A type parameter of an overload or, with a number in its name, a type that is still to be found. */
  | { readonly kind: "param"; readonly name: string };

export type SimpleKind =
  | "dyn"
  | "any"
  | "error"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration";

export const DYN: Type = { kind: "dyn" };
export const ANY: Type = { kind: "any" };
export const ERROR: Type = { kind: "error" };
export const NULL: Type = { kind: "null" };
export const BOOL: Type = { kind: "bool" };
export const INT: Type = { kind: "int" };
export const UINT: Type = { kind: "uint" };
export const DOUBLE: Type = { kind: "double" };
export const STRING: Type = { kind: "string" };
export const BYTES: Type = { kind: "bytes" };
export const TIMESTAMP: Type = { kind: "timestamp" };
export const DURATION: Type = { kind: "duration" };
export const TYPE: Type = { kind: "type", of: undefined };

export function listType(element: Type): Type {
  return { kind: "list", element };
}

export function mapType(key: Type, value: Type): Type {
  return { kind: "map", key, value };
}

export function structType(name: string): Type {
  return { kind: "struct", name };
}

export function opaqueType(name: string, parameters: readonly Type[] = []): Type {
  return { kind: "opaque", name, parameters };
}

export function optionalType(of: Type): Type {
  return opaqueType("optional_type", [of]);
}

export function typeParam(name: string): Type {
  return { kind: "param", name };
}

export function isOptionalType(type: Type): type is Type & { kind: "opaque" } {
  return type.kind === "opaque" && type.name === "optional_type";
}

/** A type as cel-go's messages write it. */
export function formatType(type: Type): string {
  switch (type.kind) {
    case "list":
      return `list(${formatType(type.element)})`;
    case "map":
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case "type":
      return type.of === undefined ? "type" : `type(${formatType(type.of)})`;
    case "struct":
    case "param":
      return type.name;
    case "opaque":
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(formatType).join(", ")})`;
    case "wrapper":
      return `wrapper(${formatType(type.of)})`;
    case "error":
      return "!error!";
    default:
      return type.kind;
  }
}

/** The name that `type(value)` answers, and by which a type is denoted in an expression. */
export function runtimeTypeName(type: Type): string {
  switch (type.kind) {
    case "struct":
    case "opaque":
    case "param":
      return type.name;
    case "timestamp":
      return "google.protobuf.Timestamp";
    case "duration":
      return "google.protobuf.Duration";
    case "null":
      return "null_type";
    case "wrapper":
      return runtimeTypeName(type.of);
    default:
      return type.kind;
  }
}

/** Whether two types are the same, parameters and all. */
export function isSameType(a: Type, b: Type): boolean {
  return a === b || (a.kind === b.kind && formatType(a) === formatType(b));
}
