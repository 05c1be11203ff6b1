import type { Module, Ref, Term } from "../syntax/ast.ts";
import { ruleChain } from "./parts.ts";
import { walkBody, walkTerms } from "./walk.ts";

/** All refs in the rules of a module as parsed, those within others included, and the operators of calls. */
export function refsOfModule({ rules }: Module): readonly Ref[] {
  const refs: Ref[] = [];
  const visit = (term: Term): boolean => {
    if (term.kind === "ref") refs.push(term);
    else if (term.kind === "call") refs.push(term.operator);
    return true;
  };
  for (const rule of rules.flatMap(ruleChain)) {
    const { ref, args = [], key, value } = rule.head;
    walkTerms([...ref.terms.slice(1), ...args, ...[key, value].filter((each) => each !== undefined)], visit);
    walkBody(rule.body, visit);
  }
  return refs;
}
