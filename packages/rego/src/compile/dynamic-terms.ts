import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { eqExpr, varTerm } from "./make.ts";
import { isBuiltinNamed } from "./names.ts";
import { hasParts, isComprehension } from "./parts.ts";
import { mapAll, mapInOrder, mapTerm, type Rewriter } from "./rewriter.ts";

/**
 * OPA's stage RewriteDynamicTerms: refs and comprehensions that stand in literals, in operands of refs or as arguments become
 * locals before the expression. Those that are a side of `=` or an expression stay.
 */
export class TermHoister {
  readonly #names: LocalNames;

  constructor(names: LocalNames) {
    this.#names = names;
  }

  rule(rule: Rule): Rule {
    const body = this.body(rule.body);
    const otherwise = rule.else && this.rule(rule.else);
    return body === rule.body && otherwise === rule.else ? rule : { ...rule, body, else: otherwise };
  }

  body(body: Body): Body {
    const made: Expr[] = [];
    for (const expr of body) {
      const terms = this.#terms(expr, made);
      made.push(terms === expr.terms ? expr : { ...expr, terms });
    }
    return made.length === body.length && made.every((expr, i) => expr === body[i]) ? body : made;
  }

  #terms(expr: Expr, into: Expr[]): Expr["terms"] {
    const { terms } = expr;
    switch (terms.kind) {
      case "term": {
        const term = this.#keep(terms.term, expr, into);
        return term === terms.term ? terms : { kind: "term", term };
      }
      case "call": {
        const isEquation = isBuiltinNamed(terms.operator, "eq") && terms.args.length === 2;
        const args = mapAll(terms.args, (arg) =>
          isEquation ? this.#keep(arg, expr, into) : this.#hoist(arg, expr, into),
        );
        return args === terms.args ? terms : { ...terms, args };
      }
      case "every": {
        const domain = this.#hoist(terms.domain, expr, into);
        const body = this.body(terms.body);
        return domain === terms.domain && body === terms.body ? terms : { ...terms, domain, body };
      }
      case "not": {
        const body = this.body(terms.body);
        return body === terms.body ? terms : { ...terms, body };
      }
      default:
        return terms;
    }
  }

  /** The term may stay where it is; only its operands are taken out. */
  #keep(term: Term, expr: Expr, into: Expr[]): Term {
    if (term.kind === "ref") return this.#ref(term, expr, into);
    if (isComprehension(term)) return this.#bodies(term);
    return this.#hoist(term, expr, into);
  }

  #hoist(term: Term, expr: Expr, into: Expr[]): Term {
    if (!hasParts(term)) return term;
    if (term.kind === "ref") return this.#local(this.#ref(term, expr, into), expr, into);
    if (isComprehension(term)) return this.#local(this.#bodies(term), expr, into);
    const rewriter: Rewriter = {
      term: (each) => this.#hoist(each, expr, into),
      body: (body) => body,
      skipsLeaves: true,
    };
    // OPA's sets and objects are in order, and with them the locals.
    return mapInOrder(term, rewriter);
  }

  #ref(term: Term & { kind: "ref" }, expr: Expr, into: Expr[]): Term {
    const terms = mapAll(term.terms, (each, at) =>
      at === 0 || each.kind === "string" || each.kind === "var" ? each : this.#hoist(each, expr, into),
    );
    return terms === term.terms ? term : { ...term, terms };
  }

  #bodies(term: Term): Term {
    return mapTerm(term, { term: (each) => each, body: (body) => this.body(body) });
  }

  #local(term: Term, expr: Expr, into: Expr[]): Term {
    const local = varTerm(term.loc, this.#names.create());
    into.push({ ...eqExpr(term.loc, local, term), with: expr.with });
    return local;
  }
}
