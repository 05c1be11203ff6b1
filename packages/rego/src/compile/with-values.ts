import type { Body, Expr, Ref, Rule, Term, With } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { eqExpr, varTerm } from "./make.ts";
import { nameOfRef } from "./names.ts";
import { isComprehension } from "./parts.ts";
import { mapExpr, mapTerm, type Rewriter } from "./rewriter.ts";
import { compileFault, type StageContext, typeFault } from "./stage.ts";
import { pathBelowData, refText } from "./text.ts";
import { requiresEval } from "./walk.ts";

/** OPA's stage RewriteWithValues: checks what `with` may replace, and takes values that need evaluation out of it. */
export class WithRewriter {
  readonly #names: LocalNames;
  readonly #context: StageContext;

  constructor(names: LocalNames, context: StageContext) {
    this.#names = names;
    this.#context = context;
  }

  rule(rule: Rule): Rule {
    const body = this.body(rule.body);
    const { head } = rule;
    const key = head.key && this.#rewriter.term(head.key);
    const value = head.value && this.#rewriter.term(head.value);
    const otherwise = rule.else && this.rule(rule.else);
    if (body === rule.body && key === head.key && value === head.value && otherwise === rule.else) return rule;
    return { ...rule, head: { ...head, key, value }, body, else: otherwise };
  }

  body(body: Body): Body {
    const made: Expr[] = [];
    const known = new Map<Term, With>();
    for (const expr of body) {
      const inner = mapExpr(expr, this.#rewriter);
      const rewritten = inner.with.length === 0 ? [inner] : this.#expr(inner, known);
      // What was taken out of an expression has its `with` too: one fault is enough.
      if (rewritten === undefined) return body;
      made.push(...rewritten);
    }
    return made.length === body.length && made.every((expr, i) => expr === body[i]) ? body : made;
  }

  readonly #rewriter: Rewriter = {
    term: (term) => (hasParts(term) || isComprehension(term) ? mapTerm(term, this.#rewriter) : term),
    body: (body) => this.body(body),
    skipsLeaves: true,
  };

  /**
   * Undefined, and reported, when a `with` is wrong. `rewritten`: those of the body by their targets, as what was taken out of an expression
   * shares its `with`, whose values are evaluated once. (Bodies in heads are shared too, by the rules of further bodies.)
   */
  #expr(expr: Expr, rewritten: Map<Term, With>): readonly Expr[] | undefined {
    const support: Expr[] = [];
    const withs: With[] = [];
    for (const each of expr.with) {
      const known = rewritten.get(each.target);
      if (known !== undefined) {
        withs.push(known);
        continue;
      }
      const target = asFunctionRef(each.target, this.#context);
      const value = asFunctionRef(each.value, this.#context);
      const isValue = this.#checked({ ...each, target, value });
      if (isValue === undefined) return undefined;
      if (!isValue || !requiresEval(value)) {
        withs.push({ ...each, target, value });
        continue;
      }
      const local = varTerm(value.loc, this.#names.create());
      support.push(eqExpr(value.loc, local, value));
      const made = { ...each, target, value: local };
      rewritten.set(each.target, made);
      withs.push(made);
    }
    return [...support, { ...expr, with: withs }];
  }

  /** True when the value is to be evaluated, false when it names a function; undefined, and reported, when the target is wrong. */
  #checked({ target, value }: With): boolean | undefined {
    const { report } = this.#context;
    const head = target.kind === "ref" ? target.terms[0] : undefined;
    if (target.kind !== "ref" || head?.kind !== "var") {
      report(typeFault(target.loc, unknownTarget));
      return undefined;
    }
    if (head.name === "data") return this.#checkedData(target, value);
    if (head.name === "input") return true;
    const isBuiltin = this.#isBuiltin(target);
    if (isBuiltin === undefined) return undefined;
    if (isBuiltin) {
      const why = this.#whyNotReplaceable(target);
      if (why !== undefined) {
        report(compileFault(target.loc, `with keyword replacing built-in function: ${why}`));
        return undefined;
      }
      return this.#isFunctionValue(value);
    }
    if (this.#context.options.allowUndefinedFunctions === true) return false;
    report(typeFault(target.loc, unknownTarget));
    return undefined;
  }

  #checkedData(target: Ref, value: Term): boolean | undefined {
    if (this.#liesBelowRule(target)) {
      this.#context.report(compileFault(target.loc, "with keyword cannot partially replace virtual document(s)"));
      return undefined;
    }
    if (this.#isFunctionRule(target)) {
      const isValue = this.#isFunctionValue(value);
      if (isValue !== true) return isValue;
    }
    return !(value.kind === "ref" && this.#isFunctionRule(value));
  }

  /** True when a rule makes a document on the way to this one. */
  #liesBelowRule({ terms }: Ref): boolean {
    const path: string[] = [];
    for (const term of terms.slice(1, -1)) {
      if (term.kind !== "string") return false;
      path.push(term.value);
      if (this.#context.ruleKind([...path]) !== undefined) return true;
    }
    return false;
  }

  #isFunctionRule(ref: Ref): boolean {
    const path = pathBelowData(ref);
    return path !== undefined && this.#context.ruleKind(path) === "function";
  }

  /** What replaces a function: another one or a rule, evaluated where it would be (false), or a value (true). */
  #isFunctionValue(value: Term): boolean | undefined {
    if (value.kind !== "ref") return true;
    const path = pathBelowData(value);
    if (path !== undefined && this.#context.ruleKind(path) !== undefined) return false;
    const isBuiltin = this.#isBuiltin(value);
    return isBuiltin === undefined ? undefined : !isBuiltin;
  }

  #isBuiltin(ref: Ref): boolean | undefined {
    const name = nameOfRef(ref) ?? "";
    const { options, builtin, report } = this.#context;
    if (options.unsafeBuiltins?.has(name) === true) {
      const message = `with keyword replacing built-in function: target must not be unsafe: "${name}"`;
      report(compileFault(ref.loc, message));
      return undefined;
    }
    return builtin(name) !== undefined;
  }

  #whyNotReplaceable(target: Ref): string | undefined {
    const name = nameOfRef(target) ?? "";
    if (irreplaceable.has(name)) return `replacement of "${name}" invalid`;
    if (name.startsWith("internal.")) return `replacement of internal function "${refText(target)}" invalid`;
    const signature = this.#context.builtin(name);
    if (signature?.relation === true) return "target must not be a relation";
    return signature?.result === undefined ? "target must not be a void function" : undefined;
  }
}

const unknownTarget = "with keyword target must reference existing input, data, or a function";
const irreplaceable = new Set(["eq", "rego.metadata.chain", "rego.metadata.rule"]);

/** Builtins are parsed as vars; in `with` they are refs. */
function asFunctionRef(term: Term, { builtin }: StageContext): Term {
  if (term.kind !== "var" || builtin(term.name) === undefined) return term;
  return { kind: "ref", loc: term.loc, terms: [term] };
}

function hasParts(term: Term): boolean {
  return term.kind === "array" || term.kind === "object" || term.kind === "set" || term.kind === "ref";
}
