import type { Expr, Ref, Rule, Term } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { isBuiltinNamed, nameOfRef } from "./names.ts";
import { headTerms, ruleChain } from "./parts.ts";
import { type StageContext, typeFault } from "./stage.ts";
import { refText } from "./text.ts";
import { inferComprehension } from "./types/check-body.ts";
import { functionTypeOf } from "./types/declared.ts";
import { TypeEnv } from "./types/env.ts";
import { argsText } from "./types/type.ts";
import { callDetails } from "./types/type-json.ts";
import { walkExprs, walkExprsOfTerm } from "./walk.ts";
import { withWrittenNames } from "./written-names.ts";

/** OPA's stage CheckUndefinedFuncs: what is called must exist and take that many arguments. */
export function checkUndefinedFunctions(rule: Rule, names: LocalNames, context: StageContext): void {
  const check = (expr: Expr): boolean => {
    const { terms } = expr;
    return terms.kind !== "call" || checkCall(expr, terms.operator, terms.args, names, context);
  };
  for (const each of ruleChain(rule)) {
    walkExprs(each.body, check);
    for (const term of headTerms(each)) walkExprsOfTerm(term, check);
  }
}

/** True when the call is right, so that its arguments are worth a look. */
function checkCall(
  expr: Expr,
  operator: Ref,
  args: readonly Term[],
  names: LocalNames,
  context: StageContext,
): boolean {
  const arity = context.arity(operator);
  const written = (): Ref => withWrittenNames(operator, names);
  if (arity === undefined) {
    if (context.options.allowUndefinedFunctions === true) return true;
    context.report(typeFault(expr.loc, `undefined function ${refText(written())}`));
    return false;
  }
  const isGeneratedCall = expr.generated === true && !isBuiltinNamed(operator, "eq");
  const fits = isGeneratedCall ? args.length === arity + 1 : args.length === arity || args.length === arity + 1;
  if (fits) return true;
  const signature = context.builtin(nameOfRef(operator) ?? "");
  if (signature !== undefined) {
    const env = envOfBuiltins(context);
    const have = args.map((arg) => env.typeOf(arg));
    const { args: want } = functionTypeOf(signature);
    const lines = [`have: ${argsText(have.map((type) => ({ type })))}`, `want: ${argsText(want)}`];
    const message = `${refText(written())}: arity mismatch`;
    context.report(typeFault(expr.loc, message, lines, callDetails(have, want, undefined)));
    return false;
  }
  const got = isGeneratedCall ? args.length - 1 : args.length;
  const message = `function ${refText(written())} has arity ${arity}, got ${got} argument${got === 1 ? "" : "s"}`;
  context.report(typeFault(expr.loc, message));
  return false;
}

/** What is known before any rule is: input and data are anything, builtins functions, other variables unknown. */
function envOfBuiltins(context: StageContext): TypeEnv {
  const functionNamed = (name: string) => {
    const signature = context.builtin(name);
    return signature && functionTypeOf(signature);
  };
  return new TypeEnv(new Map(), functionNamed, inferComprehension);
}
