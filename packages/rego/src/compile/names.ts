import type { Body, Call, Expr, Head, Location, Module, Ref, Rule, Term, Var } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { type LocalNames, Scope } from "./scope.ts";
import { isWildcard, mapExpr, mapTerm, nameOfRef, type Rewriter, walkTerm } from "./walk.ts";

/** What the names of one module stand for: its package's rules, and its imports. */
export interface Globals {
  /** Name to full path: `p` to `data.pkg.p`, an import's alias to its path. */
  readonly paths: ReadonlyMap<string, Ref>;
}

export interface NameContext {
  readonly globals: Globals;
  readonly names: LocalNames;
  readonly strict: boolean;
  readonly report: (diagnostic: Diagnostic) => void;
}

/** The names that a module can use without declaring them. */
export function globalsOf(module: Module, ruleNames: Iterable<string>): Globals {
  const paths = new Map<string, Ref>();
  for (const name of ruleNames) {
    const loc = module.package.loc;
    paths.set(name, { kind: "ref", loc, terms: [...module.package.path.terms, { kind: "string", loc, value: name }] });
  }
  for (const { path, alias } of module.imports) {
    const root = path.terms[0];
    if (root?.kind !== "var" || root.name === "future" || root.name === "rego") continue;
    const last = path.terms.at(-1);
    const name = alias ?? (last?.kind === "string" ? last.value : last?.kind === "var" ? last.name : undefined);
    if (name !== undefined) paths.set(name, path);
  }
  return { paths };
}

/**
 * OPA's stages ResolveRefs and RewriteLocalVars in one pass: every name becomes a path below `data` or `input`, a local
 * `__localN__`, or stays a free variable. `:=` and `some` are gone afterwards.
 */
export class NameResolver {
  readonly #context: NameContext;

  constructor(context: NameContext) {
    this.#context = context;
  }

