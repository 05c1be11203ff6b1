import type { Body, Expr, Location, Rule, Term } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import type { LocalNames } from "./scope.ts";
import { isWildcard, nameOfRef, walkBody, walkExpr, walkTerm } from "./walk.ts";

export interface SafetyContext {
  readonly names: LocalNames;
  readonly report: (diagnostic: Diagnostic) => void;
  /** How many operands a function takes before its output; undefined when there is no such function. */
  readonly arity: (name: string) => number | undefined;
}

type Safe = ReadonlySet<string>;

/** OPA's stages CheckSafetyRuleHeads and CheckSafetyRuleBodies: puts expressions into an order in which each can be evaluated. */
export function orderRule(rule: Rule, context: SafetyContext): Rule {
  const safe = new Set<string>(["input", "data"]);
  for (const arg of rule.head.args ?? []) for (const name of varsIn(arg).keys()) safe.add(name);
  const { body, bound } = orderBody(rule.body, safe, context);
  const wanted = new Map<string, Location>();
  for (const term of [...rule.head.ref.terms.slice(1), rule.head.key, rule.head.value]) {
    if (term !== undefined) for (const [name, loc] of varsIn(term)) if (!bound.has(name)) wanted.set(name, loc);
  }
  if (body !== undefined) reportUnsafe(wanted, context);
  return { ...rule, body: body ?? rule.body, else: rule.else && orderRule(rule.else, context) };
}

/** An order for a whole body, and all that is bound behind it; undefined, and reported, when there is none. */
export function orderBody(body: Body, outer: Safe, context: SafetyContext): { body: Body | undefined; bound: Safe } {
  const safe = new Set(outer);
  const visible = new Set([...outer, ...topVars(body)]);
  const ordered: Expr[] = [];
  let waiting = [...body];
  while (waiting.length > 0) {
    const next = waiting.findIndex((expr) => isReady(expr, safe, visible, context));
    if (next < 0) break;
    const expr = waiting[next] as Expr;
    waiting = waiting.filter((_, i) => i !== next);
    for (const name of gains(expr, safe, context)) safe.add(name);
    ordered.push(orderClosures(expr, safe, context));
  }
  if (waiting.length === 0) return { body: ordered, bound: safe };
  const unsafe = new Map<string, Location>();
  for (const expr of waiting)
    for (const [name, loc] of missing(expr, safe, visible, context)) if (!unsafe.has(name)) unsafe.set(name, loc);
  reportUnsafe(unsafe, context);
  return { body: undefined, bound: safe };
}

function reportUnsafe(unsafe: ReadonlyMap<string, Location>, { names, report }: SafetyContext): void {
  const written = [...unsafe].filter(([name]) => !/^__local\d+__$/.test(names.original(name)));
  const shown = written.length > 0 ? written : [...unsafe].slice(0, 1);
  for (const [name, loc] of shown) {
    const original = names.original(name);
    const text = isWildcard(original) ? "_" : original;
    const message = /^__local\d+__$/.test(text) ? "expression is unsafe" : `var ${text} is unsafe`;
    report({ code: "rego_unsafe_var_error", message, loc });
  }
}

function isReady(expr: Expr, safe: Safe, visible: Safe, context: SafetyContext): boolean {
  return missing(expr, safe, visible, context).size === 0;
}

/** Variables that this expression needs and nothing has bound yet. */
function missing(expr: Expr, safe: Safe, visible: Safe, context: SafetyContext): ReadonlyMap<string, Location> {
  const result = new Map<string, Location>();
  const want = (vars: Iterable<readonly [string, Location]>, known: Safe) => {
    for (const [name, loc] of vars) if (!known.has(name) && !result.has(name)) result.set(name, loc);
  };
  for (const each of expr.with) if (!isFunctionName(each.value, context)) want(varsIn(each.value), safe);
  want(closureVars(expr, visible), safe);
  const { terms } = expr;
  if (terms.kind === "every") {
    want(varsIn(terms.domain), safe);
    return result;
  }
  if (expr.negated) {
    want(openVars(expr), safe);
    return result;
  }
  want(inputVars(expr, context), safe);
  const after = new Set([...safe, ...gains(expr, safe, context)]);
  want(openVars(expr), after);
  return result;
}

/** `with f as count`: a replacement may be a function. */
function isFunctionName(term: Term, { arity }: SafetyContext): boolean {
  const name = term.kind === "ref" ? nameOfRef(term) : term.kind === "var" ? term.name : undefined;
  return name !== undefined && arity(name) !== undefined;
}

