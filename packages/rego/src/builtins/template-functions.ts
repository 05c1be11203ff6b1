import { isObject, lookup } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import { compareStrings } from "../value/string-order.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { encodeQuery } from "./encoding.ts";
import { goSprintf } from "./go-format.ts";
import { isNumber } from "./operands.ts";
import { GoNumber, type GoValue, goInteger, goText, goType, isTruthy, missing, operandOf } from "./template-values.ts";

interface TemplateFunction {
  readonly least: number;
  readonly most: number;
  /** The first operand is a text to Go, and nothing else. */
  readonly takesText?: boolean;
  readonly call: (args: readonly GoValue[]) => GoValue;
}

const many = Number.POSITIVE_INFINITY;

function isText(value: GoValue): boolean {
  return typeof value === "string" || (value !== missing && !(value instanceof GoNumber) && isNumber(value));
}

/** Of two basic values; Go compares numbers of the data as the texts they are. */
function compareBasic(a: GoValue, b: GoValue): number {
  if (a instanceof GoNumber && b instanceof GoNumber && a.isInteger === b.isInteger)
    return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  if (isText(a) && isText(b)) return compareStrings(goText(a), goText(b));
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  throw new BuiltinError(`incompatible types for comparison: ${goType(a)} and ${goType(b)}`);
}

function isNone(value: GoValue): boolean {
  return value === missing || value === null;
}

function isEqual([first, ...rest]: readonly GoValue[]): boolean {
  if (rest.length === 0) throw new BuiltinError("missing argument for comparison");
  return rest.some((each) => {
    if (isNone(first as GoValue) || isNone(each)) return isNone(first as GoValue) && isNone(each);
    if (isCollection(first as GoValue) && isCollection(each)) refuseCollections(first as GoValue, each);
    return compareBasic(first as GoValue, each) === 0;
  });
}

function isCollection(value: GoValue): boolean {
  return value !== null && typeof value === "object" && !(value instanceof GoNumber) && !isText(value);
}

/** Of different kinds Go tells the second one's type before its value. */
function refuseCollections(a: GoValue, b: GoValue): never {
  if (goType(a) === goType(b)) throw new BuiltinError(`non-comparable type ${goText(b)}: ${goType(b)}`);
  throw new BuiltinError(`non-comparable types ${goText(a)}: ${goType(a)}, ${goType(b)}: ${goText(b)}`);
}

function ordered(test: (order: number) => boolean): TemplateFunction {
  return { least: 2, most: 2, call: ([a, b]) => test(compareOrdered(a as GoValue, b as GoValue)) };
}

/** Booleans have no order, and what is no basic value none either. */
function compareOrdered(a: GoValue, b: GoValue): number {
  const isOrdered = (each: GoValue): boolean => isText(each) || each instanceof GoNumber;
  const isBoolean = (each: GoValue): boolean => typeof each === "boolean";
  const both: readonly GoValue[] = [a, b];
  const areBasic = both.every((each) => isOrdered(each) || isBoolean(each));
  if (!areBasic || (isBoolean(a) && isBoolean(b))) throw new BuiltinError("invalid type for comparison");
  return compareBasic(a, b);
}

function index([collection, ...keys]: readonly GoValue[]): GoValue {
  if (isNone(collection as GoValue)) throw new BuiltinError("index of untyped nil");
  return keys.reduce(indexOne, collection as GoValue);
}

function indexOne(from: GoValue, key: GoValue): GoValue {
  if (from === missing || from === null) throw new BuiltinError("index of untyped nil");
  if (Array.isArray(from)) return from[place(key, from.length, "slice")] as Value;
  if (isText(from)) {
    const bytes = new TextEncoder().encode(goText(from));
    return goInteger(bytes[place(key, bytes.length, "string")] as number);
  }
  if (from instanceof GoNumber || !isObject(from)) throw new BuiltinError(`can't index item of type ${goType(from)}`);
  if (typeof key !== "string") throw new BuiltinError(`value has type ${goType(key)}; should be string`);
  const found = lookup(from, key);
  return found === undefined ? missing : found;
}

/** Go's function lets the length itself through, which Go then refuses. */
function place(key: GoValue, length: number, kind: string): number {
  const at = position(key, length);
  if (at === length) throw new BuiltinError(`reflect: ${kind} index out of range`);
  return at;
}