  rule(rule: Rule, outer?: Scope): Rule {
    const scope = new Scope(this.#context.names, this.#context.report, outer);
    const args = rule.head.args?.map((arg) => this.#declareAll(arg, scope, "argument"));
    const inner = scope.child();
    const body = this.#statements(rule.body, inner);
    const head = this.#head(rule.head, args, inner);
    inner.close(this.#context.strict);
    const otherwise = rule.else === undefined ? undefined : this.rule(rule.else);
    return { ...rule, body, head, else: otherwise };
  }

  /** A query's own variables keep their names, so that its bindings can be read. */
  query(body: Body): Body {
    const scope = new Scope(this.#context.names, this.#context.report);
    const result = this.#statements(body, scope);
    scope.close(false);
    return result;
  }

  #head(head: Head, args: readonly Term[] | undefined, scope: Scope): Head {
    const [name, ...rest] = head.ref.terms;
    const full = name?.kind === "var" ? this.#context.globals.paths.get(name.name) : undefined;
    const prefix = full?.terms ?? (name === undefined ? [] : [name]);
    return {
      ...head,
      args,
      ref: { ...head.ref, terms: [...prefix, ...rest.map((term) => this.#term(term, scope))] },
      key: head.key && this.#term(head.key, scope),
      value: head.value && this.#term(head.value, scope),
    };
  }

  #statements(body: Body, scope: Scope): Body {
    return body.flatMap((expr) => this.#statement(expr, scope));
  }

  #closure(body: Body, outer: Scope, after: (scope: Scope) => void): Body {
    const scope = outer.child();
    const result = this.#statements(body, scope);
    after(scope);
    scope.close(this.#context.strict);
    return result;
  }

  #statement(expr: Expr, scope: Scope): readonly Expr[] {
    const { terms } = expr;
    if (terms.kind === "some") return this.#some(expr, terms.symbols, scope);
    if (terms.kind === "every") return [this.#every(expr, scope)];
    if (terms.kind === "call" && nameOfRef(terms.operator) === "assign" && terms.args.length === 2) {
      return [this.#assign(expr, terms.operator, terms.args as readonly [Term, Term], scope)];
    }
    const operator = terms.kind === "call" ? this.#operator(terms.operator, scope) : undefined;
    const mapped = mapExpr(expr, this.#rewriter(scope));
    return [
      operator === undefined || mapped.terms.kind !== "call"
        ? mapped
        : { ...mapped, terms: { ...mapped.terms, operator } },
    ];
  }

  #assign(expr: Expr, operator: Ref, [left, right]: readonly [Term, Term], scope: Scope): Expr {
    if (expr.negated) scope.error(expr.loc, "cannot assign vars inside negated expression");
    const value = this.#term(right, scope);
    if (!isPattern(left))
      scope.error(
        expr.loc,
        `cannot assign to ${left.kind === "string" || left.kind === "number" ? left.kind : left.kind}`,
      );
    const target = this.#declareAll(left, scope, "assigned");
    const withs = expr.with.map((each) => ({
      ...each,
      target: this.#target(each.target, scope),
      value: this.#term(each.value, scope),
    }));
    return {
      ...expr,
      with: withs,
      terms: { kind: "call", operator: named(operator.loc, "eq"), args: [target, value] },
    };
  }

  /** `some x` declares; `some k, v in xs` declares and becomes `xs[k] = v`. */
  #some(expr: Expr, symbols: readonly Term[], scope: Scope): readonly Expr[] {
    const [first] = symbols;
    if (first?.kind !== "call") {
      for (const symbol of symbols)
        if (symbol.kind === "var" && !isWildcard(symbol.name)) scope.declare(symbol.name, "some", symbol.loc);
      return [];
    }
    const domain = this.#term(first.args.at(-1) as Term, scope);
    const patterns = first.args.slice(0, -1).map((arg) => this.#declareAll(arg, scope, "some"));
    const value = patterns.at(-1) as Term;
    const key = patterns.length === 2 ? (patterns[0] as Term) : undefined;
    const withs = expr.with.map((each) => ({
      ...each,
      target: this.#target(each.target, scope),
      value: this.#term(each.value, scope),
    }));
    return membership(expr, domain, key, value, this.#context.names).map((each) => ({ ...each, with: withs }));
  }

  #every(expr: Expr, scope: Scope): Expr {
    const { terms } = expr;
    if (terms.kind !== "every") return expr;
    const domain = this.#term(terms.domain, scope);
    const inner = scope.child();
    const key = terms.key && this.#declareAll(terms.key, inner, "argument");
    const value = this.#declareAll(terms.value, inner, "argument");
    const body = this.#closure(terms.body, inner, () => {});
    const withs = expr.with.map((each) => ({
      ...each,
      target: this.#target(each.target, scope),
      value: this.#term(each.value, scope),
    }));
    return { ...expr, with: withs, terms: { ...terms, domain, key, value, body } };
  }

  /** Every variable of a pattern is declared; what else it holds is resolved. */
  #declareAll(pattern: Term, scope: Scope, how: "some" | "assigned" | "argument"): Term {
    if (pattern.kind === "var") {
      if (isWildcard(pattern.name)) return pattern;
      return scope.variable(pattern, scope.declare(pattern.name, how, pattern.loc));
    }
    if (pattern.kind === "array")
      return { ...pattern, items: pattern.items.map((item) => this.#declareAll(item, scope, how)) };
    if (pattern.kind === "object") {
      return {
        ...pattern,
        entries: pattern.entries.map(
          ([key, value]) => [this.#term(key, scope), this.#declareAll(value, scope, how)] as const,
        ),
      };
    }
    return this.#term(pattern, scope);
  }

  #rewriter(scope: Scope): Rewriter {
    return { term: (term) => this.#term(term, scope), body: (body) => this.#closure(body, scope, () => {}) };
  }

  #term(term: Term, scope: Scope): Term {
    if (term.kind === "var") return this.#variable(term, scope);
    if (term.kind === "ref") return this.#ref(term, scope);
    if (term.kind === "call") {
      const call = mapTerm(term, this.#rewriter(scope)) as Call;
      return { ...call, operator: this.#operator(term.operator, scope) };
    }
    if (term.kind === "arraycomprehension" || term.kind === "setcomprehension") {
      let head: Term = term.term;
      const body = this.#closure(term.body, scope, (inner) => {
        head = this.#term(term.term, inner);
      });
      return { ...term, term: head, body };
    }
    if (term.kind === "objectcomprehension") {
      let { key, value } = term;
      const body = this.#closure(term.body, scope, (inner) => {
        key = this.#term(term.key, inner);
        value = this.#term(term.value, inner);
      });
      return { ...term, key, value, body };
    }
    if (term.kind === "templatestring") {
      const parts = term.parts.map((part) =>
        part.kind === "expr" ? (this.#statement(part, scope)[0] ?? part) : this.#term(part, scope),
      );
      return { ...term, parts };
    }
    return mapTerm(term, this.#rewriter(scope));
  }

  #variable(term: Var, scope: Scope): Term {
    if (isWildcard(term.name)) return term;
    const local = scope.find(term.name);
    if (local !== undefined) return scope.variable(term, local);
    const path = this.#context.globals.paths.get(term.name);
    if (path !== undefined) return { ...path, loc: term.loc };
    if (term.name === "input" || term.name === "data") return { kind: "ref", loc: term.loc, terms: [term] };
    return term;
  }

  #ref(ref: Ref, scope: Scope): Term {
    const [head, ...rest] = ref.terms as readonly [Term, ...Term[]];
    const operands = rest.map((term) => this.#term(term, scope));
    const resolved = this.#term(head, scope);
    const prefix = resolved.kind === "ref" ? resolved.terms : [resolved];
    return { ...ref, terms: [...prefix, ...operands] };
  }

  /** Functions are called by path; operators that stand for a sign are never a rule of the same name. */
  #operator(operator: Ref, scope: Scope): Ref {
    const [head] = operator.terms;
    if (head?.kind !== "var" || !head.loc.text.startsWith(head.name)) return operator;
    const resolved = this.#variable(head, scope);
    return resolved.kind === "ref" ? { ...operator, terms: [...resolved.terms, ...operator.terms.slice(1)] } : operator;
  }

  /** What `with` replaces: a document, a function or a builtin. */
  #target(target: Term, scope: Scope): Term {
    return target.kind === "ref" ? this.#operatorOrRef(target, scope) : this.#term(target, scope);
  }

  #operatorOrRef(ref: Ref, scope: Scope): Term {
    const name = nameOfRef(ref);
    const head = ref.terms[0];
    const isKnown =
      head?.kind === "var" &&
      (head.name === "input" || head.name === "data" || this.#context.globals.paths.has(head.name));
    return name === undefined || isKnown ? this.#ref(ref, scope) : ref;
  }
}

function isPattern(term: Term): boolean {
  if (term.kind === "array") return term.items.every((item) => isPattern(item) || !holdsVars(item));
  if (term.kind === "object") return term.entries.every(([, value]) => isPattern(value) || !holdsVars(value));
  return term.kind === "var";
}

function holdsVars(term: Term): boolean {
  let found = false;
  walkTerm(term, (each) => {
    if (each.kind === "var") found = true;
    return !found;
  });
  return found;
}

/** `some k, v in xs` as unification: `xs[k] = v`, with a fresh key where `k` is itself a pattern. */
function membership(expr: Expr, domain: Term, key: Term | undefined, value: Term, names: LocalNames): readonly Expr[] {
  const { loc } = expr;
  const iterator: Term = key?.kind === "var" ? key : { kind: "var", loc, name: names.create() };
  const whole: Term = { kind: "var", loc, name: names.create() };
  const element: Term = { kind: "ref", loc, terms: [whole, iterator] };
  const bound = equation(expr, whole, domain);
  const member = equation(expr, value, element);
  const pattern = key === undefined || key === iterator ? [] : [equation(expr, key, iterator)];
  if (domain.kind !== "ref") return [bound, member, ...pattern];
  return [equation(expr, value, { ...domain, terms: [...domain.terms, iterator] }), ...pattern];
}

function equation(expr: Expr, left: Term, right: Term): Expr {
  return { ...expr, negated: false, terms: { kind: "call", operator: named(expr.loc, "eq"), args: [left, right] } };
}

/** A ref to a builtin. */
export function named(loc: Location, name: string): Ref {
  const [head = "", ...rest] = name.split(".");
  return {
    kind: "ref",
    loc,
    terms: [{ kind: "var", loc, name: head }, ...rest.map((value): Term => ({ kind: "string", loc, value }))],
  };
}