/** Variables outside of closures. */
function openVars(expr: Expr): ReadonlyMap<string, Location> {
  const vars = new Map<string, Location>();
  for (const term of operandsOf(expr)) walkTerm(term, (each) => collect(each, vars));
  vars.delete("input");
  vars.delete("data");
  return vars;
}

/** The terms of an expression, without its operator: that is no variable. */
function operandsOf({ terms }: Expr): readonly Term[] {
  if (terms.kind === "term") return [terms.term];
  if (terms.kind === "call") return terms.args;
  if (terms.kind === "every") return [terms.domain];
  return terms.kind === "some" ? terms.symbols : [];
}

function collect(term: Term, vars: Map<string, Location>): boolean {
  if (term.kind === "var" && !vars.has(term.name)) vars.set(term.name, term.loc);
  if (term.kind === "call") {
    for (const arg of term.args) walkTerm(arg, (each) => collect(each, vars));
    return false;
  }
  return !isClosure(term);
}

export function varsIn(term: Term): ReadonlyMap<string, Location> {
  const vars = new Map<string, Location>();
  walkTerm(term, (each) => collect(each, vars));
  vars.delete("input");
  vars.delete("data");
  return vars;
}

function isClosure(term: Term): boolean {
  return term.kind === "arraycomprehension" || term.kind === "setcomprehension" || term.kind === "objectcomprehension";
}

/** What closures inside the expression take from the body around them. */
function closureVars(expr: Expr, visible: Safe): ReadonlyMap<string, Location> {
  const vars = new Map<string, Location>();
  const take = (body: Body, terms: readonly Term[]) => {
    const add = (term: Term) => {
      if (term.kind === "var" && visible.has(term.name)) vars.set(term.name, term.loc);
      return true;
    };
    walkBody(body, add);
    for (const term of terms) walkTerm(term, add);
  };
  walkExpr(expr, (term) => {
    if (term.kind === "objectcomprehension") take(term.body, [term.key, term.value]);
    if (term.kind === "arraycomprehension" || term.kind === "setcomprehension") take(term.body, [term.term]);
    return !isClosure(term);
  });
  if (expr.terms.kind === "every") {
    const own = new Set([
      ...(expr.terms.key === undefined ? [] : varsIn(expr.terms.key).keys()),
      ...varsIn(expr.terms.value).keys(),
    ]);
    take(expr.terms.body, []);
    for (const name of own) vars.delete(name);
  }
  vars.delete("input");
  vars.delete("data");
  return vars;
}

/** Variables of a body that are not only inside closures: closures share these with it. */
function topVars(body: Body): Iterable<string> {
  const vars = new Map<string, Location>();
  for (const expr of body) {
    for (const term of operandsOf(expr)) walkTerm(term, (each) => collect(each, vars));
    for (const each of expr.with) walkTerm(each.value, (inner) => collect(inner, vars));
  }
  return vars.keys();
}

/** Operands that must be bound before: arguments of calls, keys of objects, heads of refs. */
function inputVars(expr: Expr, context: SafetyContext): ReadonlyMap<string, Location> {
  const vars = new Map<string, Location>();
  const all = (term: Term) => walkTerm(term, (each) => collect(each, vars));
  const { terms } = expr;
  if (terms.kind === "call") {
    const name = nameOfRef(terms.operator) ?? "";
    if (name !== "eq" && name !== "equal")
      for (const arg of terms.args.slice(0, context.arity(name) ?? terms.args.length)) all(arg);
  }
  const visit = (term: Term): boolean => {
    if (isClosure(term)) return false;
    if (term.kind === "call") {
      for (const arg of term.args) all(arg);
      return false;
    }
    if (term.kind === "object") for (const [key] of term.entries) all(key);
    if (term.kind === "set") for (const item of term.items) all(item);
    if (term.kind === "ref") {
      const head = term.terms[0];
      if (head !== undefined) all(head);
    }
    return true;
  };
  if (terms.kind === "term") walkTerm(terms.term, visit);
  if (terms.kind === "call") for (const arg of terms.args) walkTerm(arg, visit);
  vars.delete("input");
  vars.delete("data");
  return vars;
}

/** Variables that evaluating the expression binds. */
function gains(expr: Expr, safe: Safe, context: SafetyContext): Iterable<string> {
  if (expr.negated || expr.terms.kind === "every") return [];
  const known = new Set(safe);
  const { terms } = expr;
  if (terms.kind === "term") addRefOperands(terms.term, known);
  if (terms.kind === "call") {
    const name = nameOfRef(terms.operator) ?? "";
    // `==` compares and binds nothing, but the refs in it iterate.
    if (name === "equal") for (const arg of terms.args) addRefOperands(arg, known);
    else if (name === "eq" && terms.args.length === 2) unify(terms.args[0] as Term, terms.args[1] as Term, known);
    else {
      const arity = context.arity(name);
      for (const output of arity === undefined ? [] : terms.args.slice(arity)) addPattern(output, known);
    }
  }
  return [...known].filter((name) => !safe.has(name));
}

