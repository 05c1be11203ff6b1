import { builtinsWith } from "../builtins/all.ts";
import type { Compiled, CompiledQuery } from "../compile/compiled.ts";
import { eqExpr } from "../compile/make.ts";
import { isGenerated } from "../compile/names.ts";
import { varsOfBody } from "../compile/vars.ts";
import { documentOf } from "../data/snapshot.ts";
import { runStateOf } from "../run/options.ts";
import type { Body, Module, Ref } from "../syntax/ast.ts";
import { parseRef } from "../syntax/parser.ts";
import { compareExprs, compareRules } from "../syntax/term-order.ts";
import { propagateCopies } from "./copy-propagation.ts";
import { Frame, nowhere } from "./frame.ts";
import { InliningControl } from "./inlining.ts";
import { timed } from "./instrumentation.ts";
import { lowerBody, lowerTerm } from "./lower.ts";
import { Machine, PartialState } from "./machine.ts";
import type { Node } from "./node.ts";
import { operations } from "./operations.ts";
import { raiseTerm } from "./raise.ts";
import { plugOne, SaveSet, type SupportModule } from "./save.ts";
import { passesTypeCheck } from "./type-check.ts";
import { type WalkOptions, withinStack } from "./walk-options.ts";

export interface PartialOptions extends WalkOptions {
  /** Documents that are unknown: refs that begin with `input` or `data`, parsed or not. Default `input`. */
  readonly unknowns?: readonly (Ref | string)[];
  /** Rules below these refs become support rules. */
  readonly disableInlining?: readonly (Ref | string)[];
  /** Rules that depend on what is unknown become support rules. */
  readonly shallowInlining?: boolean;
  /** Builtins whose answers differ from call to call are called now, when what they need is known. */
  readonly nondeterministicBuiltins?: boolean;
  /** Support rules lie below `data.<namespace>`; default `partial`. */
  readonly namespace?: string;
  /** Support rules keep the packages of the rules they were made of. */
  readonly skipNamespace?: boolean;
}

/** Queries, one of which must hold, and the modules that they need. */
export interface PartialResult {
  readonly queries: readonly Body[];
  readonly support: readonly Module[];
}

const defaultNamespace = "partial";

/**
 * Partial evaluation: what of a query is known is evaluated, the rest is the result, to be evaluated when the unknown documents are known.
 * https://www.openpolicyagent.org/docs/rest-api#compile-api. Throws `EvaluationError`.
 */
export function evaluatePartially(query: CompiledQuery, compiled: Compiled, options: PartialOptions): PartialResult {
  options.tracer?.begin?.();
  const unknowns = (options.unknowns ?? ["input"]).map(loweredRef);
  const inlining = new InliningControl(options.shallowInlining === true, options.nondeterministicBuiltins === true);
  if (options.disableInlining !== undefined) inlining.disableRefs(options.disableInlining.map(loweredRef), false);
  const saveSet = new SaveSet(unknowns, options.instrumentation);
  const partial = new PartialState(
    saveSet,
    inlining,
    options.namespace ?? defaultNamespace,
    options.skipNamespace === true,
  );
  const machine = new Machine({
    operations,
    compiled,
    run: runStateOf(options, builtinsWith(options.builtins)),
    tracer: options.tracer,
    partial,
    names: query.written,
    instrumentation: options.instrumentation,
    ruleIndexing: options.ruleIndexing,
  });
  const queries = withinStack(() => run(machine, partial, query.body, options, liveVars(query.body, unknowns)));
  return { queries, support: [...partial.support.modules.values()].map((each) => supportModule(each, compiled)) };
}

function loweredRef(ref: Ref | string): readonly Node[] {
  return (typeof ref === "string" ? parseRef(ref) : ref).terms.map(lowerTerm);
}

/** The unknown roots and the vars that the author wrote, wildcards too: the result tells what they are bound to. */
function liveVars(body: Body, unknowns: readonly (readonly Node[])[]): ReadonlySet<string> {
  const live = new Set<string>();
  for (const [head] of unknowns) if (head?.kind === "var") live.add(head.name);
  for (const name of varsOfBody(body)) if (!isGenerated(name)) live.add(name);
  return live;
}

function run(
  machine: Machine,
  partial: PartialState,
  body: Body,
  options: PartialOptions,
  live: ReadonlySet<string>,
): readonly Body[] {
  const queries: Body[] = [];
  const frame = Frame.root(machine, lowerBody(body), options.input, documentOf(options.data));
  frame.run(() => {
    const saved = partial.stack.peek().map((each) => plugOne(each, machine.caller));
    const whole = [...saved, ...bindingsOf(machine)];
    if (!passesTypeCheck(machine.compiled, whole)) return undefined;
    partial.support.count(whole);
    const propagate = () => propagateCopies(whole, live, machine.compiled, false);
    const { instrumentation } = machine;
    queries.push(partial.inlining.isShallow ? whole : timed(instrumentation, "partial_op_copy_propagation", propagate));
    return undefined;
  });
  return queries;
}

/** What the query's vars are bound to, as equations, so that whoever evaluates the result can tell. */
function bindingsOf({ caller }: Machine): Body {
  return caller
    .entries(caller)
    .map(([variable, value]) => {
      const { generated: _, ...expr } = eqExpr(nowhere, raiseTerm(variable, nowhere), raiseTerm(value, nowhere));
      return expr;
    })
    .sort(compareExprs);
}

function supportModule({ path, rules }: SupportModule, compiled: Compiled): Module {
  return moduleOf({ path, rules: rules.toSorted(compareRules) }, compiled);
}

/** A module that nobody wrote, of the version of those it was made of. */
export function moduleOf({ path, rules }: SupportModule, { modules }: Compiled): Module {
  return {
    kind: "module",
    file: "",
    text: "",
    regoVersion: modules[0]?.regoVersion ?? "v1",
    package: { loc: nowhere, path },
    imports: [],
    rules,
    comments: [],
    annotations: [],
  };
}
