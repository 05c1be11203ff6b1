import type { Body, Rule, Term } from "../syntax/ast.ts";
import { nameOfRef } from "./names.ts";
import { headTerms, ruleChain } from "./parts.ts";
import { type StageContext, typeFault } from "./stage.ts";
import { termText } from "./text.ts";
import { walkBody, walkTerm } from "./walk.ts";

/** OPA's stage CheckVoidCalls: a function without a result, as `print`, is no value. */
export function checkVoidCalls(rule: Rule, context: StageContext): void {
  for (const each of ruleChain(rule)) {
    for (const term of headTerms(each)) walkTerm(term, checker(context));
    walkBody(each.body, checker(context));
  }
}

export function checkVoidCallsInBody(body: Body, context: StageContext): void {
  walkBody(body, checker(context));
}

function checker({ builtin, report }: StageContext): (term: Term) => boolean {
  return (term) => {
    if (term.kind === "call") {
      const signature = builtin(nameOfRef(term.operator) ?? "");
      if (signature !== undefined && signature.result === undefined)
        report(typeFault(term.loc, `${termText(term)} used as value`));
    }
    return true;
  };
}
