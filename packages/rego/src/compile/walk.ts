import type { Body, Expr, ExprTerms, Ref, Rule, Term, With } from "../syntax/ast.ts";
import { inOrder } from "../syntax/term-order.ts";

/** What a rewriting does with the direct parts of a node. Nodes whose parts stay the same stay the same object. */
export interface Rewriter {
  readonly term: (term: Term) => Term;
  /** Bodies of comprehensions, `every`, `not`, `and` and `or`: they open a scope of their own. */
  readonly body: (body: Body) => Body;
  /** True when `term` leaves variables and strings as they are: it is not called with them. */
  readonly skipsLeaves?: boolean;
}

export type Comprehension = Extract<Term, { kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension" }>;

/** `items.map(change)`, or `items` itself when nothing changed. */
export function mapAll<T>(items: readonly T[], change: (item: T, at: number) => T): readonly T[] {
  let changed: T[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as T;
    const made = change(item, i);
    if (made !== item && changed === undefined) changed = items.slice(0, i);
    changed?.push(made);
  }
  return changed ?? items;
}

/** `mapAll` for terms. */
function mapParts(terms: readonly Term[], { term: change, skipsLeaves }: Rewriter): readonly Term[] {
  let changed: Term[] | undefined;
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i] as Term;
    const made = skipsLeaves === true && (term.kind === "var" || term.kind === "string") ? term : change(term);
    if (made !== term && changed === undefined) changed = terms.slice(0, i);
    changed?.push(made);
  }
  return changed ?? terms;
}

/** The term with its direct parts rewritten, bodies before the terms that close over them. */
export function mapTerm(term: Term, rewriter: Rewriter): Term {
  switch (term.kind) {
    case "var":
    case "string":
      return term;
    case "ref": {
      const terms = mapParts(term.terms, rewriter);
      return terms === term.terms ? term : { ...term, terms };
    }
    case "array":
    case "set": {
      const items = mapParts(term.items, rewriter);
      return items === term.items ? term : { ...term, items };
    }
    case "object": {
      const entries = mapEntries(term.entries, rewriter.term);
      return entries === term.entries ? term : { ...term, entries };
    }
    case "call":
      return mapCall(term, rewriter);
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      return mapComprehension(term, rewriter);
    case "templatestring": {
      const parts = mapAll(term.parts, (part) =>
        part.kind === "expr" ? mapExpr(part, rewriter) : rewriter.term(part),
      );
      return parts === term.parts ? term : { ...term, parts };
    }
    default:
      return term;
  }
}

/** The same, in the order of the members of a set or object: what is taken out of them is evaluated in it. */
export function mapInOrder(term: Term, rewriter: Rewriter): Term {
  if (term.kind !== "set" && term.kind !== "object") return mapTerm(term, rewriter);
  const parts = term.kind === "set" ? term.items : term.entries.flat();
  if (!parts.some(hasParts)) return mapTerm(term, rewriter);
  const ordered = inOrder(term);
  const made = mapTerm(ordered, rewriter);
  return made === ordered ? term : made;
}

function mapEntries(
  entries: readonly (readonly [Term, Term])[],
  change: (term: Term) => Term,
): readonly (readonly [Term, Term])[] {
  return mapAll(entries, (entry) => {
    const key = change(entry[0]);
    const value = change(entry[1]);
    return key === entry[0] && value === entry[1] ? entry : ([key, value] as const);
  });
}

function mapCall(term: Extract<Term, { kind: "call" }>, rewriter: Rewriter): Term {
  const operator = rewriter.term(term.operator) as Ref;
  const args = mapParts(term.args, rewriter);
  return operator === term.operator && args === term.args ? term : { ...term, operator, args };
}

function mapComprehension(term: Comprehension, { term: change, body: changeBody }: Rewriter): Term {
  const body = changeBody(term.body);
  if (term.kind === "objectcomprehension") {
    const key = change(term.key);
    const value = change(term.value);
    return body === term.body && key === term.key && value === term.value ? term : { ...term, body, key, value };
  }
  const head = change(term.term);
  return body === term.body && head === term.term ? term : { ...term, body, term: head };
}

