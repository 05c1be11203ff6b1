import assert from "node:assert/strict";
import { test } from "node:test";
import type { Type } from "./check/type.ts";
import { KnownOutcomes } from "./known-outcomes.ts";
import { kubernetesEnvironment } from "./library/kubernetes/environment.ts";
import { compile, Program } from "./program.ts";
import { activationOf } from "./run/state.ts";
import { valueFromJson } from "./value/json.ts";
import { CompositedVariables, DefinedVariables, declareVariables, VARIABLES_TYPE } from "./variables.ts";

const images = ["a/1", "b/2", "b/3", "c/4"];

const definitions = {
  images: "object.images",
  exempt: "params.exempt",
  limit: "params.limit",
  left: "variables.images.filter(image, !(image in variables.exempt))",
  first: "variables.left.size() > 0 ? variables.left[0] : string(variables.limit)",
  fault: "variables.left[variables.limit]",
};

const expressions = [
  "variables.left.size() == 4",
  "variables.left.join(',') + variables.first",
  "variables.left.size() > 2 || variables.limit > 3",
  "variables.fault",
  "variables.limit > 2 ? variables.fault : 'none of ' + string(variables.images.size())",
  "variables.left.size() + variables.exempt.size()",
];

const inputs = [
  { exempt: [], limit: 1 },
  { exempt: ["x"], limit: 1 },
  { exempt: ["a/1"], limit: 1 },
  { exempt: ["y", "z"], limit: 3 },
  { exempt: ["a/1", "b/2", "b/3", "c/4"], limit: 2 },
  { exempt: ["w"], limit: 9 },
];

const types = new Map<string, Type>();
const base = kubernetesEnvironment().extend({
  variables: { object: { kind: "dyn" }, params: { kind: "dyn" }, variables: VARIABLES_TYPE },
});

function compiled(text: string): Program {
  const found = compile(text, base.extend({ libraries: [declareVariables(types)] }));
  assert.ok(found instanceof Program, text);
  return found;
}

const programs = new Map<string, Program>();
for (const [name, text] of Object.entries(definitions)) {
  const found = compiled(text);
  programs.set(name, found);
  types.set(name, found.type);
}
const defined = new DefinedVariables(programs);

/** The outcomes of an expression for all inputs, each with what its variables cost. */
function outcomesOf(
  program: Program,
  outcomes?: KnownOutcomes,
): readonly (readonly [outcome: unknown, cost: number])[] {
  return inputs.map((params) => {
    const activation = activationOf({ object: valueFromJson({ images }), params: valueFromJson(params) });
    const variables = new CompositedVariables(defined, activation, undefined, outcomes);
    return [variables.evaluate(program), variables.cost];
  });
}

/** What does not read `params` itself. */
function comparable(program: Program): KnownOutcomes {
  const own = ["left", "first", "fault"].map((name) => programs.get(name) as Program);
  return new KnownOutcomes(new Set([...own, program]));
}

for (const text of expressions)
  test(`what is known is what is found, at the same cost: ${text}`, () => {
    const program = compiled(text);
    const outcomes = comparable(program);
    // The second time all is known.
    for (const known of [undefined, outcomes, outcomes])
      assert.deepEqual(readable(outcomesOf(program, known)), readable(outcomesOf(program)));
  });

test("what reads the same is not evaluated again", () => {
  const program = compiled("variables.left.size()");
  let evaluations = 0;
  const counted = Object.assign(Object.create(program), {
    evaluate: (...words: Parameters<Program["evaluate"]>) => {
      evaluations++;
      return program.evaluate(...words);
    },
  }) as Program;
  outcomesOf(counted, new KnownOutcomes(new Set([programs.get("left") as Program, counted])));
  // All four images are left of four inputs; each other input leaves something else.
  assert.equal(evaluations, 3);
});

function readable(outcomes: readonly (readonly [outcome: unknown, cost: number])[]): string {
  return JSON.stringify(outcomes, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value instanceof Object && "elements" in value ? value.elements : value,
  );
}
