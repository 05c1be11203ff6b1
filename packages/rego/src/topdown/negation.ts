import { plainRule, varTerm } from "../compile/make.ts";
import { varsOfBody } from "../compile/vars.ts";
import type { Body, Expr, Ref, Rule, Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/term-order.ts";
import { propagateCopies } from "./copy-propagation.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { complement, complements, isInlinable } from "./inline-negation.ts";
import { timed } from "./instrumentation.ts";
import { known, type Query, type Step, type StepTerms, varNode } from "./node.ts";
import { raiseStep } from "./raise.ts";
import { plugSaved, raiseRef, splitPath } from "./save.ts";
import { partialOf, saveNegated } from "./saving.ts";
import { bodyNode, stepNode } from "./trace.ts";
import { passesTypeCheck } from "./type-check.ts";
import { isUnknownQuery, isUnknownStep } from "./unknown.ts";

type Not = Extract<StepTerms, { kind: "not" }>;

/** `not` before one expression. */
export function evaluateNegation(frame: Frame, next: Next): Stop | undefined {
  const { step } = frame;
  const query: Query = [{ ...step, negated: false, with: [], index: 0 }];
  if (isUnknownStep(frame, step, frame.bindings)) {
    const support = (terms: Expr["terms"]): Expr => ({ ...raiseStep(step), with: [], terms });
    return evaluateUnknown(
      frame,
      query,
      (expr) => (isNot(expr) ? complement(expr) : [{ ...expr, negated: !expr.negated }]),
      support,
      next,
    );
  }
  if (!holds(frame, query)) return next();
  frame.trace("Fail", stepNode(step));
  return undefined;
}

/** `not` of a body, as with `import future.keywords.not`. */
export function evaluateNotBody(frame: Frame, not: Not, next: Next): Stop | undefined {
  if (!isUnknownQuery(frame, not.body, frame.bindings)) return holds(frame, not.body) ? undefined : next();
  if (not.explicitBody && !partialOf(frame).inlining.isShallow) return saveNotBodies(frame, not, next);
  const { step } = frame;
  const support = (terms: Expr["terms"]): Expr =>
    notExpr(step, [{ ...raiseStep(step), with: [], negated: false, terms }], false);
  return evaluateUnknown(frame, not.body, complement, support, next);
}

function isNot({ terms }: Expr): boolean {
  return terms.kind === "not";
}

function holds(frame: Frame, query: Query): boolean {
  const child = frame.closure(query);
  const node = bodyNode(query);
  child.trace("Enter", node);
  let isDefined = false;
  child.evaluate(() => {
    child.trace("Exit", node);
    child.trace("Redo", node);
    isDefined = true;
    return undefined;
  });
  return isDefined;
}

/** The ways through a negated query, as bodies. */
function savedQueries(frame: Frame, child: Frame, simplify: (body: Body) => Body): readonly Body[] {
  const { stack, support } = partialOf(frame);
  const { machine, loc } = frame;
  const queries: Body[] = [];
  stack.pushQuery();
  child.evaluate(() => {
    const body = plugSaved(stack.peek(), machine.caller, loc);
    support.count(body);
    if (passesTypeCheck(machine.compiled, body)) queries.push(simplify(body));
    return undefined;
  });
  stack.popQuery();
  return queries;
}

/** Each way must fail: a negated body for each. */
function saveNotBodies(frame: Frame, { body }: Not, next: Next): Stop | undefined {
  const queries = savedQueries(frame, frame.closure(body), (query) => query);
  if (queries.length === 0) return next();
  return saveNegated(
    frame,
    queries.map((query) => notExpr(frame.step, query, true)),
    next,
  );
}

function notExpr({ loc }: Step, body: Body, explicitBody: boolean): Expr {
  return { kind: "expr", loc, negated: false, with: [], terms: { kind: "not", loc, body, explicitBody } };
}

/**
 * Negates ways that are unknown yet. Of `(a; b)` or `(c; d)`, one expression of each must fail: all such choices become ways. Where that
 * changes the meaning, or makes too many, the negated query becomes a support rule.
 */
function evaluateUnknown(
  frame: Frame,
  query: Query,
  negate: (expr: Expr) => readonly Expr[],
  support: (terms: Expr["terms"]) => Expr,
  next: Next,
): Stop | undefined {
  const { machine } = frame;
  const { saveSet, inlining } = partialOf(frame);
  const unknowns = saveSet.vars(machine.caller);
  const child = frame.closure(query);
  const queries = savedQueries(frame, child, (body) => {
    const propagate = () => propagateCopies(body, unknowns, machine.compiled, true);
    return inlining.isShallow ? body : timed(machine.instrumentation, "partial_op_copy_propagation", propagate);
  });
  if (queries.length === 0) return next();
  if (!isInlinable(unknowns, queries)) {
    const expr = saveSupport(frame, child.queryId, unknowns, queries, support);
    return saveNegated(frame, [expr], () => frame.advance(next));
  }
  for (const exprs of complements(queries, negate)) {
    const stop = saveNegated(frame, exprs, next);
    if (stop !== undefined) return stop;
  }
  return undefined;
}

/** A rule, or function of the unknown vars, for the query; the result is the negation of it. */
function saveSupport(
  frame: Frame,
  negationId: number,
  unknowns: ReadonlySet<string>,
  queries: readonly Body[],
  support: (terms: Expr["terms"]) => Expr,
): Expr {
  const { loc } = frame;
  const { support: rules, namespace } = partialOf(frame);
  const name = `__not${frame.queryId}_${frame.index}_${negationId}__`;
  const path = raiseRef([varNode("data"), known(namespace), known(name)], loc);
  const used = new Set(queries.flatMap((query) => [...varsOfBody(query)]));
  const args = [...unknowns].filter((each) => used.has(each)).map((each): Term => varTerm(loc, each));
  args.sort(compareTerms);
  const { packagePath, ruleRef } = splitPath(path);
  for (const body of queries) rules.insert(packagePath, notRule(frame, ruleRef, args, body));
  return support(args.length === 0 ? { kind: "term", term: path } : { kind: "call", operator: path, args });
}

function notRule({ loc }: Frame, ref: Ref, args: readonly Term[], body: Body): Rule {
  const head = {
    loc,
    ref,
    args: args.length === 0 ? undefined : args,
    key: undefined,
    value: { kind: "boolean", loc, value: true } as const,
    assign: false,
    generatedValue: false,
  };
  return plainRule(loc, head, body);
}
