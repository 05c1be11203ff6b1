import type { Ref } from "../syntax/ast.ts";
import { nameOfRef } from "./names.ts";

const operators: { readonly [name: string]: string } = {
  assign: ":=",
  eq: "=",
  equal: "==",
  neq: "!=",
  lt: "<",
  gt: ">",
  lte: "<=",
  gte: ">=",
  plus: "+",
  minus: "-",
  mul: "*",
  div: "/",
  rem: "%",
  and: "&",
  or: "|",
};

/** The sign of an operator's function; undefined for all others. */
export function infixOf(operator: Ref): string | undefined {
  const name = nameOfRef(operator);
  return name !== undefined && Object.hasOwn(operators, name) ? operators[name] : undefined;
}

/** How many operands the function behind `in` has; undefined when it is another one. */
export function memberArity(operator: Ref): 2 | 3 | undefined {
  const name = nameOfRef(operator);
  return name === "internal.member_2" ? 2 : name === "internal.member_3" ? 3 : undefined;
}
