import type { Body, Expr, Location, Ref, Rule, Term, Var, With } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { DeclaredVars, type Occurrence } from "./declared.ts";
import { declaredVars } from "./declared-vars.ts";
import type { LocalNames } from "./local-names.ts";
import { eqExpr, eqOperator, trueExpr, varTerm } from "./make.ts";
import { union } from "./name-sets.ts";
import { isBuiltinNamed, isGenerated, isWildcard } from "./names.ts";
import { headTerms, isRootDocument, ruleChain } from "./parts.ts";
import { mapAll, mapExpr, mapTerm, type Rewriter } from "./rewriter.ts";
import { compileFault, type Report } from "./stage.ts";
import { refText } from "./text.ts";
import { unifyOutputs } from "./unify.ts";
import { collectVars, mentionsVar, safetyVars, varsOfBody, varsOfTerm } from "./vars.ts";
import { walkExprs, walkExprsOfTerm } from "./walk.ts";

export interface LocalVarsContext {
  readonly names: LocalNames;
  readonly strict: boolean;
  readonly report: Report;
  readonly isBuiltin: (name: string) => boolean;
}

/**
 * OPA's stage RewriteLocalVars: variables declared by args, `some`, `every` and `:=` get names of their own, so that no two scopes share one;
 * `:=` becomes `=`, `some` goes away.
 */
export function rewriteLocalVars(rule: Rule, context: LocalVarsContext): Rule {
  const args = new DeclaredVars(context.names);
  const used = new Set<string>();
  const chain = [...ruleChain(rule)].map((each) => {
    const head = { ...each.head, args: each.head.args?.map((arg) => declareArgs(arg, args, context.report)) };
    const rewriter = new BodyRewriter(args.copy(), context);
    const rewritten = rewriter.rule({ ...each, head });
    for (const { name } of args.own("argument")) if (rewriter.stack.count(name) > 1) used.add(name);
    return rewritten;
  });
  if (context.strict) {
    for (const { name } of args.own("argument")) {
      if (used.has(name) || isWildcard(name)) continue;
      const message = `unused argument ${name}. (hint: use _ (wildcard variable) instead)`;
      context.report(compileFault(rule.head.loc, message));
    }
  }
  return chain.reduceRight((next, each) => ({ ...each, else: next }), undefined as Rule | undefined) as Rule;
}

/** The same for a query; its top-level declarations are bindings under their written names. */
export function rewriteQueryVars(body: Body, context: LocalVarsContext): Body {
  return new BodyRewriter(new DeclaredVars(context.names), context).body(body, new Set());
}

function declareArgs(term: Term, stack: DeclaredVars, report: Report): Term {
  const declare = (part: Term) => declareArgs(part, stack, report);
  if (term.kind === "call") report(compileFault(term.loc, "rule arguments cannot contain calls"));
  if (term.kind === "var") {
    const name = stack.find(term.name) ?? stack.declare(term.name, "argument");
    return { ...term, name };
  }
  if (term.kind === "array") return { ...term, items: term.items.map(declare) };
  // Nothing binds what a ref begins with, be it a document: the check of safety finds it.
  if (term.kind === "ref") return { ...term, terms: mapAll(term.terms, declare) };
  if (term.kind !== "object") return term;
  return { ...term, entries: term.entries.map(([key, value]) => [key, declare(value)] as const) };
}

