import { codePointCount } from "../value/text.ts";
import { CelError, ListValue, MapValue, Opaque, Optional, type Value } from "../value/value.ts";
import { Panic } from "./state.ts";

/** What a call costs once its arguments and result are known; the cost of the arguments themselves is not in it. */
export type CallCost = (args: readonly Value[], result: Value) => number;

/** Costs of making a list, map or message, as cel-go has them. */
export const CONSTRUCT_COST = { list: 10, map: 30, struct: 40 } as const;

/** One tenth of a unit for each letter or byte that is read. */
export const TRAVERSAL_FACTOR = 0.1;

/** A quarter for each letter of a regular expression: an expression of it is guessed to be four letters long. */
export const REGEX_FACTOR = 0.25;

/** An authorization check: so that one expression has budget for two. */
export const CHECK_COST = 350_000;

/** The size of a value as costs count it: letters, bytes, elements, entries; 1 for all else. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === "string") return codePointCount(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof ListValue || value instanceof MapValue) return value.size;
  if (value instanceof Optional && value.value !== undefined) return sizeOf(value.value);
  return value instanceof Opaque ? (value.size ?? 1) : 1;
}

/** The cost of a call by Kubernetes' rules for its libraries, and else by cel-go's for the overload. */
export function callCost(name: string, overload: string): CallCost {
  return byFunction(name, overload) ?? byOverload(overload) ?? UNIT_COST;
}

/** Of what is neither read nor made. */
export const UNIT_COST: CallCost = () => 1;

const read: CallCost = ([target]) => Math.ceil(sizeOf(target) * TRAVERSAL_FACTOR);
const readTwice: CallCost = ([target]) => Math.ceil(sizeOf(target) * 2 * TRAVERSAL_FACTOR);
const match: CallCost = ([target, pattern]) =>
  Math.ceil((1 + sizeOf(target)) * TRAVERSAL_FACTOR) * Math.ceil(sizeOf(pattern) * REGEX_FACTOR);
const smaller: CallCost = ([a, b]) => Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * TRAVERSAL_FACTOR);
const both: CallCost = ([a, b]) => Math.ceil((sizeOf(a) + sizeOf(b)) * TRAVERSAL_FACTOR);
const traverse: CallCost = ([target]) => traversalOf(target);
const makeList: CallCost = (_, result) => CONSTRUCT_COST.list + sizeOf(result) + 1;

/** Kubernetes' rules: they look at the name alone. */
function byFunction(name: string, overload: string): CallCost | undefined {
  switch (name) {
    case "check":
      return () => CHECK_COST;
    case "fieldSelector":
    case "labelSelector":
      return ([, selector]) => selectorCost(sizeOf(selector));
    case "isSorted":
    case "sum":
    case "max":
    case "min":
    case "indexOf":
    case "lastIndexOf":
      return traverse;
    case "url":
    case "lowerAscii":
    case "upperAscii":
    case "substring":
    case "trim":
    case "jsonpatch.escapeKey":
    case "cidr":
    case "isIP":
    case "isCIDR":
    case "quantity":
    case "isQuantity":
    case "semver":
    case "isSemver":
      return read;
    case "ip":
      return overload === "cidr_ip" ? UNIT_COST : read;
    case "replace":
    case "split":
    case "ip.isCanonical":
      return readTwice;
    case "join":
      return (_, result) => Math.ceil(sizeOf(result) * 2 * TRAVERSAL_FACTOR);
    case "find":
    case "findAll":
      return match;
    case "containsIP":
      return (args) => containsCost(args, overload === "cidr_contains_ip_string");
    case "containsCIDR":
      return (args) => containsCost(args, overload === "cidr_contains_cidr_string") + read(args, null) + 1;
    case "validate":
      return ([format, text]) =>
        Math.ceil((1 + sizeOf(text)) * TRAVERSAL_FACTOR) * Math.ceil(sizeOf(format) * REGEX_FACTOR);
    default:
      return undefined;
  }
}

