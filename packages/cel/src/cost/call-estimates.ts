import { isSameType, type Type } from "../check/type.ts";
import { CHECK_COST, CONSTRUCT_COST, REGEX_FACTOR, TRAVERSAL_FACTOR } from "../run/call-cost.ts";
import type { Expr } from "../syntax/ast.ts";
import { add, exactly, multiply, type Range, scale } from "./range.ts";

/** An operand of a call: its type, the bounds of its size, and the size of an element when it is a list. */
export interface Operand {
  readonly expr: Expr;
  readonly type: Type;
  readonly size: Range;
  /** The bounds of an element's size, asked only of lists. */
  readonly elementSize: () => Range;
}

/** The bounds of a call's cost without its operands', and of its result's size where they are known. */
export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range;
}

const ONE: CallEstimate = { cost: exactly(1) };

/** Format names and their expressions are no longer than this in Kubernetes. */
const MAX_FORMAT_SIZE = 64;
const MAX_FORMAT_REGEX_SIZE = 128;

/** The bounds of a call's cost by Kubernetes' rules for its libraries, else cel-go's. Operands are in order, the target first. */
export function estimateCall(name: string, overload: string, operands: readonly Operand[]): CallEstimate {
  return byFunction(name, overload, operands) ?? byOverload(overload, operands) ?? ONE;
}

function read({ size }: Operand, factor: number = TRAVERSAL_FACTOR): Range {
  return scale(size, factor);
}

function match(text: Operand, pattern: Operand): Range {
  return multiply(scale(add(text.size, exactly(1)), TRAVERSAL_FACTOR), scale(pattern.size, REGEX_FACTOR));
}

function byFunction(name: string, overload: string, operands: readonly Operand[]): CallEstimate | undefined {
  const [first, second, third] = operands;
  if (first === undefined) return undefined;
  switch (name) {
    case "check":
      return { cost: exactly(CHECK_COST) };
    case "fieldSelector":
    case "labelSelector":
      return second === undefined ? undefined : { cost: selectorCost(second.size) };
    case "isSorted":
    case "sum":
    case "max":
    case "min":
    case "indexOf":
    case "lastIndexOf":
      return { cost: traversal(first) };
    case "url":
    case "jsonpatch.escapeKey":
    case "lowerAscii":
    case "upperAscii":
    case "substring":
    case "trim":
      return { cost: read(first), size: first.size };
    case "replace":
      return second === undefined || third === undefined
        ? undefined
        : { cost: read(first, 2 * TRAVERSAL_FACTOR), size: replacedSize(first.size, second.size, third.size) };
    case "split":
      return { cost: read(first, 2 * TRAVERSAL_FACTOR), size: { min: 0, max: splitLimit(third) ?? first.size.max } };
    case "join":
      return joined(first, second);
    case "find":
    case "findAll":
      return second === undefined ? undefined : { cost: match(first, second), size: { min: 0, max: first.size.max } };
    case "ip":
      return overload === "cidr_ip" ? ONE : { cost: read(first) };
    case "cidr":
    case "isIP":
    case "isCIDR":
    case "quantity":
    case "isQuantity":
    case "semver":
    case "isSemver":
      return { cost: read(first) };
    case "ip.isCanonical":
      return { cost: read(first, 2 * TRAVERSAL_FACTOR) };
    case "containsIP":
      return {
        cost: add(
          addressCost(2),
          overload === "cidr_contains_ip_string" && second !== undefined ? read(second) : exactly(0),
        ),
      };
    case "containsCIDR":
      return {
        cost: add(
          addressCost(2),
          addressCost(1),
          exactly(1),
          overload === "cidr_contains_cidr_string" && second !== undefined ? read(second) : exactly(0),
        ),
      };
    case "validate":
      return second === undefined ? undefined : { cost: scale(read(second), MAX_FORMAT_REGEX_SIZE * REGEX_FACTOR) };
    case "_==_":
      return second !== undefined && isSameType(first.type, second.type) ? equality(first.type) : undefined;
    default:
      return undefined;
  }
}

/** Comparing Kubernetes' own values costs one, but for formats and URLs. */
function equality(type: Type): CallEstimate | undefined {
  if (type.kind === "opaque") return type.name === "net.IP" || type.name === "net.CIDR" ? ONE : undefined;
  if (type.kind !== "struct" || !type.name.startsWith("kubernetes.")) return undefined;
  if (type.name === "kubernetes.NamedFormat")
    return { cost: scale({ min: 1, max: MAX_FORMAT_SIZE }, TRAVERSAL_FACTOR) };
  return ONE;
}

