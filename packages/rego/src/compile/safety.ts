import type { Body, Expr, Location, Ref, Rule, Term } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { difference, isSubset, union } from "./name-sets.ts";
import { isBuiltinNamed, isGenerated, isWildcard } from "./names.ts";
import { comprehensionTerms, isComprehension } from "./parts.ts";
import { mapExpr, mapTerm, type Rewriter } from "./rewriter.ts";
import { fault, type Report } from "./stage.ts";
import { collectRefOutputs, unifyOutputs } from "./unify.ts";
import { collectExprVars, collectVars, outputVars, safetyVars, varsOfBody, varsOfExpr, varsOfTerm } from "./vars.ts";
import { walkExpr } from "./walk.ts";

export interface SafetyContext {
  readonly names: LocalNames;
  readonly report: Report;
  /** How many operands a function takes before its output; undefined when there is no such function. */
  readonly arity: (operator: Ref) => number | undefined;
}

type Names = ReadonlySet<string>;

/** ` in rule p` where several rules share a line, else nothing. Asked only when there is a fault. */
export type PlaceName = () => string;

/** What an expression still needs, per expression. */
type Unsafe = Map<Expr, Set<string>>;

/** Always bound. */
export const rootDocuments: Names = new Set(["input", "data"]);

/** OPA's stage CheckSafetyRuleBodies: puts the expressions of a body into an order in which each can be evaluated. */
export function orderRuleBody(rule: Rule, context: SafetyContext, placeName: PlaceName): Rule {
  const safe = new Set(rootDocuments);
  for (const arg of rule.head.args ?? []) collectVars(arg, {}, safe);
  return { ...rule, body: orderBody(rule.body, safe, context, placeName) };
}

/** The body in a safe order, or as it was, with its faults reported. `placeName`: a rule to be named in them. */
export function orderBody(body: Body, safe: Names, context: SafetyContext, placeName: PlaceName): Body {
  const unsafe: Unsafe = new Map();
  const ordered = reorder(body, safe, context, unsafe);
  if (unsafe.size === 0) return ordered;
  reportUnsafe(unsafe, context, placeName);
  return body;
}

/** The variables that the expressions bind, in the order given. */
export function bodyOutputs(body: Body, safe: Names, arity: SafetyContext["arity"]): Set<string> {
  const known = new Set(safe);
  const left = new Set<string>();
  for (const expr of body) for (const name of exprOutputs(expr, known, arity, left)) known.add(name);
  for (const name of safe) known.delete(name);
  return known;
}

function reorder(body: Body, globals: Names, context: SafetyContext, unsafe: Unsafe): Body {
  const closing = new Set(body.filter(hasClosures));
  const ordered = order(body, closing, globals, context, unsafe);
  if (closing.size === 0) return ordered;
  const around = new Set(globals);
  return ordered.map((expr, i) => {
    const before = ordered[i - 1];
    if (before !== undefined) for (const name of needsOf(before, context.arity)) around.add(name);
    return closing.has(expr) ? orderClosures(expr, around, context, unsafe) : expr;
  });
}

/** True for an expression with comprehensions or bodies inside. */
function hasClosures(expr: Expr): boolean {
  const { kind } = expr.terms;
  if (kind !== "term" && kind !== "call" && kind !== "some") return true;
  let found = false;
  walkExpr(
    expr,
    (term) => {
      if (isComprehension(term) || term.kind === "templatestring") found = true;
      return !found;
    },
    true,
  );
  return found;
}

const nothing: Names = new Set();

/** What each expression with closures takes for them from the other expressions of its body, and from nowhere around it. */
function needsOfClosures(
  closing: ReadonlySet<Expr>,
  globals: Names,
  ofBody: ReadonlyMap<Expr, Names>,
): ReadonlyMap<Expr, Names> {
  const needs = new Map<Expr, Names>();
  if (closing.size === 0) return needs;
  const bodyVars = new Set<string>();
  for (const names of ofBody.values()) for (const name of names) bodyVars.add(name);
  for (const expr of closing) {
    const names = closureNeeds(expr);
    for (const name of names) if (!bodyVars.has(name) || globals.has(name)) names.delete(name);
    needs.set(expr, names);
  }
  return needs;
}

