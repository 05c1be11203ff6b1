import { builtinRef } from "../compile/make.ts";
import type { Body, Expr, ExprTerms, Location, Ref, Term, With } from "../syntax/ast.ts";
import { heldTerm } from "../syntax/distinct.ts";
import { isObject } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { Decimal } from "../value/decimal.ts";
import { type NumberValue, numberText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import type { Node, Override, Query, Step, StepTerms } from "./node.ts";

/** The term that a node stands for, at a place. */
export function raiseTerm(node: Node, loc: Location): Term {
  switch (node.kind) {
    case "known":
      return node.source ?? termOfValue(node.value, loc);
    case "var":
      return { kind: "var", loc, name: node.name };
    case "ref":
      return { kind: "ref", loc, terms: node.terms.map((each) => raiseTerm(each, loc)) };
    case "array":
    case "set":
      return heldTerm({ kind: node.kind, loc, items: node.items.map((each) => raiseTerm(each, loc)) });
    case "object":
      return heldTerm({
        kind: "object",
        loc,
        entries: node.entries.map(([key, value]) => [raiseTerm(key, loc), raiseTerm(value, loc)] as const),
      });
    case "comprehension": {
      const body = raiseBody(node.body);
      const term = raiseTerm(node.term, loc);
      if (node.key !== undefined)
        return { kind: "objectcomprehension", loc, key: raiseTerm(node.key, loc), value: term, body };
      return { kind: node.collects === "set" ? "setcomprehension" : "arraycomprehension", loc, term, body };
    }
  }
}

/** A value as a literal: members and keys in Rego's order, as OPA prints them. */
export function termOfValue(value: Value, loc: Location): Term {
  if (value === null) return { kind: "null", loc };
  if (typeof value === "boolean") return { kind: "boolean", loc, value };
  if (typeof value === "string") return { kind: "string", loc, value };
  if (typeof value !== "object" || value instanceof Decimal)
    return { kind: "number", loc, text: numberText(value as NumberValue) };
  if (Array.isArray(value)) return { kind: "array", loc, items: value.map((each: Value) => termOfValue(each, loc)) };
  if (value instanceof RegoSet)
    return { kind: "set", loc, items: value.sorted().map((each) => termOfValue(each, loc)) };
  if (!isObject(value)) throw new Error("a value of no type");
  const entries = sortedEntries(value).map(([key, each]) => [termOfValue(key, loc), termOfValue(each, loc)] as const);
  return { kind: "object", loc, entries };
}

export function raiseBody(query: Query): Body {
  return query.map(raiseStep);
}

export function raiseStep(step: Step): Expr {
  const { loc, negated } = step;
  return { kind: "expr", loc, negated, with: raiseWith(step.with), terms: raiseTerms(step.terms, loc) };
}

export function raiseWith(overrides: readonly Override[]): readonly With[] {
  return overrides.map(({ loc, target, value }) => ({
    loc,
    target: raiseTerm(target, loc),
    value: raiseTerm(value, loc),
  }));
}

function raiseTerms(terms: StepTerms, loc: Location): ExprTerms {
  switch (terms.kind) {
    case "term":
      return { kind: "term", term: raiseTerm(terms.term, loc) };
    case "call":
      return { kind: "call", operator: terms.operator, args: terms.args.map((each) => raiseTerm(each, loc)) };
    case "every":
      return {
        kind: "every",
        loc,
        key: raiseTerm(terms.key, loc),
        value: raiseTerm(terms.value, loc),
        domain: raiseTerm(terms.domain, loc),
        body: raiseBody(terms.body),
      };
    case "not":
      return { kind: "not", loc, body: raiseBody(terms.body), explicitBody: terms.explicitBody };
  }
}

/** `a = b` as a step; what is saved of a unification. */
export function equation(a: Node, b: Node, loc: Location): Step {
  const operator: Ref = builtinRef(loc, "eq");
  return {
    loc,
    negated: false,
    with: [],
    terms: { kind: "call", name: "eq", operator, args: [a, b] },
    source: undefined,
    index: 0,
  };
}
