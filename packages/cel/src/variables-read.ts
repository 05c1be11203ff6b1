import type { Checked, Reference } from "./check/checker.ts";
import { childrenOf } from "./check/children.ts";
import type { Expr } from "./syntax/ast.ts";

/** The variables that an expression may read; those of `variables` as `variables.NAME`, and `variables` alone where it is read as a whole. */
export function variablesRead({ ast, references }: Checked): ReadonlySet<string> {
  const found = new Set<string>();
  collect(ast.root, references, found);
  return found;
}

function collect(expr: Expr, references: ReadonlyMap<number, Reference>, found: Set<string>): void {
  const reference = references.get(expr.id);
  if (reference?.kind === "variable") found.add(reference.name);
  else if (expr.kind === "select" && isVariables(expr.operand, references)) found.add(`variables.${expr.field}`);
  else for (const child of childrenOf(expr)) collect(child, references, found);
}

function isVariables({ id }: Expr, references: ReadonlyMap<number, Reference>): boolean {
  const reference = references.get(id);
  return reference?.kind === "variable" && reference.name === "variables";
}
