import { regularExpression } from "../library/regular-expression.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import type { Diagnostic, Source } from "../syntax/diagnostic.ts";
import { parseDuration, parseTimestamp } from "../value/time.ts";
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
export function checkLiterals({ ast }: Checked, source: Source): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  const visit = (expr: Expr): void => {
    const format = expr.kind === "call" ? formatFault(expr) : undefined;
    if (format !== undefined) faults.push(source.fault(ast.offsets[expr.id] as number, format));
    const wrong = expr.kind === "call" ? wrongLiteral(expr) : undefined;
    if (wrong !== undefined && expr.kind === "call") {
      faults.push(source.fault(ast.offsets[wrong.id] as number, `invalid ${expr.function} argument`));
    }
    for (const child of childrenOf(expr)) visit(child);
  };
  visit(ast.root);
  return faults;
}

/** What is wrong with a literal format and the list of its arguments: a clause it has not, or another number of them. */
function formatFault({ function: name, target, args: [list] }: CallExpr): string | undefined {
  if (name !== "format" || target?.kind !== "literal" || typeof target.value !== "string" || list?.kind !== "list")
    return undefined;
  const verbs = [...target.value.matchAll(/%(?:%|(?:\.\d+)?([\s\S]))/gu)].flatMap(([, verb]) =>
    verb === undefined ? [] : [verb],
  );
  for (const [index, verb] of verbs.entries()) {
    if (index >= list.elements.length) return `index ${index} out of range`;
    if (!"sdfebxXo".includes(verb))
      return `could not parse formatting clause: unrecognized formatting clause "${verb}"`;
  }
  if (list.elements.length <= verbs.length) return undefined;
  return `too many arguments supplied to string.format (expected ${verbs.length}, got ${list.elements.length})`;
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