function byOverload(overload: string, operands: readonly Operand[]): CallEstimate | undefined {
  const [first, second, third] = operands;
  if (first === undefined) return undefined;
  switch (overload) {
    case "list_slice":
      return allocated(exactly((literalInt(third) ?? first.size.max) - (literalInt(second) ?? 0)));
    case "string_format":
      return { cost: read(first) };
    case "string_to_bytes":
      return { cost: read(first), size: { min: first.size.min, max: first.size.max * 4 } };
    case "bytes_to_string":
      return { cost: read(first), size: { min: Math.floor(first.size.min / 4), max: first.size.max } };
    case "strings_quote":
      return { cost: read(first), size: { min: first.size.min + 2, max: first.size.max * 2 + 2 } };
    case "optional_or_optional":
    case "optional_orValue_value":
      return ONE;
    default:
      break;
  }
  if (second === undefined) return ofList(overload, first);
  switch (overload) {
    case "starts_with_string":
    case "ends_with_string":
      return { cost: read(second) };
    case "in_list":
      return { cost: second.size };
    case "matches":
    case "matches_string":
      return { cost: match(first, second) };
    case "contains_string":
      return { cost: multiply(read(first), read(second)) };
    case "add_string":
    case "add_bytes": {
      const size = add(first.size, second.size);
      return { cost: scale(size, TRAVERSAL_FACTOR), size };
    }
    case "add_list":
      return { cost: exactly(1), size: add(first.size, second.size) };
    case "list_set_contains":
    case "list_set_intersects":
      return { cost: add(multiply(first.size, second.size), exactly(1)) };
    case "list_set_equivalent":
      return { cost: add(scale(multiply(first.size, second.size), 2), exactly(1)) };
    default:
      return compares(overload) ? { cost: comparison(first.size, second.size) } : ofList(overload, first, second);
  }
}

function compares(overload: string): boolean {
  return (
    overload === "equals" ||
    overload === "not_equals" ||
    /^(?:less|greater)(?:_equals)?_(?:string|bytes)$/.test(overload)
  );
}

function comparison(a: Range, b: Range): Range {
  const max = Math.min(a.max, b.max);
  return scale({ min: max > 0 ? 1 : 0, max }, TRAVERSAL_FACTOR);
}

/** A call that makes a list. */
function allocated(size: Range, factor = 1): CallEstimate {
  return { cost: add(scale(size, factor), exactly(1 + CONSTRUCT_COST.list)), size };
}

/** cel-go's estimates for its extension of lists. */
function ofList(overload: string, first: Operand, second?: Operand): CallEstimate | undefined {
  const pairs = (list: Operand, factor = 2): CallEstimate => allocated(multiply(list.size, list.size), factor);
  if (overload === "list_reverse") return allocated(first.size);
  if (overload === "list_flatten" || overload === "list_flatten_int")
    return allocated(first.size, literalInt(second) ?? 1);
  if (overload === "lists_range") return allocated(exactly(literalInt(first) ?? Number.POSITIVE_INFINITY));
  if (overload === "list_distinct") return pairs(first);
  const sorted = /^list_(\w+)_sort(ByAssociatedKeys)?$/.exec(overload);
  if (sorted === null) return undefined;
  const isText = sorted[1] === "string" || sorted[1] === "bytes";
  return pairs(sorted[2] === undefined ? first : (second ?? first), isText ? 2 + TRAVERSAL_FACTOR : 2);
}

function literalInt(operand: Operand | undefined): number | undefined {
  const expr = operand?.expr;
  return expr?.kind === "literal" && typeof expr.value === "bigint" ? Number(expr.value) : undefined;
}

function traversal(list: Operand): Range {
  if (list.type.kind !== "list") return read(list);
  const { kind } = list.type.element;
  const isText = kind === "string" || kind === "bytes";
  return multiply(list.size, isText ? add(exactly(1), scale(list.elementSize(), TRAVERSAL_FACTOR)) : exactly(1));
}

function selectorCost(size: Range): Range {
  const requirements = scale(scale(size, 0.5), CONSTRUCT_COST.list + CONSTRUCT_COST.struct);
  return add(exactly(CONSTRUCT_COST.list), scale(size, TRAVERSAL_FACTOR), requirements);
}

/** An address has 4 or 16 bytes. */
function addressCost(times: number): Range {
  return scale({ min: 4 * times, max: 16 * times }, TRAVERSAL_FACTOR);
}

function splitLimit(limit: Operand | undefined): number | undefined {
  return literalInt(limit);
}

function joined(list: Operand, separator: Operand | undefined): CallEstimate {
  const content = multiply(list.size, list.elementSize());
  const gaps = { min: Math.max(0, list.size.min - 1), max: Math.max(0, list.size.max - 1) };
  const size = separator === undefined ? content : add(content, multiply(separator.size, gaps));
  return { cost: scale(size, TRAVERSAL_FACTOR), size };
}

/** The longest result has the longest replacement in the most places, the shortest the shortest in the fewest. */
function replacedSize(text: Range, old: Range, by: Range): Range {
  let [most, keptMost] = [0, 0];
  if (old.min === 0) [most, keptMost] = [text.max + 1, text.max];
  else if (by.max <= old.min) keptMost = text.max;
  else most = Math.ceil(text.max / old.min);
  let [fewest, keptFewest] = [0, 0];
  if (old.max === 0) [fewest, keptFewest] = [text.min + 1, text.min];
  else if (old.max <= by.min) keptFewest = text.min;
  else fewest = Math.ceil(text.min / old.max);
  return add(multiply({ min: fewest, max: most }, by), { min: keptFewest, max: keptMost });
}