/** The expression with its direct terms, bodies and `with` parts rewritten. */
export function mapExpr(expr: Expr, rewriter: Rewriter): Expr {
  const terms = mapTerms(expr.terms, rewriter);
  const withs = expr.with.length === 0 ? expr.with : mapWiths(expr.with, rewriter);
  return terms === expr.terms && withs === expr.with ? expr : { ...expr, terms, with: withs };
}

function mapWiths(withs: readonly With[], { term: change }: Rewriter): readonly With[] {
  return mapAll(withs, (each) => {
    const target = change(each.target);
    const value = change(each.value);
    return target === each.target && value === each.value ? each : { ...each, target, value };
  });
}

function mapTerms(terms: ExprTerms, rewriter: Rewriter): ExprTerms {
  const { term: change, body: changeBody } = rewriter;
  switch (terms.kind) {
    case "call": {
      const operator = change(terms.operator) as Ref;
      const args = mapParts(terms.args, rewriter);
      return operator === terms.operator && args === terms.args ? terms : { ...terms, operator, args };
    }
    case "term": {
      const term = change(terms.term);
      return term === terms.term ? terms : { ...terms, term };
    }
    case "some": {
      const symbols = mapAll(terms.symbols, change);
      return symbols === terms.symbols ? terms : { ...terms, symbols };
    }
    case "every": {
      const domain = change(terms.domain);
      const key = terms.key && change(terms.key);
      const value = change(terms.value);
      const body = changeBody(terms.body);
      const same = domain === terms.domain && key === terms.key && value === terms.value && body === terms.body;
      return same ? terms : { ...terms, domain, key, value, body };
    }
    case "not": {
      const body = changeBody(terms.body);
      return body === terms.body ? terms : { ...terms, body };
    }
    case "and":
    case "or": {
      const left = changeBody(terms.left);
      const right = changeBody(terms.right);
      return left === terms.left && right === terms.right ? terms : { ...terms, left, right };
    }
  }
}

/** Rewrites every expression below a body or rule, innermost first. */
export function exprRewriter(change: (expr: Expr) => Expr): Rewriter {
  const rewriter: Rewriter = {
    term: (term) => mapTerm(term, rewriter),
    body: (inner) => mapAll(inner, (expr) => change(mapExpr(expr, rewriter))),
    skipsLeaves: true,
  };
  return rewriter;
}

/** The rule with its head's terms and its body rewritten, then its else branches. */
export function mapRule(rule: Rule, rewriter: Rewriter): Rule {
  const { head } = rule;
  const ref = rewriter.term(head.ref) as Ref;
  const args = head.args && mapAll(head.args, rewriter.term);
  const key = head.key && rewriter.term(head.key);
  const value = head.value && rewriter.term(head.value);
  const sameHead = ref === head.ref && args === head.args && key === head.key && value === head.value;
  const body = rewriter.body(rule.body);
  const otherwise = rule.else && mapRule(rule.else, rewriter);
  if (sameHead && body === rule.body && otherwise === rule.else) return rule;
  return { ...rule, head: sameHead ? head : { ...head, ref, args, key, value }, body, else: otherwise };
}

// These walks run before V8 has optimised anything: until then a loop by index takes a fraction of what an iterator does, and a `switch`
// compares from its first case on, so that the kinds of which there are most come first.

type Visit = (term: Term) => boolean;

/**
 * Calls `visit` for the term and, while it answers true, for all terms inside it, closures included; with `skipsLeaves` not for variables
 * and strings, which most terms are.
 */
