import type { CompiledRule } from "../compile/compiled.ts";
import { nameOfRef } from "../compile/names.ts";
import { ruleChain } from "../compile/parts.ts";
import { refText } from "../compile/text.ts";
import type { Body, Expr, ExprTerms, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/term-order.ts";
import { RegoObject, RegoSet } from "../value/collection.ts";
import { numberFromText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import {
  type CallTerms,
  type Known,
  known,
  type Node,
  type Query,
  type RefNode,
  type Step,
  type StepTerms,
  type WalkedRule,
} from "./node.ts";

/** The keys of `every` that the author left out. */
const unnamedKey = "__localkey__";

/** A term of the compiled syntax tree. */
export function lowerTerm(term: Term): Node {
  switch (term.kind) {
    case "null":
      return { kind: "known", value: null, source: term };
    case "boolean":
    case "string":
      return { kind: "known", value: term.value, source: term };
    case "number":
      return { kind: "known", value: numberFromText(term.text) ?? 0, source: term };
    case "var":
      return { kind: "var", name: term.name };
    case "ref":
      return { kind: "ref", terms: term.terms.map(lowerTerm) };
    case "array":
      return arrayOf(term.items.map(lowerTerm));
    case "set":
      // OPA goes over members in the order of their terms.
      return setOf(term.items.toSorted(compareTerms).map(lowerTerm));
    case "object":
      return objectOf(
        term.entries
          .toSorted(([a], [b]) => compareTerms(a, b))
          .map(([key, value]) => [lowerTerm(key), lowerTerm(value)] as const),
      );
    case "arraycomprehension":
    case "setcomprehension":
      return {
        kind: "comprehension",
        collects: term.kind === "arraycomprehension" ? "array" : "set",
        key: undefined,
        term: lowerTerm(term.term),
        body: lowerBody(term.body),
        loc: term.loc,
        indexedBy: term.indexedBy,
      };
    case "objectcomprehension":
      return {
        kind: "comprehension",
        collects: "object",
        key: lowerTerm(term.key),
        keyLoc: term.key.loc,
        term: lowerTerm(term.value),
        body: lowerBody(term.body),
        loc: term.loc,
        indexedBy: term.indexedBy,
      };
    case "call":
    case "templatestring":
      throw new Error(`no stage has rewritten ${term.loc.text}`);
  }
}

function isValue(node: Node): node is Known {
  return node.kind === "known";
}

/** An array, known when all of its items are. */
export function arrayOf(items: readonly Node[]): Node {
  return items.every(isValue) ? known(items.map(({ value }) => value)) : { kind: "array", items };
}

export function setOf(items: readonly Node[]): Node {
  return items.every(isValue) ? known(RegoSet.of(items.map(({ value }) => value))) : { kind: "set", items };
}

export function objectOf(entries: readonly (readonly [Node, Node])[]): Node {
  const values: (readonly [Value, Value])[] = [];
  for (const [key, value] of entries) {
    if (key.kind !== "known" || value.kind !== "known") return { kind: "object", entries };
    values.push([key.value, value.value]);
  }
  return known(RegoObject.of(values));
}

export function lowerBody(body: Body): Query {
  return body.map((expr, index) => lowerExpr(expr, index));
}

export function lowerExpr(expr: Expr, index = 0): Step {
  return {
    loc: expr.loc,
    negated: expr.negated,
    with: expr.with.map(({ loc, target, value }) => ({
      loc,
      target: lowerTerm(target) as RefNode,
      value: lowerTerm(value),
    })),
    terms: lowerTerms(expr.terms),
    source: expr,
    index,
  };
}

function lowerTerms(terms: ExprTerms): StepTerms {
  switch (terms.kind) {
    case "term":
      return { kind: "term", term: lowerTerm(terms.term) };
    case "call":
      return callOf(terms.operator, terms.args.map(lowerTerm));
    case "every":
      return {
        kind: "every",
        key: terms.key === undefined ? { kind: "var", name: unnamedKey } : lowerTerm(terms.key),
        value: lowerTerm(terms.value),
        domain: lowerTerm(terms.domain),
        body: lowerBody(terms.body),
      };
    case "not":
      return { kind: "not", body: lowerBody(terms.body), explicitBody: terms.explicitBody };
    default:
      throw new Error(`no stage has rewritten an expression of kind ${terms.kind}`);
  }
}

export function callOf(operator: Ref, args: readonly Node[]): CallTerms {
  return { kind: "call", name: nameOfRef(operator) ?? refText(operator), operator, args };
}

/** A rule with its `else` branches. */
export function lowerRule({ rule, module }: CompiledRule): WalkedRule {
  const [first, ...rest] = [...ruleChain(rule)].map((each) => lowerOne(each, module, each === rule));
  return { ...(first as WalkedRule), otherwise: rest };
}

function lowerOne(rule: Rule, module: Module, isMain: boolean): WalkedRule {
  const { head } = rule;
  const operands = head.ref.terms.slice(module.package.path.terms.length + 1);
  const isOpen = operands.some((term) => term.kind === "var");
  const hasIf = module.regoVersion === "v1" && !rule.generatedBody;
  const isKeyed = isMain && head.args === undefined && operands.length === 1 && !hasIf;
  return {
    source: rule,
    module,
    isDefault: rule.default,
    ref: head.ref.terms.map(lowerTerm),
    args: head.args?.map(lowerTerm),
    key: head.key && lowerTerm(head.key),
    value: head.value && lowerTerm(head.value),
    body: lowerBody(rule.body),
    isSet: head.key !== undefined && head.value === undefined,
    isEntry: isOpen || isKeyed,
    otherwise: [],
  };
}