function position(key: GoValue, most: number): number {
  if (key === null || key === missing) throw new BuiltinError("cannot index slice/array with nil");
  if (!(key instanceof GoNumber) || !key.isInteger)
    throw new BuiltinError(`cannot index slice/array with type ${goType(key)}`);
  if (key.value < 0 || key.value > most) throw new BuiltinError(`index out of range: ${key.value}`);
  return Number(key.value);
}

function slice([from, ...bounds]: readonly GoValue[]): GoValue {
  if (from === missing || from === null || from === undefined) throw new BuiltinError("slice of untyped nil");
  if (isText(from)) {
    if (bounds.length > 2) throw new BuiltinError("cannot 3-index slice a string");
    const bytes = new TextEncoder().encode(goText(from));
    return new TextDecoder().decode(bytes.subarray(...range(bounds, bytes.length)));
  }
  if (!Array.isArray(from)) throw new BuiltinError(`can't slice item of type ${goType(from)}`);
  return from.slice(...range(bounds, from.length));
}

function range(bounds: readonly GoValue[], length: number): [number, number] {
  const [from = 0, to = length] = bounds.map((each) => position(each, length));
  if (from > to) throw new BuiltinError(`invalid slice index: ${from} > ${to}`);
  return [from, to];
}

function lengthOf([value]: readonly GoValue[]): GoValue {
  if (value === missing) throw new BuiltinError("reflect: call of reflect.Value.Type on zero Value");
  if (value === null || value === undefined) throw new BuiltinError("len of nil pointer");
  if (isText(value)) return goInteger(new TextEncoder().encode(goText(value)).length);
  if (Array.isArray(value)) return goInteger(value.length);
  if (value instanceof GoNumber || !isObject(value as Value)) throw new BuiltinError(`len of type ${goType(value)}`);
  return goInteger(sortedEntries(value as Value).length);
}

/** As Go's Sprint: a space between two operands of which neither is a text. */
function print(args: readonly GoValue[]): string {
  const needsSpace = (i: number): boolean => i > 0 && !isText(args[i] as GoValue) && !isText(args[i - 1] as GoValue);
  return args.map((each, i) => (needsSpace(i) ? " " : "") + goText(each)).join("");
}

/** As Go's Sprintf. */
function printf([format, ...args]: readonly GoValue[]): string {
  return goSprintf(goText(format as GoValue), args.map(operandOf));
}

const htmlEscapes: { readonly [char: string]: string } = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&#34;",
  "'": "&#39;",
  "\0": "\ufffd",
};

/** What is to be escaped: here Go says of nothing that it has no value. */
function printable(args: readonly GoValue[]): string {
  return print(args.map((each): GoValue => (isNone(each) ? "<no value>" : each)));
}

function escapeHtml(args: readonly GoValue[]): string {
  return printable(args).replace(/[<>&"'\0]/g, (char) => htmlEscapes[char] as string);
}

function escapeJs(args: readonly GoValue[]): string {
  return printable(args).replace(/[\\'"<>&=\p{Cc}]/gu, (char) => {
    if ("\\'\"".includes(char)) return `\\${char}`;
    return `\\u${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")}`;
  });
}

/** https://pkg.go.dev/text/template#hdr-Functions; `and` and `or` stop early and are no part of these. */
export const templateFunctions: { readonly [name: string]: TemplateFunction } = {
  eq: { least: 1, most: many, call: isEqual },
  ne: { least: 2, most: 2, call: (args) => !isEqual(args) },
  lt: ordered((order) => order < 0),
  le: ordered((order) => order <= 0),
  gt: ordered((order) => order > 0),
  ge: ordered((order) => order >= 0),
  not: { least: 1, most: 1, call: ([value]) => !isTruthy(value as GoValue) },
  len: { least: 1, most: 1, call: lengthOf },
  index: { least: 1, most: many, call: index },
  slice: { least: 1, most: many, call: slice },
  print: { least: 0, most: many, call: print },
  println: { least: 0, most: many, call: (args) => `${args.map(goText).join(" ")}\n` },
  printf: { least: 1, most: many, takesText: true, call: printf },
  html: { least: 0, most: many, call: escapeHtml },
  js: { least: 0, most: many, call: escapeJs },
  urlquery: { least: 0, most: many, call: (args) => encodeQuery(printable(args)) },
};