export function walkTerm(term: Term, visit: Visit, skipsLeaves = false): void {
  if ((skipsLeaves && (term.kind === "var" || term.kind === "string")) || !visit(term)) return;
  switch (term.kind) {
    case "var":
    case "string":
      return;
    case "ref":
      walkTerms(term.terms, visit, skipsLeaves);
      return;
    case "array":
    case "set":
      walkTerms(term.items, visit, skipsLeaves);
      return;
    case "object":
      for (let i = 0; i < term.entries.length; i++)
        walkTerms(term.entries[i] as readonly [Term, Term], visit, skipsLeaves);
      return;
    case "call":
      walkTerm(term.operator, visit, skipsLeaves);
      walkTerms(term.args, visit, skipsLeaves);
      return;
    case "arraycomprehension":
    case "setcomprehension":
      walkTerm(term.term, visit, skipsLeaves);
      walkBody(term.body, visit, skipsLeaves);
      return;
    case "objectcomprehension":
      walkTerm(term.key, visit, skipsLeaves);
      walkTerm(term.value, visit, skipsLeaves);
      walkBody(term.body, visit, skipsLeaves);
      return;
    case "templatestring":
      for (const part of term.parts) {
        if (part.kind === "expr") walkExpr(part, visit, skipsLeaves);
        else walkTerm(part, visit, skipsLeaves);
      }
      return;
    default:
  }
}

export function walkTerms(terms: readonly Term[], visit: Visit, skipsLeaves = false): void {
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i] as Term;
    if (skipsLeaves && (term.kind === "var" || term.kind === "string")) continue;
    walkTerm(term, visit, skipsLeaves);
  }
}

export function walkBody(body: Body, visit: Visit, skipsLeaves = false): void {
  for (let i = 0; i < body.length; i++) walkExpr(body[i] as Expr, visit, skipsLeaves);
}

export function walkExpr({ terms, with: withs }: Expr, visit: Visit, skipsLeaves = false): void {
  switch (terms.kind) {
    case "term":
      walkTerm(terms.term, visit, skipsLeaves);
      break;
    case "call":
      walkTerm(terms.operator, visit, skipsLeaves);
      walkTerms(terms.args, visit, skipsLeaves);
      break;
    case "some":
      walkTerms(terms.symbols, visit, skipsLeaves);
      break;
    case "every":
      walkTerm(terms.domain, visit, skipsLeaves);
      if (terms.key !== undefined) walkTerm(terms.key, visit, skipsLeaves);
      walkTerm(terms.value, visit, skipsLeaves);
      walkBody(terms.body, visit, skipsLeaves);
      break;
    case "not":
      walkBody(terms.body, visit, skipsLeaves);
      break;
    default:
      walkBody(terms.left, visit, skipsLeaves);
      walkBody(terms.right, visit, skipsLeaves);
  }
  for (let i = 0; i < withs.length; i++) {
    const each = withs[i] as With;
    walkTerm(each.target, visit, skipsLeaves);
    walkTerm(each.value, visit, skipsLeaves);
  }
}

/** Calls `visit` for each expression of the body and, while it answers true, for those in its closures. */
export function walkExprs(body: Body, visit: (expr: Expr) => boolean): void {
  for (let i = 0; i < body.length; i++) {
    const expr = body[i] as Expr;
    if (!visit(expr)) continue;
    const { terms } = expr;
    // The operator of a call has no closures.
    const direct = terms.kind === "call" ? terms.args : directTerms(expr);
    if (terms.kind !== "call" && terms.kind !== "term") for (const inner of directBodies(expr)) walkExprs(inner, visit);
    for (let at = 0; at < direct.length; at++) walkExprsOfTerm(direct[at] as Term, visit);
    for (const each of expr.with) walkExprsOfTerm(each.value, visit);
  }
}

/** The same for the closures of a term. */
export function walkExprsOfTerm(term: Term, visit: (expr: Expr) => boolean): void {
  if (!hasParts(term)) return;
  walkTerm(
    term,
    (each) => {
      if (isComprehension(each)) {
        walkExprs(each.body, visit);
        for (const part of comprehensionTerms(each)) walkExprsOfTerm(part, visit);
        return false;
      }
      if (each.kind === "templatestring")
        walkExprs(
          each.parts.filter((part) => part.kind === "expr"),
          visit,
        );
      return each.kind !== "templatestring";
    },
    true,
  );
}

