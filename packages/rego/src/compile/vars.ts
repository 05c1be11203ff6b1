import type { Body, Expr, Term } from "../syntax/ast.ts";
import { comprehensionTerms, directTerms, isComprehension, walkBody } from "./walk.ts";

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
    case "ref":
      for (let i = options.skipRefHead === true ? 1 : 0; i < term.terms.length; i++)
        collectVars(term.terms[i] as Term, options, into);
      return;
    case "array":
      for (const item of term.items) collectVars(item, options, into);
      return;
    case "set":
      if (options.skipSets !== true) for (const item of term.items) collectVars(item, options, into);
      return;
    case "object":
      for (const [key, value] of term.entries) {
        if (options.skipObjectKeys !== true) collectVars(key, options, into);
        collectVars(value, options, into);
      }
      return;
    case "call":
      if (options.skipCallOperators !== true) collectVars(term.operator, options, into);
      for (const arg of term.args) collectVars(arg, options, into);
      return;
    case "templatestring":
      for (const part of term.parts) {
        if (part.kind !== "expr") collectVars(part, options, into);
        else if (options.skipClosures !== true) collectExprVars(part, options, into);
      }
      return;
    default:
      if (isComprehension(term) && options.skipClosures !== true) {
        for (const part of comprehensionTerms(term)) collectVars(part, options, into);
        collectBodyVars(term.body, options, into);
      }
  }
}

/** Adds the vars of an expression, its `with` values included. */
export function collectExprVars(expr: Expr, options: VarsOptions, into: Set<string>): void {
  const { terms } = expr;
  for (const [i, term] of directTerms(expr).entries()) {
    if (terms.kind === "call" && i === 0 && options.skipCallOperators === true) continue;
    if (terms.kind === "every" && i > 0 && options.skipClosures === true) continue;
    collectVars(term, options, into);
  }
  // OPA takes `every` with its `with` for a closure as a whole; its domain was taken out of it, with a copy of `with`.
  for (const each of terms.kind === "every" && options.skipClosures === true ? [] : expr.with) {
    // The head of a target is `input`, `data` or the name of a function.
    collectVars(each.target, options.skipCallOperators === true ? { ...options, skipRefHead: true } : options, into);
    // What is still a ref here names a function that stands in for another.
    const isFunction = options.skipCallOperators === true && each.value.kind === "ref";
    collectVars(each.value, isFunction ? { ...options, skipRefHead: true } : options, into);
  }
  if (options.skipClosures === true) return;
  if (terms.kind === "every" || terms.kind === "not") collectBodyVars(terms.body, options, into);
  if (terms.kind === "and" || terms.kind === "or") {
    collectBodyVars(terms.left, options, into);
    collectBodyVars(terms.right, options, into);
  }
}

export function collectBodyVars(body: Body, options: VarsOptions, into: Set<string>): void {
  for (const expr of body) collectExprVars(expr, options, into);
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
