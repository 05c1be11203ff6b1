import { compare } from "../../value/collection.ts";
import { Decimal } from "../../value/decimal.ts";
import type { Value } from "../../value/value.ts";
import { type Key, keyText, valueOfKey } from "./key.ts";

/** The types of Rego values, as OPA's `types` package has them. */
export type Type = ScalarType | AnyType | ArrayType | ObjectType | SetType | FunctionType | RecursiveType;

export interface ScalarType {
  readonly kind: "null" | "boolean" | "number" | "string";
}

/** One of several types, sorted; of none: any value at all. */
export interface AnyType {
  readonly kind: "any";
  readonly of: readonly Type[];
}

/** The types of the first items, and of all that follow. Undefined items are of unknown type. */
export interface ArrayType {
  readonly kind: "array";
  readonly static: readonly (Type | undefined)[];
  readonly dynamic: Type | undefined;
}

export interface Property {
  readonly key: Key;
  readonly value: Type | undefined;
}

/** The types of known keys' values, sorted by key, and of all other keys and values. */
export interface ObjectType {
  readonly kind: "object";
  readonly static: readonly Property[];
  readonly dynamic: { readonly key: Type | undefined; readonly value: Type | undefined } | undefined;
}

export interface SetType {
  readonly kind: "set";
  readonly of: Type | undefined;
}

export interface NamedArg {
  readonly name?: string;
  readonly type: Type | undefined;
}

export interface FunctionType {
  readonly kind: "function";
  readonly args: readonly NamedArg[];
  readonly result: NamedArg | undefined;
  readonly variadic: NamedArg | undefined;
}

/** A type inside itself, by the name of the schema that it comes from. */
export interface RecursiveType {
  readonly kind: "recursive";
  readonly name: string;
  readonly whole: () => Type;
}

/** The type with its parts, where it is one inside itself. */
export function unfold<T extends Type | undefined>(type: T): Exclude<T, RecursiveType> | Exclude<Type, RecursiveType> {
  let whole: Type | undefined = type;
  // A reference may lead to another one; a circle of them is no type of its own.
  for (let i = 0; whole?.kind === "recursive" && i < maxUnfolding; i++) whole = whole.whole();
  return (whole?.kind === "recursive" ? anyType : whole) as Exclude<T, RecursiveType>;
}

const maxUnfolding = 100;

export const nullType: Type = { kind: "null" };
export const booleanType: Type = { kind: "boolean" };
export const numberType: Type = { kind: "number" };
export const stringType: Type = { kind: "string" };
export const anyType: AnyType = { kind: "any", of: [] };

export function arrayOf(dynamic: Type | undefined): ArrayType {
  return { kind: "array", static: [], dynamic };
}

export function setOf(of: Type | undefined): SetType {
  return { kind: "set", of };
}

/** An object type with its known keys in order; of equal keys the last wins. */
export function objectOf(properties: readonly Property[], dynamic?: ObjectType["dynamic"]): ObjectType {
  const byKey = new Map(properties.map((each) => [each.key, each]));
  return { kind: "object", static: [...byKey.values()].sort((a, b) => compareKeys(a.key, b.key)), dynamic };
}

function compareKeys(a: Key, b: Key): number {
  return a === b ? 0 : compare(valueOfKey(a), valueOfKey(b));
}

/** The type of a known key. */
export function typeOfKey(key: Key): Type {
  return typeOfValue(valueOfKey(key));
}

function typeOfValue(value: Value): Type {
  if (value === null) return nullType;
  if (Array.isArray(value)) return { kind: "array", static: value.map(typeOfValue), dynamic: undefined };
  if (typeof value === "string") return stringType;
  if (typeof value === "boolean") return booleanType;
  if (typeof value !== "object" || value instanceof Decimal) return numberType;
  return objectOf(Object.entries(value).map(([key, each]) => ({ key, value: typeOfValue(each) })));
}

