import { messageOfSchema, microTimeMessage, timeMessage } from "../go/fields.ts";
import { fieldsOf, listMessages, rawMessages } from "../protobuf-fields.ts";
import { findSchema, resolveSchema, type Schema } from "../schema.ts";

/** How the fields of a value are owned: one by one, or the value as a whole. */
export interface Type {
  /** `any` is known by the value that stands there: maps by field, lists as a whole. */
  readonly kind: "scalar" | "list" | "map" | "any";
  readonly atomic: boolean;
  /** Of a list whose items are told apart by keys; undefined for a set of scalars. */
  readonly keys: readonly string[] | undefined;
  readonly schema: Schema | undefined;
  /** What a key is when an item does not give it. */
  readonly keyDefaults: { readonly [key: string]: unknown };
  /** Fields that Go writes also when nobody gave them, with what it then writes. */
  readonly zeros: ReadonlyMap<string, unknown>;
}

/** The type of free JSON. */
export const anyType: Type = {
  kind: "any",
  atomic: false,
  keys: undefined,
  schema: undefined,
  keyDefaults: {},
  zeros: new Map(),
};
const types = new WeakMap<Schema, Type>();

/** The type of a schema; of what has none, or free JSON, `any`. */
export function typeOf(schema: Schema | undefined): Type {
  if (schema === undefined) return anyType;
  const known = types.get(schema);
  if (known !== undefined) return known;
  const made = makeType(schema);
  types.set(schema, made);
  return made;
}

function makeType(schema: Schema): Type {
  const scalar: Type = { ...anyType, kind: "scalar", schema };
  if (isIntOrString(schema) || isQuantity(schema)) return scalar;
  if (isRaw(schema)) return { ...anyType, atomic: true };
  if (isOpaque(schema)) return anyType;
  const resolved = resolveSchema(schema) as Schema;
  if (resolved.t === "array") {
    const { keys, atomic } = listRule({ ...resolved, ...schema });
    return { ...anyType, kind: "list", atomic, keys, schema: resolved, keyDefaults: keyDefaultsOf(keys, resolved.i) };
  }
  if (resolved.p === undefined && resolved.v === undefined) return scalar;
  const atomic = (schema.mt ?? resolved.mt) === "atomic";
  return {
    ...anyType,
    kind: "map",
    atomic,
    schema: resolved,
    zeros: schema.r === undefined ? anyType.zeros : zerosOf(schema.r),
  };
}

/** Objects of some other API: whoever owns them owns all of it. */
function isRaw({ r }: Schema): boolean {
  return r === "io.k8s.apimachinery.pkg.runtime.RawExtension";
}

/** Types whose JSON is free. */
const opaque: ReadonlySet<string> = new Set([
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
]);

function isOpaque(schema: Schema): boolean {
  if (schema.r !== undefined && opaque.has(schema.r)) return true;
  const resolved = resolveSchema(schema);
  const isBare = resolved?.p === undefined && resolved?.v === undefined;
  return resolved === undefined || (isBare && (resolved.t === undefined || resolved.t === "object"));
}

function isIntOrString({ r, f, is }: Schema): boolean {
  return r?.endsWith(".IntOrString") === true || f === "int-or-string" || is === true;
}

function isQuantity({ r }: Schema): boolean {
  return r?.endsWith(".Quantity") === true;
}

function listRule({ lt, lk, ps, pk }: Schema): Pick<Type, "atomic" | "keys"> {
  if (lt === "map") return { atomic: false, keys: lk ?? [] };
  if (lt === "set") return { atomic: false, keys: undefined };
  if (lt !== undefined || ps?.split(",").includes("merge") !== true) return { atomic: true, keys: undefined };
  return { atomic: false, keys: pk === undefined ? undefined : [pk] };
}

/** The types of Go whose list keys have a default, which Kubernetes' OpenAPI does not tell. */
const withProtocol = new Set(["io.k8s.api.core.v1.ContainerPort", "io.k8s.api.core.v1.ServicePort"]);

function keyDefaultsOf(keys: readonly string[] | undefined, item: Schema | undefined): Type["keyDefaults"] {
  if (item?.r !== undefined) {
    const zeros = zerosOf(item.r);
    const given = (keys ?? [])
      .filter((key) => typeof (zeros.get(key) ?? {}) !== "object")
      .map((key) => [key, zeros.get(key)]);
    return { ...Object.fromEntries(given), ...(withProtocol.has(item.r) ? { protocol: "TCP" } : {}) };
  }
  const fields = resolveSchema(item)?.p;
  const defaults = (keys ?? [])
    .map((key) => [key, fields?.[key]?.d] as const)
    .filter(([, value]) => value !== undefined);
  return defaults.length === 0 ? anyType.keyDefaults : Object.fromEntries(defaults);
}

/** The type of a field or of a map's value; undefined for a field that the type does not have. */
export function fieldType({ kind, schema }: Type, name: string): Type | undefined {
  if (kind === "any") return anyType;
  if (schema?.p !== undefined && Object.hasOwn(schema.p, name)) return typeOf(schema.p[name]);
  if (schema?.v !== undefined) return typeOf(schema.v);
  return schema?.x === true ? anyType : undefined;
}

/** Whether it is a field of a struct, and no key of a map. */
export function isNamedField({ schema }: Type, name: string): boolean {
  return schema?.p !== undefined && Object.hasOwn(schema.p, name);
}

export function itemType({ kind, schema }: Type): Type {
  return kind === "any" ? anyType : typeOf(schema?.i);
}

/** The path element of an item of a list that is not atomic; undefined when it has none of the keys. */
export function elementOf(item: unknown, { keys, keyDefaults }: Type): string | undefined {
  if (keys === undefined) return `v:${JSON.stringify(item)}`;
  if (typeof item !== "object" || item === null || Array.isArray(item)) return undefined;
  const found: { [key: string]: unknown } = {};
  for (const key of keys.length < 2 ? keys : [...keys].sort()) {
    const value = (item as { readonly [key: string]: unknown })[key] ?? keyDefaults[key];
    if (value !== undefined) found[key] = value;
  }
  for (const _ in found) return `k:${JSON.stringify(found)}`;
  return undefined;
}

/** Struct fields that are no pointers, and lists that are `null` rather than absent, in Go's types. */
export function zerosOf(schemaName: string): ReadonlyMap<string, unknown> {
  const zeros = new Map<string, unknown>();
  const schema = findSchema(schemaName);
  for (const { name, type, repeated, map, pointer, omitEmpty, inline } of fieldsOf(
    messageOfSchema(schemaName),
  )?.values() ?? []) {
    const field = schema?.p?.[name];
    if (field === undefined || inline) continue;
    const isStruct =
      !repeated &&
      !map &&
      !pointer &&
      !listMessages.has(type) &&
      !rawMessages.has(type) &&
      typeOf(field).kind === "map";
    if (isStruct) zeros.set(name, {});
    else if (isBareTime(name, type, repeated || map || pointer)) zeros.set(name, null);
    else if (!omitEmpty) zeros.set(name, pointer || repeated || map ? null : scalarZero(field));
  }
  return zeros;
}

/** A time that is no pointer: Go writes it also where it is none. That of creation, of which nobody keeps account, is left out. */
function isBareTime(name: string, type: string, isHeld: boolean): boolean {
  return !isHeld && name !== "creationTimestamp" && (type === timeMessage || type === microTimeMessage);
}

function scalarZero(field: Schema): unknown {
  if (field.t === "string") return "";
  if (field.t === "boolean") return false;
  return field.t === "integer" || field.t === "number" ? 0 : null;
}
