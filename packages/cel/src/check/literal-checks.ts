import { type FormatFault, formatFault } from "../library/kubernetes/string-format.ts";
import { regularExpression } from "../library/regular-expression.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import type { Diagnostic, Source } from "../syntax/diagnostic.ts";
import { parseDuration, parseTimestamp, timestampOf } from "../value/time.ts";
import { CelError } from "../value/value.ts";
import { type Checked, mismatch } from "./checker.ts";
import { childrenOf } from "./children.ts";
import { isOptionalType, isSameType, type Type } from "./type.ts";

/** Functions whose arguments may be lists of several types. */
const exempt = new Set(["format"]);

/** Faults of lists and maps whose elements, keys or values have not one type: Kubernetes wants them to. */
export function checkHomogeneous({ ast, types }: Checked, source: Source): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  const compare = (parts: readonly Expr[], isOptional: (index: number) => boolean): void => {
    let first: Type | undefined;
    for (const [index, part] of parts.entries()) {
      const given = types.get(part.id) as Type;
      const type = isOptional(index) && isOptionalType(given) ? (given.parameters[0] as Type) : given;
      if (first === undefined) first = type;
      else if (!isSameType(first, type)) {
        faults.push(source.fault(ast.offsets[part.id] as number, mismatch(first, type)));
        return;
      }
    }
  };
  const visit = (expr: Expr): void => {
    if (expr.kind === "call" && exempt.has(expr.function)) return;
    if (expr.kind === "list") compare(expr.elements, (index) => expr.optionals.has(index));
    if (expr.kind === "map") {
      compare(
        expr.entries.map(({ key }) => key),
        () => false,
      );
      compare(
        expr.entries.map(({ value }) => value),
        (index) => expr.entries[index]?.isOptional === true,
      );
    }
    for (const child of childrenOf(expr)) visit(child);
  };
  visit(ast.root);
  return faults;
}

/** Faults of literals that could only fail when they are evaluated: regular expressions, timestamps, durations. */
export function checkLiterals({ ast, types }: Checked, source: Source): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  const visit = (expr: Expr): void => {
    const format = expr.kind === "call" ? wrongFormat(expr, types) : undefined;
    if (format !== undefined) faults.push(source.fault(ast.offsets[(format.at ?? expr).id] as number, format.message));
    const wrong = expr.kind === "call" ? wrongLiteral(expr) : undefined;
    if (wrong !== undefined && expr.kind === "call") {
      faults.push(source.fault(ast.offsets[wrong.id] as number, `invalid ${expr.function} argument`));
    }
    for (const child of childrenOf(expr)) visit(child);
  };
  visit(ast.root);
  return faults;
}

/** What is wrong with a literal format and the list of its arguments. */
function wrongFormat(
  { function: name, target, args: [list] }: CallExpr,
  types: Checked["types"],
): FormatFault | undefined {
  if (name !== "format" || target?.kind !== "literal" || typeof target.value !== "string" || list?.kind !== "list")
    return undefined;
  return formatFault(target.value, list.elements, (expr) => types.get(expr.id) as Type);
}

function wrongLiteral(expr: CallExpr): Expr | undefined {
  const last = expr.args.at(-1);
  if (expr.function === "timestamp" && isWrongSeconds(last)) return last;
  if (last?.kind !== "literal" || typeof last.value !== "string") return undefined;
  const isRight = isLiteralRight(expr.function, last.value);
  return isRight ? undefined : last;
}

function isWrongSeconds(expr: Expr | undefined): boolean {
  return (
    expr?.kind === "literal" && typeof expr.value === "bigint" && timestampOf(expr.value * 1_000_000_000n) === undefined
  );
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
