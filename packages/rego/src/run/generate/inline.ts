import { standardBuiltins } from "../../builtins/all.ts";
import type { Builtin } from "../../builtins/builtin.ts";
import type { Operand } from "../ir.ts";
import { equalityText, type Fact } from "./knowledge.ts";
import type { Writer } from "./writer.ts";

/** A builtin's answer as an expression, which is never undefined. */
export interface Inline {
  /** When the expression holds; without it, always. */
  readonly when?: string;
  readonly value: string;
}

type Make = (args: readonly string[], facts: readonly (Fact | undefined)[]) => Inline;

/** True for a builtin that stands in the place of OPA's, or beside them. */
export function isReplaced(name: string, builtins: ReadonlyMap<string, Builtin>): boolean {
  return builtins.get(name) !== standardBuiltins.get(name);
}

/** The fast form of a call, unless the builtin has been replaced. All operands are defined. */
export function inlineOf(name: string, writer: Writer, operands: readonly Operand[]): Inline | undefined {
  const inline = inlines.get(name);
  if (inline === undefined || operands.length !== inline.arity) return undefined;
  if (isReplaced(name, writer.context.builtins)) return undefined;
  return inline.make(
    operands.map((operand) => writer.operand(operand)),
    operands.map((operand) => writer.fact(operand)),
  );
}

function equality([a, b]: readonly string[], [first, second]: readonly (Fact | undefined)[]): string {
  return equalityText([a as string, b as string], [first, second]);
}

const equal: Make = (args, facts) => ({ value: equality(args, facts) });
const unequal: Make = (args, facts) => ({ value: `!(${equality(args, facts)})` });

/** Two numbers by JavaScript's operator, all else by Rego's order. */
function comparison(operator: string): Make {
  return ([a, b]) => ({
    value: `typeof ${a} === "number" && typeof ${b} === "number" ? ${a} ${operator} ${b} : $.compare(${a}, ${b}) ${operator} 0`,
  });
}

function ofStrings(method: string): Make {
  return ([a, b]) => ({
    when: `typeof ${a} === "string" && typeof ${b} === "string"`,
    value: `${a}.${method}(${b})`,
  });
}

/** A few constants are compared one by one. */
const member: Make = ([value, collection], [, fact]) => ({
  value:
    fact?.members?.map((each) => equality([value as string, each.text as string], [undefined, each])).join(" || ") ??
    `$.isMember(${value}, ${collection})`,
});

const count: Make = ([value]) => ({
  when: `Array.isArray(${value}) || $.isSet(${value})`,
  value: `Array.isArray(${value}) ? ${value}.length : ${value}.size`,
});

const get: Make = ([object, key, otherwise]) => ({
  when: `typeof ${key} === "string" && $.isObjectOrUndefined(${object})`,
  value: `$.getOr(${object}, ${key}, ${otherwise})`,
});

const inlines: ReadonlyMap<string, { readonly arity: number; readonly make: Make }> = new Map([
  ["eq", { arity: 2, make: equal }],
  ["equal", { arity: 2, make: equal }],
  ["neq", { arity: 2, make: unequal }],
  ["lt", { arity: 2, make: comparison("<") }],
  ["lte", { arity: 2, make: comparison("<=") }],
  ["gt", { arity: 2, make: comparison(">") }],
  ["gte", { arity: 2, make: comparison(">=") }],
  ["startswith", { arity: 2, make: ofStrings("startsWith") }],
  ["endswith", { arity: 2, make: ofStrings("endsWith") }],
  ["contains", { arity: 2, make: ofStrings("includes") }],
  ["count", { arity: 1, make: count }],
  ["object.get", { arity: 3, make: get }],
  ["internal.member_2", { arity: 2, make: member }],
  ["is_string", { arity: 1, make: ([value]) => ({ value: `typeof ${value} === "string"` }) }],
  ["is_boolean", { arity: 1, make: ([value]) => ({ value: `typeof ${value} === "boolean"` }) }],
  ["is_array", { arity: 1, make: ([value]) => ({ value: `Array.isArray(${value})` }) }],
  ["is_object", { arity: 1, make: ([value]) => ({ value: `$.isObjectOrUndefined(${value})` }) }],
  ["is_null", { arity: 1, make: ([value]) => ({ value: `${value} === null` }) }],
]);