/** All rules of a chain: the rule and its else branches. */
export function ruleChain(rule: Rule): readonly Rule[] {
  const chain = [rule];
  for (let each = rule.else; each !== undefined; each = each.else) chain.push(each);
  return chain;
}

/** The terms of a head that are evaluated after the body, without args. */
export function headTerms({ head }: Rule): readonly Term[] {
  const terms = head.ref.terms.slice(1);
  if (head.key !== undefined) terms.push(head.key);
  if (head.value !== undefined) terms.push(head.value);
  return terms;
}

/** The terms that an expression holds itself, its operator first; not `with`. */
export function directTerms({ terms }: Expr): readonly Term[] {
  switch (terms.kind) {
    case "term":
      return [terms.term];
    case "call":
      return [terms.operator, ...terms.args];
    case "some":
      return terms.symbols;
    case "every":
      return [terms.domain, ...(terms.key === undefined ? [] : [terms.key]), terms.value];
    default:
      return [];
  }
}

/** The bodies that an expression holds itself. */
export function directBodies({ terms }: Expr): readonly Body[] {
  switch (terms.kind) {
    case "every":
    case "not":
      return [terms.body];
    case "and":
    case "or":
      return [terms.left, terms.right];
    default:
      return [];
  }
}

/** False for variables and scalars. */
export function hasParts({ kind }: Term): boolean {
  switch (kind) {
    case "var":
    case "string":
    case "number":
    case "boolean":
    case "null":
      return false;
    default:
      return true;
  }
}

export function isComprehension(term: Term): term is Comprehension {
  return term.kind === "arraycomprehension" || term.kind === "setcomprehension" || term.kind === "objectcomprehension";
}

/** What a comprehension collects: its term, or its key and value. */
export function comprehensionTerms(term: Comprehension): readonly Term[] {
  return term.kind === "objectcomprehension" ? [term.key, term.value] : [term.term];
}

/**
 * The name of a function, `json.unmarshal` or `data.a.f`; undefined when an operand is no constant string. What is no word is quoted,
 * so that `data["a.b"].f` is not `data.a.b.f`.
 */
export function nameOfRef({ terms }: Ref): string | undefined {
  const [head] = terms;
  if (head?.kind !== "var") return undefined;
  let name = head.name;
  for (let i = 1; i < terms.length; i++) {
    const term = terms[i] as Term;
    if (term.kind !== "string") return undefined;
    name += namePart(term.value);
  }
  return name;
}

/** True for the ref of a builtin of one word. */
export function isBuiltinNamed({ terms }: Ref, name: string): boolean {
  const [head] = terms;
  return terms.length === 1 && head?.kind === "var" && head.name === name;
}

/** A key of a function's path, as `nameOfRef` has it. */
export function namePart(key: string): string {
  return /^\w+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** True for names of functions that modules have, not for builtins'. */
export function isRuleName(name: string): boolean {
  return name.startsWith("data.") || name.startsWith("data[");
}

/** Wildcards come out of the parser as `$0`, `$1`, …. */
export function isWildcard(name: string): boolean {
  return name.startsWith("$");
}

/** Made by the compiler: `__local0__`, `__localq0__`. */
export function isGenerated(name: string): boolean {
  return name.startsWith("__local");
}

/** True for a ref of only `input` or only `data`. */
export function isRootDocument(term: Term): boolean {
  if (term.kind !== "ref" || term.terms.length !== 1) return false;
  const head = term.terms[0] as Term;
  return head.kind === "var" && (head.name === "input" || head.name === "data");
}

/** True when evaluating the term needs more than the values of its vars: it holds refs or comprehensions. */
export function requiresEval(term: Term): boolean {
  let found = false;
  walkTerm(
    term,
    (each) => {
      if (each.kind === "ref" || isComprehension(each)) found = true;
      return !found;
    },
    true,
  );
  return found;
}
