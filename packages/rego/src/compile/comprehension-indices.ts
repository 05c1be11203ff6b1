import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { isBuiltinNamed } from "./names.ts";
import { type Comprehension, directBodies, directTerms, isComprehension } from "./parts.ts";
import { mapAll, mapExpr, mapRule, mapTerm, type Rewriter } from "./rewriter.ts";
import { bodyOutputs, rootDocuments, type SafetyContext } from "./safety.ts";
import { collectExprVars, collectVars, safetyVars, varsOfBody, varsOfTerm } from "./vars.ts";

type Arity = SafetyContext["arity"];
type Keys = ReadonlyMap<Term, readonly string[]>;

/**
 * OPA's stage BuildComprehensionIndices: marks comprehensions that OPA evaluates once for all values of the variables around them. That
 * can be seen: of several values for one key of an object the last counts, and what stands behind `not` or `every` is asked with those
 * variables free. https://www.openpolicyagent.org/docs/policy-performance#comprehension-indexing
 */
export function indexComprehensions(rule: Rule, arity: Arity): Rule {
  const keys = new Map<Term, readonly string[]>();
  for (let each: Rule | undefined = rule; each !== undefined; each = each.else) {
    const candidates = new Set(rootDocuments);
    for (const arg of each.head.args ?? []) collectVars(arg, {}, candidates);
    findKeys(each.body, candidates, arity, keys);
  }
  return keys.size === 0 ? rule : mapRule(rule, markWith(keys));
}

/** The same for a query. */
export function indexComprehensionsInBody(body: Body, arity: Arity): Body {
  const keys = new Map<Term, readonly string[]>();
  findKeys(body, new Set(rootDocuments), arity, keys);
  return keys.size === 0 ? body : markWith(keys).body(body);
}

function markWith(keys: Keys): Rewriter {
  const rewriter: Rewriter = {
    term: (term) => {
      const indexedBy = keys.get(term);
      const mapped = mapTerm(term, rewriter);
      return indexedBy === undefined ? mapped : ({ ...mapped, indexedBy } as Term);
    },
    body: (body) => mapAll(body, (expr) => mapExpr(expr, rewriter)),
  };
  return rewriter;
}

/** Of a body, then of the bodies in it. As in OPA, `candidates` gathers the variables of all that were looked at. */
function findKeys(body: Body, candidates: Set<string>, arity: Arity, keys: Map<Term, readonly string[]>): void {
  for (const expr of body) {
    const comprehension = assignedComprehension(expr);
    const found = comprehension && keysOf(comprehension.body, candidates, arity);
    if (comprehension !== undefined && found !== undefined) keys.set(comprehension, found);
    collectExprVars(expr, safetyVars, candidates);
  }
  for (const expr of body) {
    for (const term of directTerms(expr)) findKeysInTerm(term, candidates, arity, keys);
    for (const inner of directBodies(expr)) findKeys(inner, candidates, arity, keys);
  }
}

function findKeysInTerm(term: Term, candidates: Set<string>, arity: Arity, keys: Map<Term, readonly string[]>): void {
  if (isComprehension(term)) findKeys(term.body, candidates, arity, keys);
}

/** The comprehension that the expression makes equal to a variable. */
function assignedComprehension({ terms, negated, with: withs }: Expr): Comprehension | undefined {
  if (terms.kind !== "call" || negated || withs.length > 0 || !isBuiltinNamed(terms.operator, "eq")) return undefined;
  const [left, right] = terms.args as readonly [Term, Term];
  if (left.kind === "var" && isComprehension(right)) return right;
  return right.kind === "var" && isComprehension(left) ? left : undefined;
}

function keysOf(body: Body, candidates: ReadonlySet<string>, arity: Arity): readonly string[] | undefined {
  const outputs = bodyOutputs(body, rootDocuments, arity);
  for (const name of varsOfBody(body, safetyVars)) if (!outputs.has(name) && !rootDocuments.has(name)) return undefined;
  const found = [...outputs].filter((name) => candidates.has(name));
  if (found.length === 0) return undefined;
  return new Suitability(candidates).isSuitable(body) ? found.sort() : undefined;
}

/** The operand of a relation's output, which is asked for with what is known of it. */
const walkOutput = 1;

/**
 * No index where a reference's operand, or what `walk` is asked for, is a candidate, unless its name was met before in another place; nor
 * where an inner comprehension names one.
 */
class Suitability {
  readonly #candidates: ReadonlySet<string>;
  readonly #seen = new Set<string>();

  constructor(candidates: ReadonlySet<string>) {
    this.#candidates = candidates;
  }

  isSuitable(body: Body): boolean {
    return body.every((expr) => this.#expr(expr));
  }

  #expr(expr: Expr): boolean {
    const { terms } = expr;
    const isWalk = terms.kind === "call" && isBuiltinNamed(terms.operator, "walk");
    const output = isWalk ? terms.args[walkOutput] : undefined;
    if (output !== undefined && !this.#areFresh(varsOfTerm(output))) return false;
    const own = terms.kind === "every" ? [terms.key, terms.value, terms.domain] : directTerms(expr);
    return (
      own.every((each) => each === undefined || this.#term(each)) &&
      directBodies(expr).every((inner) => this.isSuitable(inner)) &&
      expr.with.every(({ target, value }) => this.#term(target) && this.#term(value))
    );
  }

  #term(term: Term): boolean {
    switch (term.kind) {
      case "var":
        this.#seen.add(term.name);
        return true;
      case "ref":
        return this.#areFresh(varsOfTerm(term, { skipRefHead: true })) && term.terms.every((each) => this.#term(each));
      case "array":
      case "set":
        return term.items.every((each) => this.#term(each));
      case "object":
        return term.entries.every(([key, value]) => this.#term(key) && this.#term(value));
      default:
        return !isComprehension(term) || this.#isClosed(term);
    }
  }

  #areFresh(names: ReadonlySet<string>): boolean {
    for (const name of names) if (this.#candidates.has(name) && !this.#seen.has(name)) return false;
    return true;
  }

  #isClosed(term: Comprehension): boolean {
    const names = varsOfTerm(term, { skipRefHead: true });
    for (const name of names) if (this.#candidates.has(name)) return false;
    return true;
  }
}