/** `closing`: those of its expressions that have closures. */
function order(
  body: Body,
  closing: ReadonlySet<Expr>,
  globals: Names,
  context: SafetyContext,
  unsafe: Unsafe,
): readonly Expr[] {
  const needs = new Map<Expr, Set<string>>();
  for (const expr of body) {
    const need = needsOf(expr, context.arity);
    for (const name of need) if (globals.has(name)) need.delete(name);
    needs.set(expr, need);
  }
  const known = new Set(globals);
  const closed = needsOfClosures(closing, globals, needs);
  const ordered: Expr[] = [];
  const left = new Set<string>();
  let waiting: readonly Expr[] = body;
  for (let before = -1; before !== ordered.length && waiting.length > 0; ) {
    before = ordered.length;
    waiting = waiting.filter((expr) => {
      const closure = closed.get(expr) ?? nothing;
      const outputs = exprOutputs(expr, known, context.arity, left);
      if (closure.size > 0) {
        // As in OPA, a closure over all that refs beside it bind is never safe, even when something else binds it too.
        if (closure.size === outputs.size && isSubset(closure, outputs)) return true;
        // What a closure lacks is the cause; what the expression itself would bind follows from it.
        needs.set(expr, new Set(closure));
      }
      const need = needs.get(expr) as Set<string>;
      for (const name of need) if (known.has(name) || outputs.has(name)) need.delete(name);
      if (need.size > 0) return true;
      for (const name of outputs) known.add(name);
      ordered.push(expr);
      return false;
    });
  }
  for (const expr of waiting) unsafe.set(expr, needs.get(expr) as Set<string>);
  return ordered;
}

/** What must be bound for an expression. Behind `not` without braces that is all that its body does not find itself. */
export function needsOf(expr: Expr, arity: SafetyContext["arity"]): Set<string> {
  const vars = varsOfExpr(expr, safetyVars);
  const { terms } = expr;
  if (terms.kind === "not" && !terms.explicitBody) for (const name of needsOfNot(terms.body, arity)) vars.add(name);
  return vars;
}

/** Of what the compiler made of one expression: variables that no part of it binds for another part. */
function needsOfNot(body: Body, arity: SafetyContext["arity"]): Set<string> {
  const named = body.map((expr) => varsOfExpr(expr, safetyVars));
  const all = named.reduce((found, each) => union(found, each), new Set<string>());
  if (body.length === 1) return all;
  const bound = new Set<string>();
  for (const { terms } of body) if (terms.kind === "call") collectBound(terms, arity, bound);
  const isShared = (name: string) => named.filter((each) => each.has(name)).length > 1;
  return new Set([...all].filter((name) => !bound.has(name) || !isShared(name)));
}

function collectBound(terms: CallTerms, arity: SafetyContext["arity"], into: Set<string>): void {
  const { operator, args } = terms;
  if (isBuiltinNamed(operator, "eq")) {
    if (args.length === 2) for (const name of equationOutputs(terms, nothing, nothing)) into.add(name);
    return;
  }
  const wanted = arity(operator) ?? args.length;
  for (const output of args.slice(wanted)) collectVars(output, outputVars, into);
}

/** What the closures of an expression take from around them. */
function closureNeeds(expr: Expr): Set<string> {
  const vars = new Set<string>();
  walkExpr(
    { ...expr, terms: withoutBodies(expr.terms) },
    (term) => {
      if (!isComprehension(term)) return true;
      for (const part of comprehensionTerms(term)) collectVars(part, { skipCallOperators: true }, vars);
      for (const inner of term.body) collectExprVars(inner, { skipCallOperators: true }, vars);
      return false;
    },
    true,
  );
  const { terms } = expr;
  if (terms.kind === "every" || terms.kind === "not") {
    const inner = varsOfBody(terms.body, { skipCallOperators: true });
    const own = terms.kind === "not" ? [] : [terms.key, terms.value].flatMap((each) => each ?? []);
    for (const term of own) for (const name of varsOfTerm(term)) inner.delete(name);
    for (const name of inner) vars.add(name);
  }
  return vars;
}

function withoutBodies(terms: Expr["terms"]): Expr["terms"] {
  if (terms.kind === "every") return { kind: "term", term: terms.domain };
  return terms.kind === "not" ? { ...terms, body: [] } : terms;
}

/**
 * The variables that evaluating an expression binds, given those that are bound before. `left`: what was found of a call before it, even if
 * that cannot be evaluated yet; OPA takes an equation or `every` behind it to bind that too, so that some variables are used unbound.
 */
export function exprOutputs(
  expr: Expr,
  safe: Names,
  arity: SafetyContext["arity"],
  left: Set<string>,
): ReadonlySet<string> {
  if (expr.negated) return nothing;
  for (const { value } of expr.with) {
    const vars = varsOfTerm(value, value.kind === "ref" ? { ...safetyVars, skipRefHead: true } : safetyVars);
    if (!isSubset(vars, safe)) return nothing;
  }
  const { terms } = expr;
  switch (terms.kind) {
    case "term": {
      const outputs = new Set<string>();
      collectRefOutputs(terms.term, safe, outputs);
      return outputs;
    }
    case "every":
      collectRefOutputs(terms.domain, safe, left);
      return new Set(left);
    case "call":
      return callOutputs(terms, safe, arity, left);
    default:
      return nothing;
  }
}