const kindOrder = ["null", "boolean", "number", "string", "array", "object", "set", "any", "function", "recursive"];

/** A total order, unknown types first. */
export function compareTypes(a: Type | undefined, b: Type | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (a.kind !== b.kind) return kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind);
  switch (a.kind) {
    case "array": {
      const other = b as ArrayType;
      return compareTypes(a.dynamic, other.dynamic) || compareLists(a.static, other.static, compareTypes);
    }
    case "object":
      return compareObjects(a, b as ObjectType);
    case "set":
      return compareTypes(a.of, (b as SetType).of);
    case "any":
      return compareLists(a.of, (b as AnyType).of, compareTypes);
    case "recursive":
      return a.name < (b as RecursiveType).name ? -1 : a.name > (b as RecursiveType).name ? 1 : 0;
    case "function": {
      const other = b as FunctionType;
      return (
        compareLists(a.args, other.args, (x, y) => compareTypes(x.type, y.type)) ||
        compareTypes(a.result?.type, other.result?.type)
      );
    }
    default:
      return 0;
  }
}

function compareObjects(a: ObjectType, b: ObjectType): number {
  return (
    compareTypes(a.dynamic?.key, b.dynamic?.key) ||
    compareTypes(a.dynamic?.value, b.dynamic?.value) ||
    compareLists(a.static, b.static, (x, y) => compareKeys(x.key, y.key) || compareTypes(x.value, y.value))
  );
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i] as T, b[i] as T);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** More alternatives than this are any value: messages stay readable and checks cheap. */
const maxAlternatives = 500;

/** The values of either type. */
export function either(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a === undefined || a === b) return b;
  if (b === undefined) return a;
  if (a.kind === "function" && b.kind === "function") return eitherFunction(a, b);
  const all = [...(a.kind === "any" ? a.of : [a]), ...(b.kind === "any" ? b.of : [b])];
  if ((a.kind === "any" && a.of.length === 0) || (b.kind === "any" && b.of.length === 0)) return anyType;
  return oneOf(all);
}

/** One of the types; a single one is itself. */
export function oneOf(types: readonly Type[]): Type {
  const of = types
    .toSorted(compareTypes)
    .filter((each, i, sorted) => i === 0 || compareTypes(each, sorted[i - 1]) !== 0);
  if (of.length > maxAlternatives) return anyType;
  return of.length === 1 ? (of[0] as Type) : { kind: "any", of };
}

function eitherFunction(a: FunctionType, b: FunctionType): Type {
  if (a.args.length !== b.args.length) return anyType;
  const args = a.args.map((arg, i) => ({ ...arg, type: either(arg.type, b.args[i]?.type) }));
  const result = either(a.result?.type, b.result?.type);
  return { kind: "function", args, result: result && { type: result }, variadic: a.variadic };
}

/** The type of what a known key selects; undefined when it selects nothing. `index`: the place in an array; -1 for none. */
export function selectType(of: Type | undefined, key: Key, index = indexOf(key)): Type | undefined {
  const type = unfold(of);
  switch (type?.kind) {
    case "array":
      if (index < 0) return undefined;
      return index < type.static.length ? type.static[index] : type.dynamic;
    case "object": {
      const property = type.static.find((each) => each.key === key);
      if (property !== undefined) return property.value;
      return type.dynamic !== undefined && containsType(type.dynamic.key, typeOfKey(key))
        ? type.dynamic.value
        : undefined;
    }
    case "set":
      // The member is the key.
      return containsType(type.of, typeOfKey(key)) ? typeOfKey(key) : undefined;
    case "any":
      if (type.of.length === 0) return type;
      return type.of.reduce<Type | undefined>((found, each) => either(selectType(each, key, index), found), undefined);
    default:
      return undefined;
  }
}

function indexOf(key: Key): number {
  return typeof key === "number" && Number.isInteger(key) ? key : -1;
}

