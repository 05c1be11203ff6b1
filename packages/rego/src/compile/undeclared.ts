import type { Body, Term } from "../syntax/ast.ts";
import { isWildcard } from "./names.ts";
import { bodyOutputs, rootDocuments, type SafetyContext } from "./safety.ts";
import { compileFault, type StageContext } from "./stage.ts";
import { collectVars, safetyVars } from "./vars.ts";

/**
 * Operands that may be undefined (of `print`, of template strings) are captured in comprehensions, where a misspelt
 * variable would be looked for, not missed. So their variables must be bound by the body: for `print`, by
 * what stands before it.
 */
export type CaptureContext = SafetyContext & Pick<StageContext, "builtin" | "isAlwaysDefined">;

/** The names bound behind `body`. */
export function boundBy(body: Body, safe: ReadonlySet<string>, context: CaptureContext): Set<string> {
  return new Set([
    ...safe,
    ...rootDocuments,
    ...bodyOutputs(body, new Set([...safe, ...rootDocuments]), context.arity),
  ]);
}

/** Reports the variables of the term that nothing has bound. */
export function checkDeclared(term: Term, safe: ReadonlySet<string>, context: CaptureContext): void {
  const vars = new Set<string>();
  collectVars(term, safetyVars, vars);
  const missing = [...vars].filter((name) => !safe.has(name));
  for (const name of missing.sort()) {
    context.report(
      compileFault(term.loc, `var ${isWildcard(name) ? "_" : context.names.original(name)} is undeclared`),
    );
  }
}
