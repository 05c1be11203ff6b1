import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";

export type Comprehension = Extract<Term, { kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension" }>;

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

/** True for a ref of only `input` or only `data`. */
export function isRootDocument(term: Term): boolean {
  if (term.kind !== "ref" || term.terms.length !== 1) return false;
  const head = term.terms[0] as Term;
  return head.kind === "var" && (head.name === "input" || head.name === "data");
}