type CallTerms = Extract<Expr["terms"], { kind: "call" }>;

function callOutputs(terms: CallTerms, safe: Names, arity: SafetyContext["arity"], left: Set<string>): Names {
  const { operator, args } = terms;
  if (isBuiltinNamed(operator, "eq")) {
    // As OPA: where it stands as a term and has an operand for its answer, it binds nothing.
    if (args.length !== 2) return nothing;
    const outputs = equationOutputs(terms, safe, left);
    left.clear();
    return outputs;
  }
  const wanted = arity(operator);
  if (wanted === undefined) return nothing;
  left.clear();
  for (let i = 0; i < args.length; i++) collectRefOutputs(args[i] as Term, safe, left);
  if (wanted >= args.length) return new Set(left);
  const inputs = new Set<string>();
  for (let i = 0; i < wanted; i++) collectVars(args[i] as Term, outputVars, inputs);
  for (const name of inputs) if (!safe.has(name) && !left.has(name)) return nothing;
  for (let i = wanted; i < args.length; i++) collectVars(args[i] as Term, outputVars, left);
  return new Set(left);
}

/** `:=` binds what is left of it, which does not bind back what is right of it. */
function equationOutputs({ args, isAssignment }: CallTerms, safe: Names, left: Names): Set<string> {
  const [a, b] = args as readonly [Term, Term];
  return unifyOutputs(a, b, safe, isAssignment === true ? varsOfTerm(a) : nothing, left);
}

/** The bodies inside an expression, ordered in turn. */
function orderClosures(expr: Expr, around: Names, context: SafetyContext, unsafe: Unsafe): Expr {
  const { terms } = expr;
  const rewriter: Rewriter = {
    term: (term) => {
      if (isComprehension(term)) checkComprehensionTerms(expr, term, around, unsafe);
      return mapTerm(term, rewriter);
    },
    body: (body) => reorder(body, closureGlobals(terms, around), context, unsafe),
    skipsLeaves: true,
  };
  return mapExpr(expr, rewriter);
}

function closureGlobals(terms: Expr["terms"], around: Names): Names {
  if (terms.kind !== "every") return around;
  const known = new Set(around);
  for (const term of [terms.key, terms.value]) if (term !== undefined) collectVars(term, {}, known);
  return known;
}

function checkComprehensionTerms(expr: Expr, term: Term, around: Names, unsafe: Unsafe): void {
  if (!isComprehension(term)) return;
  const bound = union(varsOfBody(term.body, safetyVars), around);
  const wanted = new Set<string>();
  for (const part of comprehensionTerms(term)) collectVars(part, safetyVars, wanted);
  const missing = difference(wanted, bound);
  if (missing.size === 0) return;
  unsafe.set(expr, union(missing, unsafe.get(expr) ?? []));
}

/** Words that are variables unless their keyword was imported. */
const futureKeywords: Names = new Set(["and", "contains", "every", "if", "in", "not", "or"]);

function reportUnsafe(unsafe: Unsafe, context: SafetyContext, placeName: PlaceName): void {
  const { names, report } = context;
  const places = new Map<string, Location>();
  for (const [expr, vars] of unsafe) {
    for (const name of vars) {
      const earlier = places.get(name);
      if (earlier === undefined || isBefore(expr.loc, earlier)) places.set(name, expr.loc);
    }
  }
  const written = [...places]
    .map(([name, loc]) => ({ name: names.original(name), loc }))
    .filter(({ name }) => !isGenerated(name))
    .sort((a, b) => (isBefore(a.loc, b.loc) ? -1 : isBefore(b.loc, a.loc) ? 1 : a.name < b.name ? -1 : 1));
  for (const { name, loc } of written) report(fault("rego_unsafe_var_error", loc, unsafeText(name) + placeName()));
  if (written.length === 0) reportGenerated(unsafe, report);
}

/** As the author wrote it. */
export function shownName(name: string): string {
  return isWildcard(name) ? "_" : name;
}

/** In a body; of heads OPA gives no hint. */
function unsafeText(name: string): string {
  const hint = futureKeywords.has(name) ? ` (hint: \`import future.keywords.${name}\` to import a future keyword)` : "";
  return `var ${shownName(name)} is unsafe${hint}`;
}

/** When only the compiler's own variables are unsafe, the expression is what the author knows. */
function reportGenerated(unsafe: Unsafe, report: Report): void {
  const seen = new Set<string>();
  for (const [expr, vars] of [...unsafe].sort(([a], [b]) => (isBefore(a.loc, b.loc) ? -1 : 1))) {
    const before = seen.size;
    for (const name of vars) seen.add(name);
    if (seen.size > before) report(fault("rego_unsafe_var_error", expr.loc, "expression is unsafe"));
  }
}

function isBefore(a: Location, b: Location): boolean {
  return a.offset < b.offset;
}
