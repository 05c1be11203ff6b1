import assert from "node:assert/strict";
import { test } from "node:test";
import type { Type } from "./check/type.ts";
import { kubernetesEnvironment } from "./library/kubernetes/environment.ts";
import { compile, Program } from "./program.ts";
import { activationOf } from "./run/state.ts";
import { valueFromJson } from "./value/json.ts";
import {
  CompositedVariables,
  DefinedVariables,
  declareVariables,
  VARIABLES_TYPE,
  VariableValues,
} from "./variables.ts";

const definitions = { names: "object.list.map(e, e.name)", count: "variables.names.size()", broken: "object.missing" };

type Evaluated = readonly [outcome: unknown, cost: number];

/** The outcome of an expression beside the definitions above, and what reading them cost. */
function run(expression: string, values = new VariableValues()): Evaluated {
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
  const variables = new CompositedVariables(new DefinedVariables(programs), activationOf({ object }), values);
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

test("composited variables: values that are known cost the same, whoever found them first", () => {
  const values = new VariableValues();
  for (const first of ["variables.count", "variables.names", "variables.broken == 1 || true"]) run(first, values);
  for (const [expression, outcome, cost] of cases)
    assert.deepEqual(run(expression, values), [outcome, cost], expression);
});

test("composited variables: only values of some names are shared", () => {
  const [ofNames, shared] = [[1, 0, 0], [new VariableValues()]];
  const one = new VariableValues(ofNames, shared);
  run("variables.count", one);
  const other = new VariableValues(ofNames, shared);
  assert.equal(other.find(0), one.find(0));
  assert.deepEqual([one.find(1)?.value, other.find(1)], [2n, undefined]);
});