class BodyRewriter {
  readonly stack: DeclaredVars;
  readonly #context: LocalVarsContext;
  /** Unused variables are not worth a word when declarations are wrong. */
  #faults = 0;
  /** There OPA looks at no calls, and in a closure not at those of arguments: one of a variable is then one of an undefined function. */
  #inHead: false | "itself" | "in a closure" = false;
  readonly #rewriter: Rewriter = {
    term: (term) => this.#term(term),
    body: (body) => this.#closure(body, new Set(), (inner) => this.#again(inner)),
  };

  constructor(stack: DeclaredVars, context: LocalVarsContext) {
    this.stack = stack;
    this.#context = context;
  }

  /** The head is rewritten in the scope of the body. */
  rule(rule: Rule): Rule {
    const used = new Set<string>();
    for (const term of headTerms(rule)) collectVars(term, {}, used);
    this.#declareLikeBuiltins(rule);
    const body = this.body(rule.body, used);
    const { head } = rule;
    this.#inHead = "itself";
    const [root, ...operands] = head.ref.terms as readonly [Term, ...Term[]];
    const ref: Ref = { ...head.ref, terms: [root, ...operands.map((term) => this.#term(term))] };
    const key = head.key && this.#term(head.key);
    const value = head.value && this.#term(head.value);
    // What the args declare has its names already; sets and comprehensions in them are left.
    const args = head.args && mapAll(head.args, (arg) => this.#term(arg));
    this.#inHead = false;
    return { ...rule, head: { ...head, ref, args, key, value }, body };
  }

  /** Variables named like builtins get names of their own, as if declared before all else: no call in the rule means the builtin then. */
  #declareLikeBuiltins(rule: Rule): void {
    let names: string[] | undefined;
    for (const name of varsOfBody(rule.body, safetyVars))
      if (this.#context.isBuiltin(name) && this.stack.find(name) === undefined) (names ??= []).push(name);
    if (names === undefined) return;
    const others = union(declaredVars(rule.body), varsOfWiths(rule));
    for (const name of names.sort()) if (!others.has(name)) this.stack.declare(name, "seen");
  }

  /** `used`: names that are read outside of the body but in its scope. */
  body(body: Body, used: ReadonlySet<string>): Body {
    const rewritten: Expr[] = [];
    for (const expr of body) {
      const made = this.#expr(expr);
      if (made !== undefined) rewritten.push(made);
    }
    // A body of `some` alone would be empty, which no body is.
    if (rewritten.length === 0 && body[0] !== undefined) rewritten.push(trueExpr(body[0].loc));
    if (this.#context.strict && this.stack.hasAssignment) this.#checkUnusedAssigned(body, used);
    if (this.#faults === 0) this.#checkUnusedDeclared(body, rewritten, used);
    return rewritten;
  }

  #fault(diagnostic: Diagnostic): void {
    this.#faults++;
    this.#context.report(diagnostic);
  }

  #checkUnusedAssigned(body: Body, used: ReadonlySet<string>): void {
    for (const { name, count } of this.stack.own("assigned")) {
      if (count > 1 || isWildcard(name) || used.has(name)) continue;
      this.#fault(compileFault(placeOf(body, name), `assigned var ${name} unused`));
    }
  }

  #checkUnusedDeclared(body: Body, rewritten: Body, used: ReadonlySet<string>): void {
    let present: Set<string> | undefined;
    for (const { name, local } of this.stack.own("declared")) {
      present ??= varsOfBody(rewritten);
      if (present.has(local) || used.has(name) || isWildcard(name) || isGenerated(name)) continue;
      this.#fault(compileFault(placeOf(body, name), `declared var ${name} unused`));
    }
  }

  /** A body with a scope of its own; `inside` runs in that scope. */
  #closure<T>(body: Body, used: ReadonlySet<string>, inside: (body: Body) => T): T {
    const inHead = this.#inHead;
    if (inHead !== false) this.#inHead = "in a closure";
    this.stack.push();
    const result = inside(this.body(body, used));
    this.stack.pop();
    this.#inHead = inHead;
    return result;
  }

  /** OPA goes over these bodies twice: a closure in them means what is declared behind it, too. */
  #again(body: Body): Body {
    const own = [...this.stack.own("declared"), ...this.stack.own("assigned")];
    const locals = new Map(own.map(({ name, local }) => [name, local]));
    if (locals.size === 0) return body;
    const rename: Rewriter = {
      term: (term) => {
        if (term.kind !== "var") return mapTerm(term, rename);
        const local = locals.get(term.name);
        return local === undefined ? term : { ...term, name: local };
      },
      body: (inner) => mapAll(inner, (expr) => mapExpr(expr, rename)),
    };
    return rename.body(body);
  }

  #expr(expr: Expr): Expr | undefined {
    const { terms } = expr;
    if (terms.kind === "some") return this.#some(expr, terms.symbols, terms.loc);
    if (terms.kind === "every") return this.#every(expr, terms);
    // Without braces it opens no scope.
    if (terms.kind === "not" && !terms.explicitBody)
      return { ...expr, with: this.#withs(expr.with), terms: { ...terms, body: mapAll(terms.body, this.#inNot) } };
    if (terms.kind === "call" && isBuiltinNamed(terms.operator, "assign") && terms.args.length === 2) {
      this.stack.hasAssignment = true;
      return this.#assignment(expr, terms.operator, terms.args as readonly [Term, Term]);
    }
    return this.#plain(expr);
  }

  readonly #inNot = (expr: Expr): Expr => this.#expr(expr) ?? expr;

  #plain(expr: Expr): Expr {
    return mapExpr(expr, this.#rewriter);
  }

  #withs(withs: readonly With[]): readonly With[] {
    return mapAll(withs, (each) => ({ ...each, target: this.#term(each.target), value: this.#term(each.value) }));
  }

  /** What is right of `:=` is read before the left side is declared: `x := x + 1` means the outer x. */
  #assignment(expr: Expr, operator: Ref, [left, right]: readonly [Term, Term]): Expr {
    if (expr.negated) {
      this.#fault(compileFault(expr.loc, "cannot assign vars inside negated expression"));
      return expr;
    }
    const value = this.#term(right);
    const withs = this.#withs(expr.with);
    const target = this.#target(left);
    const args = [target, value];
    const terms = { kind: "call", operator: eqOperator(operator.loc), args, isAssignment: true } as const;
    return { ...expr, with: withs, terms };
  }

  #target(term: Term): Term {
    if (term.kind === "var") return { ...term, name: this.#declare(term.name, "assigned", term.loc) };
    if (isRootDocument(term)) {
      const head = (term as Ref).terms[0] as Var;
      return { ...head, name: this.#declare(head.name, "assigned", term.loc) };
    }
    if (term.kind === "array") return { ...term, items: term.items.map((item) => this.#target(item)) };
    if (term.kind === "object") {
      const entries = term.entries.map(([key, value]) => [this.#term(key), this.#target(value)] as const);
      return { ...term, entries };
    }
    this.#fault(compileFault(term.loc, `cannot assign to ${term.kind}`));
    return term;
  }

  #declare(name: string, occurrence: Occurrence, loc: Location): string {
    const earlier = this.stack.occurrence(name);
    if (earlier === undefined) return this.stack.declare(name, occurrence);
    const written = isWildcard(name) ? "_" : name;
    const messages = {
      seen: `var ${written} referenced above`,
      assigned: `var ${written} assigned above`,
      declared: `var ${written} declared above`,
      argument: `arg ${written} redeclared`,
    };
    this.#fault(compileFault(loc, messages[earlier]));
    return this.stack.find(name) ?? name;
  }

  #some(expr: Expr, symbols: readonly Term[], loc: Location): Expr | undefined {
    const [first] = symbols;
    if (first?.kind === "call") return this.#member(expr, first.args, loc);
    for (const symbol of symbols) if (symbol.kind === "var") this.#declare(symbol.name, "declared", loc);
    return undefined;
  }

  /** `some k, v in xs` is `v = xs[k]`, its new variables declared. */
  #member(expr: Expr, args: readonly Term[], loc: Location): Expr {
    const container = args.at(-1) as Term;
    const value = args.at(-2) as Term;
    const key = args.length === 3 ? (args[0] as Term) : varTerm(loc, this.#context.names.create());
    const path = container.kind === "ref" ? container.terms : [container];
    const element: Ref = { kind: "ref", loc: container.loc, terms: [...path, key] };
    const outputs = unifyOutputs(value, element, varsOfTerm(container));
    for (const name of [...outputs].sort()) this.#declare(name, "declared", loc);
    // The author wrote it: it is one of the query's expressions.
    return this.#plain({ ...expr, terms: eqExpr(expr.loc, value, element).terms });
  }

  #every(expr: Expr, terms: Expr["terms"] & { kind: "every" }): Expr {
    const domain = this.#term(terms.domain);
    const withs = this.#withs(expr.with);
    this.stack.push();
    const key =
      terms.key === undefined ? varTerm(terms.loc, this.#context.names.create()) : this.#everyVar(terms.key, terms.loc);
    const value = this.#everyVar(terms.value, terms.loc);
    const body = this.#again(this.body(terms.body, new Set()));
    this.stack.pop();
    return { ...expr, with: withs, terms: { ...terms, domain, key, value, body } };
  }

  #everyVar(term: Term, loc: Location): Term {
    if (term.kind !== "var" || isWildcard(term.name)) return term;
    return { ...term, name: this.#declare(term.name, "declared", loc) };
  }

  #term(term: Term): Term {
    switch (term.kind) {
      case "var":
        return this.#variable(term);
      case "ref":
        return isRootDocument(term) ? this.#rootDocument(term) : mapTerm(term, this.#rewriter);
      case "call":
        this.#checkShadowed(term.operator, term.loc);
        return mapTerm(term, this.#rewriter);
      case "arraycomprehension":
      case "setcomprehension":
        return this.#closure(term.body, varsOfTerm(term.term), (body) => ({
          ...term,
          body,
          term: this.#term(term.term),
        }));
      case "objectcomprehension": {
        const used = union(varsOfTerm(term.key), varsOfTerm(term.value));
        return this.#closure(term.body, used, (body) => ({
          ...term,
          body,
          key: this.#term(term.key),
          value: this.#term(term.value),
        }));
      }
      default:
        return mapTerm(term, this.#rewriter);
    }
  }

  #variable(term: Var): Term {
    const local = this.stack.use(term.name);
    if (local !== undefined) return local === term.name ? term : { ...term, name: local };
    this.stack.mention(term.name);
    return term;
  }

  /** `input` and `data` may be declared as variables where keywords are not protected. */
  #rootDocument(ref: Ref): Term {
    const head = ref.terms[0] as Var;
    const occurrence = this.stack.anyOccurrence(head.name);
    if (occurrence === undefined || occurrence === "seen") return ref;
    return { ...head, name: this.stack.use(head.name) ?? head.name };
  }

  #checkShadowed(operator: Ref, loc: Location): void {
    const head = operator.terms[0];
    if (head?.kind !== "var" || this.#inHead === "itself") return;
    if (this.#inHead === "in a closure" && this.stack.anyOccurrence(head.name) === "argument") return;
    const local = this.stack.find(head.name);
    if (local === undefined || local === head.name) return;
    this.#fault(compileFault(loc, `called function ${refText(operator)} shadowed`));
  }
}

/** They may name functions: these keep their names. */
function varsOfWiths(rule: Rule): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (expr: Expr): boolean => {
    for (const { target, value } of expr.with) for (const term of [target, value]) collectVars(term, {}, names);
    return true;
  };
  for (const each of ruleChain(rule)) {
    walkExprs(each.body, collect);
    for (const term of headTerms(each)) walkExprsOfTerm(term, collect);
  }
  return names;
}

/** The first expression that names the variable. */
function placeOf(body: Body, name: string): Location | undefined {
  return (body.find((expr) => mentionsVar([expr], name)) ?? body[0])?.loc;
}