/** cel-go's rules for its own functions. */
function byOverload(overload: string): CallCost | undefined {
  switch (overload) {
    case "starts_with_string":
    case "ends_with_string":
    case "string_to_bytes":
    case "bytes_to_string":
    case "strings_quote":
    case "string_format":
      return read;
    case "in_list":
      return ([, list]) => sizeOf(list);
    case "less_string":
    case "less_equals_string":
    case "greater_string":
    case "greater_equals_string":
    case "less_bytes":
    case "less_equals_bytes":
    case "greater_bytes":
    case "greater_equals_bytes":
    case "equals":
    case "not_equals":
      return smaller;
    case "add_string":
    case "add_bytes":
      return both;
    case "matches":
    case "matches_string":
      return match;
    case "contains_string":
      return ([a, b]) => Math.ceil(sizeOf(a) * TRAVERSAL_FACTOR) * Math.ceil(sizeOf(b) * TRAVERSAL_FACTOR);
    case "list_set_contains":
    case "list_set_intersects":
      return ([a, b]) => sizeOf(a) * sizeOf(b) + 1;
    case "list_set_equivalent":
      return ([a, b]) => 2 * sizeOf(a) * sizeOf(b) + 1;
    case "list_slice":
    case "list_reverse":
    case "lists_range":
      return makeList;
    case "list_flatten":
    case "list_flatten_int":
      return ([list, depth]) => CONSTRUCT_COST.list + sizeOf(list) * depthOf(depth) + 1;
    case "list_distinct":
      return ([list]) => pairsCost(list);
    default:
      if (/^list_\w+_sort$/.test(overload)) return ([list]) => pairsCost(list);
      return /^list_\w+_sortByAssociatedKeys$/.test(overload) ? ([, keys]) => pairsCost(keys) : undefined;
  }
}

function depthOf(depth: Value | undefined): number {
  if (depth instanceof CelError) throw new Panic("interface conversion: ref.Val is *types.Err, not types.Int");
  return typeof depth === "bigint" ? Number(depth) : 1;
}

/** Each element against each other, twice; texts are read besides. Of a fault in the list's place cel-go makes a panic of its own. */
function pairsCost(list: Value | undefined): number {
  if (list instanceof CelError)
    throw new Panic("interface conversion: *types.Err is not traits.Lister: missing method Add");
  if (!(list instanceof ListValue) || list.size === 0) return CONSTRUCT_COST.list + 1;
  const first = list.at(0);
  const factor = typeof first === "string" || first instanceof Uint8Array ? 2 + TRAVERSAL_FACTOR : 2;
  return CONSTRUCT_COST.list + Math.floor(list.size ** 2 * factor) + 1;
}

function containsCost([cidr, other]: readonly Value[], isParsed: boolean): number {
  const compare = Math.ceil(2 * sizeOf(cidr) * TRAVERSAL_FACTOR);
  return isParsed ? compare + Math.ceil(sizeOf(other) * TRAVERSAL_FACTOR) : compare;
}

/** A selector is read, and each two letters of it may be a requirement with a list and a struct. */
function selectorCost(size: number): number {
  const requirements = Math.ceil(size * 0.5) * (CONSTRUCT_COST.list + CONSTRUCT_COST.struct);
  return CONSTRUCT_COST.list + Math.ceil(size * TRAVERSAL_FACTOR) + requirements;
}

function traversalOf(value: Value | undefined): number {
  if (typeof value === "string") return Math.floor(codePointCount(value) * TRAVERSAL_FACTOR);
  if (value instanceof Uint8Array) return Math.floor(value.length * TRAVERSAL_FACTOR);
  let cost = 0;
  if (value instanceof ListValue) {
    for (const each of value) cost += traversalOf(each);
    return cost;
  }
  if (!(value instanceof MapValue)) return 1;
  for (const key of value.keys()) cost += traversalOf(key) + traversalOf(value.find(key));
  return cost;
}
