import { builtinsWith } from "../builtins/all.ts";
import type { Compiled, CompiledQuery } from "../compile/compiled.ts";
import { documentOf } from "../data/snapshot.ts";
import { runStateOf } from "../run/options.ts";
import { RegoObject } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { groundValue } from "./comprehension.ts";
import { Frame } from "./frame.ts";
import { lowerBody } from "./lower.ts";
import { Machine } from "./machine.ts";
import { varNode } from "./node.ts";
import { operations } from "./operations.ts";
import { type WalkOptions, withinStack } from "./walk-options.ts";

/**
 * All bindings of a query, by walking the syntax tree as OPA's topdown does: slower than plans by far, but each step can be traced.
 * Throws `EvaluationError`.
 */
export function evaluateByWalking(query: CompiledQuery, compiled: Compiled, options: WalkOptions): readonly Value[] {
  const state = runStateOf(options, builtinsWith(options.builtins));
  const machine = new Machine({
    operations,
    compiled,
    run: state,
    tracer: options.tracer,
    labels: options.labels,
    names: query.written,
    instrumentation: options.instrumentation,
    ruleIndexing: options.ruleIndexing,
  });
  options.tracer?.begin?.();
  options.labels?.begin();
  const results: Value[] = [];
  const data = documentOf(options.data);
  const frame = Frame.root(machine, lowerBody(query.body), options.input, data);
  return withinStack(() => {
    frame.run(() => {
      results.push(
        RegoObject.of(query.variables.map(({ name, local }) => [name, groundValue(frame, varNode(local))] as const)),
      );
      return undefined;
    });
    return state.answers(results, options.input, data);
  });
}
