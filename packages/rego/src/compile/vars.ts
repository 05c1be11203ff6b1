import type { Body, Expr, ExprTerms, Term } from "../syntax/ast.ts";
import { comprehensionTerms } from "./parts.ts";
import { walkBody } from "./walk.ts";

/** Which places of a term are looked into for vars. */
export interface VarsOptions {
  readonly skipRefHead?: boolean;
  /** Operators of calls are no vars. */
  readonly skipCallOperators?: boolean;
  readonly skipClosures?: boolean;
  readonly skipObjectKeys?: boolean;
  readonly skipSets?: boolean;
}

/** The places that the safety of an expression is about. */
export const safetyVars: VarsOptions = { skipCallOperators: true, skipClosures: true };

/** The vars that a term's pattern binds: its outputs. */
export const outputVars: VarsOptions = {
  skipClosures: true,
  skipSets: true,
  skipObjectKeys: true,
  skipRefHead: true,
  skipCallOperators: true,
};

/** Adds the vars of a term to `into`. */
export function collectVars(term: Term, options: VarsOptions, into: Set<string>): void {
  switch (term.kind) {
    case "var":
      into.add(term.name);
      return;
    case "string":
      return;
    case "ref":
      for (let i = options.skipRefHead === true ? 1 : 0; i < term.terms.length; i++)
        collectVars(term.terms[i] as Term, options, into);
      return;
    case "array":
      collectAll(term.items, options, into);
      return;
    case "set":
      if (options.skipSets !== true) collectAll(term.items, options, into);
      return;
    case "object":
      for (let i = 0; i < term.entries.length; i++) {
        const entry = term.entries[i] as readonly [Term, Term];
        if (options.skipObjectKeys !== true) collectVars(entry[0], options, into);
        collectVars(entry[1], options, into);
      }
      return;
    case "call":
      if (options.skipCallOperators !== true) collectVars(term.operator, options, into);
      collectAll(term.args, options, into);
      return;
    case "templatestring":
      for (const part of term.parts) {
        if (part.kind !== "expr") collectVars(part, options, into);
        else if (options.skipClosures !== true) collectExprVars(part, options, into);
      }
      return;
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      if (options.skipClosures === true) return;
      for (const part of comprehensionTerms(term)) collectVars(part, options, into);
      collectBodyVars(term.body, options, into);
      return;
    default:
  }
}

/** By index, as the walks are: see `walk.ts`. */
function collectAll(terms: readonly Term[], options: VarsOptions, into: Set<string>): void {
  for (let i = 0; i < terms.length; i++) collectVars(terms[i] as Term, options, into);
}

/** Adds the vars of the terms that an expression holds itself. */
function collectDirectVars(terms: ExprTerms, options: VarsOptions, into: Set<string>): void {
  switch (terms.kind) {
    case "term":
      collectVars(terms.term, options, into);
      return;
    case "call":
      if (options.skipCallOperators !== true) collectVars(terms.operator, options, into);
      collectAll(terms.args, options, into);
      return;
    case "some":
      collectAll(terms.symbols, options, into);
      return;
    case "every":
      collectVars(terms.domain, options, into);
      if (options.skipClosures === true) return;
      if (terms.key !== undefined) collectVars(terms.key, options, into);
      collectVars(terms.value, options, into);
      return;
    default:
  }
}

/** Adds the vars of an expression, its `with` values included. */
export function collectExprVars(expr: Expr, options: VarsOptions, into: Set<string>): void {
  const { terms } = expr;
  collectDirectVars(terms, options, into);
  // OPA takes `every` with its `with` for a closure as a whole; its domain was taken out of it, with a copy of `with`.
  const isWhole = terms.kind === "every" && options.skipClosures === true;
  if (!isWhole && expr.with.length > 0) collectWithVars(expr.with, options, into);
  if (options.skipClosures === true) return;
  if (terms.kind === "every" || terms.kind === "not") collectBodyVars(terms.body, options, into);
  if (terms.kind === "and" || terms.kind === "or") {
    collectBodyVars(terms.left, options, into);
    collectBodyVars(terms.right, options, into);
  }
}

function collectWithVars(withs: Expr["with"], options: VarsOptions, into: Set<string>): void {
  for (const each of withs) {
    // The head of a target is `input`, `data` or the name of a function.
    collectVars(each.target, options.skipCallOperators === true ? { ...options, skipRefHead: true } : options, into);
    // What is still a ref here names a function that stands in for another.
    const isFunction = options.skipCallOperators === true && each.value.kind === "ref";
    collectVars(each.value, isFunction ? { ...options, skipRefHead: true } : options, into);
  }
}

export function collectBodyVars(body: Body, options: VarsOptions, into: Set<string>): void {
  for (let i = 0; i < body.length; i++) collectExprVars(body[i] as Expr, options, into);
}

export function varsOfTerm(term: Term, options: VarsOptions = {}): Set<string> {
  const vars = new Set<string>();
  collectVars(term, options, vars);
  return vars;
}

export function varsOfExpr(expr: Expr, options: VarsOptions = {}): Set<string> {
  const vars = new Set<string>();
  collectExprVars(expr, options, vars);
  return vars;
}

export function varsOfBody(body: Body, options: VarsOptions = {}): Set<string> {
  const vars = new Set<string>();
  collectBodyVars(body, options, vars);
  return vars;
}

/** True when a var of this name stands anywhere in the body. */
export function mentionsVar(body: Body, name: string): boolean {
  let found = false;
  walkBody(body, (term) => {
    if (term.kind === "var" && term.name === name) found = true;
    return !found;
  });
  return found;
}
