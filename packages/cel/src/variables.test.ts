import assert from "node:assert/strict";
import { test } from "node:test";
import type { Type } from "./check/type.ts";
import { kubernetesEnvironment } from "./library/kubernetes/environment.ts";
import { compile, Program } from "./program.ts";
import { activationOf } from "./run/state.ts";
import { valueFromJson } from "./value/json.ts";
import { CompositedVariables, declareVariables, VARIABLES_TYPE } from "./variables.ts";

const definitions = { names: "object.list.map(e, e.name)", count: "variables.names.size()", broken: "object.missing" };

/** The outcome of an expression beside the definitions above, and what reading them cost. */
function run(expression: string): readonly [outcome: unknown, cost: number] {
  const types = new Map<string, Type>();
  const programs = new Map<string, Program>();
  const base = kubernetesEnvironment().extend({ variables: { object: { kind: "dyn" }, variables: VARIABLES_TYPE } });
  const program = (text: string) => compile(text, base.extend({ libraries: [declareVariables(types)] }));
  for (const [name, text] of Object.entries(definitions)) {
    const compiled = program(text);
    assert.ok(compiled instanceof Program);
    programs.set(name, compiled);
    types.set(name, compiled.type);
  }
  const compiled = program(expression);
  if (!(compiled instanceof Program)) return [compiled.faults[0]?.message, 0];
  const object = valueFromJson({ list: [{ name: "a" }, { name: "b" }] });
  const variables = new CompositedVariables(programs, activationOf({ object }));
  const outcome = compiled.evaluate(activationOf({ object, variables }));
  return ["value" in outcome ? outcome.value : outcome.error, variables.cost];
}

// `names` costs 31: 2 for the list, 14 for each of two rounds, 1 for the result. `count` adds 3.
const cases: readonly (readonly [expression: string, outcome: unknown, cost: number])[] = [
  ["object.list.size()", 2n, 0],
  ["variables.names[1]", "b", 31],
  ["variables.count + variables.count", 4n, 34],
  ["variables.broken", 'composited variable "broken" fails to evaluate: no such key: missing', 2],
  ["variables.broken == 1 || variables.count == 2", true, 36],
  ["variables.other", "undefined field 'other'", 0],
  ["variables.count == 'a'", "found no matching overload for '_==_' applied to '(int, string)'", 0],
];

for (const [expression, outcome, cost] of cases) {
  test(`composited variables: ${expression}`, () => assert.deepEqual(run(expression), [outcome, cost]));
}
