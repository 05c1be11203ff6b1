import type { Body, Expr, Head, Ref, Rule, Term, With } from "../syntax/ast.ts";
import { named } from "./names.ts";
import type { LocalNames } from "./scope.ts";
import { nameOfRef } from "./walk.ts";

/**
 * OPA's stages RewriteExprTerms, RewriteComprehensionTerms, RewriteRefsInHead, RewriteWithValues and
 * RewriteDynamicTerms: afterwards calls hold only scalars, variables and literals of them, everything else stands before the
 * expression as `__localN__ = …`, also when the expression is negated.
 */
export class Expander {
  readonly #names: LocalNames;

  constructor(names: LocalNames) {
    this.#names = names;
  }

  rule(rule: Rule): Rule {
    const support: Expr[] = [];
    const head = this.#head(rule.head, support);
    const body = [...this.body(rule.body), ...support];
    return { ...rule, head, body, else: rule.else && this.rule(rule.else) };
  }

  body(body: Body): Body {
    return body.flatMap((expr) => this.#expr(expr));
  }

  #head(head: Head, support: Expr[]): Head {
    const context: Context = { support, with: [], loc: head.loc };
    const [root, ...operands] = head.ref.terms as readonly [Term, ...Term[]];
    return {
      ...head,
      ref: { ...head.ref, terms: [root, ...operands.map((term) => this.#hoistAll(term, context))] },
      key: head.key && this.#hoistAll(head.key, context),
      value: head.value && this.#hoistAll(head.value, context),
    };
  }

  #expr(expr: Expr): readonly Expr[] {
    const before: Expr[] = [];
    const withs = expr.with.map((each): With => {
      return { ...each, value: this.#withValue(each.value, { support: before, with: [], loc: each.loc }) };
    });
    const support: Expr[] = [];
    const terms = this.#terms(expr, { support, with: withs, loc: expr.loc });
    return [...before, ...support, { ...expr, with: withs, terms }];
  }

  #withValue(value: Term, context: Context): Term {
    return value.kind === "ref" && nameOfRef(value) !== undefined && value.terms[0]?.kind === "var"
      ? value
      : this.#hoistAll(value, context);
  }

  #terms(expr: Expr, context: Context): Expr["terms"] {
    const { terms } = expr;
    if (terms.kind === "term") return { ...terms, term: this.#keep(terms.term, context) };
    if (terms.kind === "some") return terms;
    if (terms.kind === "every")
      return { ...terms, domain: this.#hoistAll(terms.domain, context), body: this.body(terms.body) };
    if (terms.kind === "not") return { ...terms, body: this.body(terms.body) };
    if (terms.kind !== "call") return terms;
    const name = nameOfRef(terms.operator);
    const isEquation = (name === "eq" || name === "equal") && terms.args.length === 2;
    if (isEquation) {
      const args = terms.args.map((arg) => this.#keep(arg, context));
      return { kind: "call", operator: named(terms.operator.loc, name), args };
    }
    return { ...terms, args: terms.args.map((arg) => this.#hoistAll(arg, context)) };
  }

  /** The term may stay where it is, being a side of an equation; only its parts are taken out. */
  #keep(term: Term, context: Context): Term {
    switch (term.kind) {
      case "ref":
        return this.#ref(term, context);
      case "call":
        return { ...term, args: term.args.map((arg) => this.#hoistAll(arg, context)) };
      case "array":
      case "set":
        return { ...term, items: term.items.map((item) => this.#part(item, context)) };
      case "object":
        return {
          ...term,
          entries: term.entries.map(
            ([key, value]) => [this.#hoistAll(key, context), this.#part(value, context)] as const,
          ),
        };
      case "arraycomprehension":
      case "setcomprehension":
        return this.#comprehension(term);
      case "objectcomprehension":
        return this.#comprehension(term);
      case "templatestring":
        return this.#keep(this.#template(term), context);
      default:
        return term;
    }
  }

  /** Inside a literal of an equation, patterns stay and everything that must be evaluated is taken out. */
  #part(term: Term, context: Context): Term {
    if (term.kind === "array" || term.kind === "object") return this.#keep(term, context);
    return this.#hoistAll(term, context);
  }

  #hoistAll(term: Term, context: Context): Term {
    switch (term.kind) {
      case "array":
      case "set":
        return { ...term, items: term.items.map((item) => this.#hoistAll(item, context)) };
      case "object":
        return {
          ...term,
          entries: term.entries.map(
            ([key, value]) => [this.#hoistAll(key, context), this.#hoistAll(value, context)] as const,
          ),
        };
      case "null":
      case "boolean":
      case "number":
      case "string":
      case "var":
        return term;
      default:
        return this.#hoist(this.#keep(term, context), context);
    }
  }

  #hoist(term: Term, { support, with: withs, loc }: Context): Term {
    const local: Term = { kind: "var", loc: term.loc, name: this.#names.create() };
    const terms = { kind: "call", operator: named(loc, "eq"), args: [local, term] } as const;
    support.push({ kind: "expr", loc: term.loc, negated: false, with: withs, terms, generated: true });
    return local;
  }

  #ref(ref: Ref, context: Context): Ref {
    const [head, ...operands] = ref.terms as readonly [Term, ...Term[]];
    const root = head.kind === "var" ? head : this.#hoist(this.#keep(head, context), context);
    return { ...ref, terms: [root, ...operands.map((operand) => this.#part(operand, context))] };
  }

  #comprehension(term: Term & { kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension" }): Term {
    const support: Expr[] = [];
    const context: Context = { support, with: [], loc: term.loc };
    const inner = this.body(term.body);
    if (term.kind === "objectcomprehension") {
      const key = this.#hoistAll(term.key, context);
      const value = this.#hoistAll(term.value, context);
      return { ...term, key, value, body: [...inner, ...support] };
    }
    const head = this.#hoistAll(term.term, context);
    return { ...term, term: head, body: [...inner, ...support] };
  }

  /** Each `{expr}` becomes a set of its values, so that an undefined one can be told from the others. */
  #template(term: Term & { kind: "templatestring" }): Term {
    const items = term.parts.map((part): Term => {
      if (part.kind !== "expr") return part;
      const value = exprAsTerm(part);
      const local: Term = { kind: "var", loc: part.loc, name: this.#names.create() };
      const terms = { kind: "call", operator: named(part.loc, "eq"), args: [local, value] } as const;
      return { kind: "setcomprehension", loc: part.loc, term: local, body: [{ ...part, terms }] };
    });
    return {
      kind: "call",
      loc: term.loc,
      operator: named(term.loc, "internal.template_string"),
      args: [{ kind: "array", loc: term.loc, items }],
    };
  }
}

interface Context {
  readonly support: Expr[];
  readonly with: readonly With[];
  readonly loc: Expr["loc"];
}

function exprAsTerm(expr: Expr): Term {
  const { terms, loc } = expr;
  if (terms.kind === "call") return { kind: "call", loc, operator: terms.operator, args: terms.args };
  return terms.kind === "term" ? terms.term : { kind: "boolean", loc, value: true };
}