/** True when values of `inner` are values of `outer`. */
function containsType(outer: Type | undefined, inner: Type): boolean {
  if (outer === undefined) return false;
  if (outer.kind === "any") return outer.of.length === 0 || outer.of.some((each) => containsType(each, inner));
  return compareTypes(outer, inner) === 0;
}

/** The type of all keys; undefined for what has none. */
export function keysOf(of: Type | undefined): Type | undefined {
  const type = unfold(of);
  switch (type?.kind) {
    case "array":
      return numberType;
    case "object": {
      const known = type.static.reduce<Type | undefined>((all, { key }) => either(all, typeOfKey(key)), undefined);
      return type.dynamic === undefined ? known : either(known, type.dynamic.key);
    }
    case "set":
      return type.of;
    case "any":
      if (type.of.length === 0) return type;
      return type.of.reduce<Type | undefined>((all, each) => either(keysOf(each), all), undefined);
    default:
      return undefined;
  }
}

/** The type of all values, items or members. */
export function valuesOf(of: Type | undefined): Type | undefined {
  const type = unfold(of);
  switch (type?.kind) {
    case "array":
      return type.static.reduce<Type | undefined>((all, each) => either(all, each), type.dynamic);
    case "object":
      return type.static.reduce<Type | undefined>((all, { value }) => either(all, value), type.dynamic?.value);
    case "set":
      return type.of;
    case "any":
      if (type.of.length === 0) return type;
      return type.of.reduce<Type | undefined>((all, each) => either(valuesOf(each), all), undefined);
    default:
      return undefined;
  }
}

/** True when some part of the type is unknown. */
export function isUnknown(type: Type | undefined): boolean {
  switch (type?.kind) {
    case undefined:
      return true;
    case "array":
      return type.static.some(isUnknown) || (type.dynamic !== undefined && isUnknown(type.dynamic));
    case "object":
      return (
        type.static.some(({ value }) => isUnknown(value)) ||
        (type.dynamic !== undefined && (isUnknown(type.dynamic.key) || isUnknown(type.dynamic.value)))
      );
    case "set":
      return isUnknown(type.of);
    case "function":
      return type.args.some((arg) => isUnknown(arg.type)) || (type.result !== undefined && isUnknown(type.result.type));
    default:
      return false;
  }
}

/** A type as OPA prints it; what is unknown is `???`. */
export function typeText(type: Type | undefined): string {
  if (type === undefined) return "???";
  switch (type.kind) {
    case "any":
      return type.of.length === 0 ? "any" : `any<${type.of.map(typeText).join(", ")}>`;
    case "array": {
      const known = type.static.length === 0 ? "" : `<${type.static.map(typeText).join(", ")}>`;
      return `array${known}${type.dynamic === undefined ? "" : `[${typeText(type.dynamic)}]`}`;
    }
    case "object": {
      const known = type.static.map(({ key, value }) => `${keyText(key)}: ${typeText(value)}`).join(", ");
      const { dynamic } = type;
      const others = dynamic === undefined ? "" : `[${typeText(dynamic.key)}: ${typeText(dynamic.value)}]`;
      return `object${known === "" ? "" : `<${known}>`}${others}`;
    }
    case "set":
      return `set[${typeText(type.of)}]`;
    case "recursive":
      return `recursive(${type.name})`;
    case "function": {
      const [args, variadic] = [type.args.map(unnamed), type.variadic && unnamed(type.variadic)];
      return `${argsText(args, variadic)} => ${typeText(type.result?.type)}`;
    }
    default:
      return type.kind;
  }
}

/** `(collection: any<…>, string)`. */
export function argsText(args: readonly NamedArg[], variadic?: NamedArg): string {
  const rest = variadic === undefined ? [] : [`${argText(variadic)}...`];
  return `(${[...args.map(argText), ...rest].join(", ")})`;
}

function unnamed({ type }: NamedArg): NamedArg {
  return { type };
}

function argText({ name, type }: NamedArg): string {
  return name === undefined ? typeText(type) : `${name}: ${typeText(type)}`;
}
