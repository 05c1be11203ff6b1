import { regularExpression } from "../library/regular-expression.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import type { Diagnostic, Source } from "../syntax/diagnostic.ts";
import { parseDuration, parseTimestamp } from "../value/time.ts";
import { CelError } from "../value/value.ts";
import type { Checked } from "./checker.ts";
import { childrenOf } from "./children.ts";

/** Faults of literals that could only fail when they are evaluated: regular expressions, timestamps, durations. */
export function checkLiterals({ ast }: Checked, source: Source): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  const visit = (expr: Expr): void => {
    const wrong = expr.kind === "call" ? wrongLiteral(expr) : undefined;
    if (wrong !== undefined && expr.kind === "call") {
      faults.push(source.fault(ast.offsets[wrong.id] as number, `invalid ${expr.function} argument`));
    }
    for (const child of childrenOf(expr)) visit(child);
  };
  visit(ast.root);
  return faults;
}

function wrongLiteral(expr: CallExpr): Expr | undefined {
  const last = expr.args.at(-1);
  if (last?.kind !== "literal" || typeof last.value !== "string") return undefined;
  const isRight = isLiteralRight(expr.function, last.value);
  return isRight ? undefined : last;
}

function isLiteralRight(name: string, literal: string): boolean {
  switch (name) {
    case "matches":
      return !(regularExpression(literal) instanceof CelError);
    case "duration":
      return parseDuration(literal) !== undefined;
    case "timestamp":
      return parseTimestamp(literal) !== undefined;
    default:
      return true;
  }
}