function unify(a: Term, b: Term, known: Set<string>): void {
  for (let before = -1; before !== known.size; ) {
    before = known.size;
    addRefOperands(a, known);
    addRefOperands(b, known);
    unifyOnce(a, b, known);
  }
}

function unifyOnce(a: Term, b: Term, known: Set<string>): void {
  if (isKnown(a, known)) addPattern(b, known);
  else if (isKnown(b, known)) addPattern(a, known);
  else if (a.kind === "array" && b.kind === "array" && a.items.length === b.items.length) {
    a.items.forEach((item, i) => {
      unifyOnce(item, b.items[i] as Term, known);
    });
  } else if (a.kind === "object" && b.kind === "object") {
    for (const [key, value] of a.entries) {
      const other = b.entries.find(([each]) => each.kind === key.kind && each.loc.text === key.loc.text);
      if (other !== undefined) unifyOnce(value, other[1], known);
    }
  }
}

/** A term that evaluates to a value by what is known. Closures were checked before. */
function isKnown(term: Term, known: Safe): boolean {
  if (term.kind === "array") return term.items.every((item) => isKnown(item, known));
  for (const name of varsIn(term).keys()) if (!known.has(name)) return false;
  return true;
}

function addPattern(term: Term, known: Set<string>): void {
  if (term.kind === "var") known.add(term.name);
  if (term.kind === "array") for (const item of term.items) addPattern(item, known);
  if (term.kind === "object") for (const [, value] of term.entries) addPattern(value, known);
}

/** Operands of a ref are iterated, so they are bound, when what the ref begins with is. */
function addRefOperands(term: Term, known: Set<string>): void {
  walkTerm(term, (each) => {
    if (isClosure(each) || each.kind === "call") return false;
    if (each.kind !== "ref") return true;
    const head = each.terms[0];
    if (head?.kind === "var" && !known.has(head.name)) return false;
    for (const operand of each.terms.slice(1)) addPattern(operand, known);
    return true;
  });
}

/** The same expression with the bodies inside it put in order. */
function orderClosures(expr: Expr, safe: Safe, context: SafetyContext): Expr {
  const inside = (term: Term): Term => orderTerm(term, safe, context);
  const { terms } = expr;
  switch (terms.kind) {
    case "term":
      return { ...expr, terms: { ...terms, term: inside(terms.term) } };
    case "call":
      return { ...expr, terms: { ...terms, args: terms.args.map(inside) } };
    case "every": {
      const inner = new Set(safe);
      for (const term of [terms.key, terms.value])
        if (term !== undefined) for (const name of varsIn(term).keys()) inner.add(name);
      const { body } = orderBody(terms.body, inner, context);
      return { ...expr, terms: { ...terms, domain: inside(terms.domain), body: body ?? terms.body } };
    }
    default:
      return expr;
  }
}

function orderTerm(term: Term, safe: Safe, context: SafetyContext): Term {
  const inside = (each: Term): Term => orderTerm(each, safe, context);
  switch (term.kind) {
    case "array":
    case "set":
      return { ...term, items: term.items.map(inside) };
    case "object":
      return { ...term, entries: term.entries.map(([key, value]) => [inside(key), inside(value)] as const) };
    case "ref":
      return { ...term, terms: term.terms.map(inside) };
    case "call":
      return { ...term, args: term.args.map(inside) };
    case "arraycomprehension":
    case "setcomprehension": {
      const { body, bound } = orderBody(term.body, safe, context);
      if (body !== undefined) reportUnsafe(unboundIn([term.term], bound), context);
      return { ...term, body: body ?? term.body };
    }
    case "objectcomprehension": {
      const { body, bound } = orderBody(term.body, safe, context);
      if (body !== undefined) reportUnsafe(unboundIn([term.key, term.value], bound), context);
      return { ...term, body: body ?? term.body };
    }
    default:
      return term;
  }
}

function unboundIn(terms: readonly Term[], bound: Safe): ReadonlyMap<string, Location> {
  const vars = new Map<string, Location>();
  for (const term of terms) for (const [name, loc] of varsIn(term)) if (!bound.has(name)) vars.set(name, loc);
  return vars;
}
