import type { Body, Expr, Rule, Term, With } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { appendToBody, eqExpr, varTerm } from "./make.ts";
import { type Comprehension, hasParts, isComprehension } from "./parts.ts";
import { mapAll, mapInOrder, type Rewriter } from "./rewriter.ts";

/**
 * OPA's stage RewriteExprTerms: calls inside terms become expressions before the one they stand in, with their output in a local:
 * `f(g(x))` is `g(x, __local0__); f(__local0__)`. Literals at the head of refs become locals likewise. Afterwards no term holds a call.
 */
export class CallHoister {
  readonly #names: LocalNames;

  constructor(names: LocalNames) {
    this.#names = names;
  }

  rule(rule: Rule): Rule {
    const { head } = rule;
    const support: Expr[] = [];
    const hoist = (term: Term) => this.#term(term, support);
    const args = head.args && mapAll(head.args, hoist);
    const key = head.key && hoist(head.key);
    const value = head.value && hoist(head.value);
    const body = this.body(appendToBody(rule.body, support));
    const otherwise = rule.else && this.rule(rule.else);
    const isSame = body === rule.body && otherwise === rule.else;
    if (isSame && args === head.args && key === head.key && value === head.value) return rule;
    return {
      ...rule,
      head: { ...head, args, key, value },
      body,
      else: otherwise,
    };
  }

  body(body: Body): Body {
    const made: Expr[] = [];
    for (const expr of body) this.#expr(expr, made);
    return made.length === body.length && made.every((expr, i) => expr === body[i]) ? body : made;
  }

  #expr(expr: Expr, into: Expr[]): void {
    const withs = mapAll(expr.with, (each): With => {
      const value = this.#term(each.value, into);
      return value === each.value ? each : { ...each, value };
    });
    const support: Expr[] = [];
    const terms = this.#terms(expr, support);
    for (const each of support) into.push(withs.length === 0 ? each : { ...each, with: withs });
    into.push(terms === expr.terms && withs === expr.with ? expr : { ...expr, with: withs, terms });
  }

  #terms({ terms }: Expr, support: Expr[]): Expr["terms"] {
    switch (terms.kind) {
      case "term": {
        const term = this.#term(terms.term, support);
        return term === terms.term ? terms : { kind: "term", term };
      }
      case "call": {
        const args = mapAll(terms.args, (arg) =>
          arg.kind === "var" || arg.kind === "string" ? arg : this.#term(arg, support),
        );
        return args === terms.args ? terms : { ...terms, args };
      }
      case "every": {
        const { loc } = terms.domain;
        const domain = varTerm(loc, this.#names.create());
        this.#expr(eqExpr(loc, domain, terms.domain), support);
        return { ...terms, domain, body: this.body(terms.body) };
      }
      case "not":
        return { ...terms, body: this.body(terms.body) };
      default:
        return terms;
    }
  }

  #term(term: Term, support: Expr[]): Term {
    if (!hasParts(term)) return term;
    if (isComprehension(term)) return this.#comprehension(term);
    const rewriter: Rewriter = {
      term: (each) => this.#term(each, support),
      body: (body) => this.body(body),
      skipsLeaves: true,
    };
    if (term.kind === "call") {
      const args = term.args.map(rewriter.term);
      const output = varTerm(term.loc, this.#names.create());
      const call = { kind: "call", operator: term.operator, args: [...args, output] } as const;
      support.push({ kind: "expr", loc: term.loc, negated: false, with: [], terms: call, generated: true });
      return output;
    }
    const made = mapInOrder(term, rewriter);
    if (made.kind !== "ref") return made;
    const head = made.terms[0] as Term;
    if (!hasParts(head)) return made;
    const local = varTerm(head.loc, this.#names.create());
    support.push(eqExpr(head.loc, local, head));
    return { ...made, terms: made.terms.with(0, local) };
  }

  /** What is taken out of a comprehension's term stays inside the comprehension. */
  #comprehension(term: Comprehension): Term {
    const support: Expr[] = [];
    if (term.kind === "objectcomprehension") {
      const key = this.#term(term.key, support);
      const value = this.#term(term.value, support);
      const body = appendToBody(this.body(term.body), support);
      return key === term.key && value === term.value && body === term.body ? term : { ...term, key, value, body };
    }
    const head = this.#term(term.term, support);
    const body = appendToBody(this.body(term.body), support);
    return head === term.term && body === term.body ? term : { ...term, term: head, body };
  }
}
