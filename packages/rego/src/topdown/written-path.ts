import type { Module, Ref, Rule, Term } from "../syntax/ast.ts";

/** The whole ref of a rule as parsed: its module's package, then the rule's own. */
export function writtenPath({ package: { path } }: Module, { head }: Rule): Ref {
  const [name, ...rest] = head.ref.terms as readonly [Term, ...Term[]];
  const key: Term = name.kind === "var" ? { kind: "string", loc: name.loc, value: name.name } : name;
  return { ...head.ref, terms: [...path.terms, key, ...rest] };
}
