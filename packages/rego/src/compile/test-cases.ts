import type { Body, Expr, Location, Rule, Term } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { builtinRef } from "./make.ts";
import { difference } from "./name-sets.ts";
import { nameOfRef } from "./names.ts";
import { rootDocuments } from "./safety.ts";
import { collectVars, varsOfExpr } from "./vars.ts";

/** Where in a rule's ref the name of a test stands: `test_x` or `todo_test_x`; -1 when the rule is no test. */
export function testNameIndex(terms: readonly Term[]): number {
  const isTest = (text: string) => text.startsWith("test_") || text.startsWith("todo_test_");
  const at = terms.findIndex((term, i) =>
    term.kind === "string" ? isTest(term.value) : term.kind === "var" && i === 0 && isTest(term.name),
  );
  return at < 0 || terms.slice(1, at).some(({ kind }) => kind !== "string") ? -1 : at;
}

/**
 * Marks the cases of a test such as `test_x[name]`: once the variables of its head are bound, the body calls
 * `internal.test_case([name])`, so that cases which fail afterwards are known too. As in OPA, the place is the first one in the order of
 * the source behind which all of them are mentioned; what was taken out of the head for being no variable goes to such a place too.
 */
export function markTestCases(rule: Rule, packageLength: number, names: LocalNames): Rule {
  const { terms } = rule.head.ref;
  const at = testNameIndex(terms.slice(packageLength));
  const operands = at < 0 ? [] : terms.slice(packageLength + at + 1);
  if (rule.default || rule.head.args !== undefined || operands.length === 0) return rule;
  const made = new Set(
    operands.flatMap((each) => (each.kind === "var" && isMade(each.name, names) ? [each.name] : [])),
  );
  const support = rule.body.filter((expr) => definesOneOf(expr, made));
  let body: Body = rule.body.filter((expr) => !support.includes(expr));
  for (const expr of support)
    body = insertBehind(body, difference(varsOfExpr(expr, { skipCallOperators: true }), made), () => expr);
  const needed = new Set<string>();
  for (const each of operands) collectVars(each, {}, needed);
  return { ...rule, body: insertBehind(body, needed, (before) => testCaseExpr((before ?? rule).loc, operands)) };
}

/** Puts an expression behind those that mention all the vars together. */
function insertBehind(body: Body, vars: ReadonlySet<string>, make: (before: Expr | undefined) => Expr): Body {
  const open = difference(vars, rootDocuments);
  let place = 0;
  while (open.size > 0 && place < body.length) for (const name of varsOfExpr(body[place++] as Expr)) open.delete(name);
  return [...body.slice(0, place), make(body[place - 1]), ...body.slice(place)];
}

function isMade(name: string, names: LocalNames): boolean {
  return name.startsWith("__local") && names.original(name) === name;
}

/** `__local0__ = term`, as it was taken out of a head. */
function definesOneOf({ terms }: Expr, made: ReadonlySet<string>): boolean {
  if (terms.kind !== "call" || nameOfRef(terms.operator) !== "eq") return false;
  const [left] = terms.args;
  return left?.kind === "var" && made.has(left.name);
}

function testCaseExpr(loc: Location, items: readonly Term[]): Expr {
  const operator = builtinRef(loc, "internal.test_case");
  const terms = { kind: "call", operator, args: [{ kind: "array", loc, items }] } as const;
  return { kind: "expr", loc, negated: false, with: [], terms };
}
