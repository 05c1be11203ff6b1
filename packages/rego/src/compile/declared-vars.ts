import type { Body, Term } from "../syntax/ast.ts";
import { isBuiltinNamed } from "./names.ts";
import { collectVars } from "./vars.ts";

/** The names that a body declares by `:=` and `some`, its closures' not counted. */
export function declaredVars(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { terms } of body) {
    if (terms.kind === "call" && terms.args.length === 2 && isBuiltinNamed(terms.operator, "assign"))
      collectVars(terms.args[0] as Term, {}, names);
    if (terms.kind === "some") for (const symbol of terms.symbols) collectSymbol(symbol, names);
  }
  return names;
}

/** `some x`, or the call that `some k, v in xs` is: all but its last argument. */
function collectSymbol(symbol: Term, names: Set<string>): void {
  if (symbol.kind === "var") names.add(symbol.name);
  else if (symbol.kind === "call") for (const arg of symbol.args.slice(0, -1)) collectVars(arg, {}, names);
}
