import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { standardLibraries } from "../library/all.ts";
import { kubernetesEnvironment } from "../library/kubernetes/environment.ts";
import { compile, type Outcome, Program } from "../program.ts";
import { isEqual } from "../value/equal.ts";
import { type JsonShape, valueFromJson } from "../value/json.ts";
import { typeOf } from "../value/type-of.ts";
import { CompositedVariables, DefinedVariables, VARIABLES_TYPE, VariableValues } from "../variables.ts";
import { generateCode } from "./generate.ts";
import { type Activation, activationOf } from "./state.ts";

const environment = kubernetesEnvironment().extend({
  libraries: standardLibraries,
  variables: { o: { kind: "dyn" }, typed: { kind: "dyn" }, s: { kind: "string" }, variables: VARIABLES_TYPE },
});

const document = {
  a: { b: "text", n: null, deep: { deeper: { deepest: 7 } } },
  l: [1, 2, 3],
  names: [{ name: "one", image: "a/b" }, { name: "two" }, { image: "𝒜" }, "no object"],
  m: { k: "v", constructor: "own", "": 0 },
  empty: {},
  t: true,
  d: 0.5,
};
const shape: JsonShape = {
  kind: "object",
  fields: new Map([["__when__", { property: "when", shape: { kind: "timestamp" } }]]),
};
const definitions = {
  names: "o.names.map(e, e.name)",
  long: "o.l.map(e, o.l.map(f, e * f))",
  first: "variables.names[0]",
};

function programOf(text: string, generateAfter: number): Program | undefined {
  const program = compile(text, environment, { checked: false, generateAfter });
  return program instanceof Program ? program : undefined;
}

/** The outcome, and what its variables cost. */
function run(text: string, generateAfter: number, limit: number): readonly [outcome: Outcome, variablesCost: number] {
  const programs = new Map(
    Object.entries(definitions).map(([name, each]) => [name, programOf(each, generateAfter) as Program]),
  );
  const values = activationOf({
    o: () => valueFromJson(document),
    typed: () => valueFromJson({ when: "2026-01-01T00:00:00Z" }, shape),
    s: "text",
  });
  const variables = new CompositedVariables(new DefinedVariables(programs), values, new VariableValues());
  const activation: Activation = { find: (name) => (name === "variables" ? variables : values.find(name)) };
  return [(programOf(text, generateAfter) as Program).evaluate(activation, limit), variables.cost];
}

/** Both ways come to the same value or fault, at the same cost, and end at the same limit. */
function compare(text: string): void {
  if (programOf(text, 0) === undefined) return;
  const [whole] = run(text, Number.POSITIVE_INFINITY, 100_000);
  for (const limit of [100_000, whole.cost, whole.cost - 1, whole.cost >> 1, 1]) {
    const [closures, cost] = run(text, Number.POSITIVE_INFINITY, limit);
    const [generated, otherCost] = run(text, 0, limit);
    const about = `${text} within ${limit}`;
    assert.deepEqual([told(generated), otherCost], [told(closures), cost], about);
    // NaN is not the same as itself, nor is what holds it.
    if ("value" in generated && "value" in closures && isEqual(closures.value, closures.value))
      assert.ok(isEqual(generated.value, closures.value), about);
  }
}

function told(outcome: Outcome): object {
  return "value" in outcome ? { type: typeOf(outcome.value), cost: outcome.cost } : outcome;
}

/** One for each thing that is written; what they come to is the closures' to say. */
const expressions: readonly string[] = [
  "o.a.b",
  "o.a.b.c",
  "o.a.n",
  "o.a.n.x",
  "o.l.x",
  "o.missing.x",
  "o.a.deep.deeper.deepest",
  "o.constructor",
  "o.m.constructor + o.m['k']",
  "has(o.a.b) && has(o.a.n) && !has(o.a.c)",
  "has(o.missing.x)",
  "has(o.m.constructor) || has(o.a.constructor)",
  "has(o.l.x)",
  "has(s.x)",
  "typed.__when__.getFullYear()",
  "has(typed.__when__) && !has(typed.when)",
  "o.l[1] + o.l[o.l[0]]",
  "o.l[5]",
  "o.missing[o.l]",
  "o.t ? o.a.b : o.missing",
  "(o.t ? o.a : o.m).b",
  "o.a.b ? 1 : 2",
  "o.missing ? 1 : 2",
  "o.missing || o.t",
  "o.missing && o.a.b",
  "o.a.b && o.t",
  "'text' == o.a.b && o.a.b != 'a much longer text than that' && o.l == [1, 2, 3] && o.a.n == null",
  "'𝒜𝒜𝒜' != o.names[2].image",
  "o.missing == 'x'",
  "o.l == 'x'",
  "o.names.filter(e, has(e.name)).map(e, 'name: ' + e.name + ', image: ' + (has(e.image) ? e.image : '') + '!')",
  "o.names.map(e, e.name)",
  "o.names.exists(e, e.name == 'two')",
  "o.names.all(e, e.name == 'two')",
  "o.l.exists_one(e, e == 2)",
  "o.m.map(k, k + o.m[k])",
  "o.l.map(e, o.l.filter(f, f != e).map(g, [e, g]))",
  "o.t.map(e, e)",
  "o.l.map(e, e > 1, e * 2)",
  "o.a.b in ['x', 'text'] && 1 in [1u, 2.0] && o.l[0] in o.l",
  "o.missing in ['x']",
  "[o.l[0], o.missing, o.l[9]]",
  "[1, 2] + o.l + []",
  "{'a': o.l[0], o.a.b: o.t}",
  "{'a': 1, 'a': 2}",
  "{o.l: 1}",
  "{'a': o.missing}",
  "'a' + o.a.b + 'b' + o.l[0]",
  "o.names[2].image + s + s",
  "o.l[0] + 1 == 2 && o.d < 1.0 && -o.d < 0.0",
  "!o.t || !o.a.b",
  "string(o.l[0]) + s.replace('t', 'T')",
  "s.matches('^t') && s.startsWith('t') && size(o.l) == 3 && o.l.size() == size(s) - 1",
  "nothing",
  "int('x')",
  "duration('1h') > duration('1m')",
  "variables.names[1] + variables.first",
  "variables.names",
  "variables.other",
  "o.l.map(e, variables.first)",
  "o.t || variables.long == []",
  "variables.long.map(e, variables.long == [e])",
  "type(o.l) == list && dyn(1) == 1u",
  "'\\u2028\\\"\\\\` */ $ {s}' == s",
];

for (const text of expressions)
  test(`JavaScript as closures: ${text}`, () => {
    const program = programOf(text, 0) as Program;
    assert.notEqual(generateCode(program.checked, environment), undefined);
    compare(text);
  });

test("what is left to the closures is evaluated by them", () => {
  for (const text of [
    "[1, ?o.x]",
    "o.?a.b.orValue('x')",
    "{?'a': o.?b}",
    "o[?'x']",
    `${"o.t ? ".repeat(250)}1${" : 2".repeat(250)}`,
  ]) {
    const program = programOf(text, 0);
    if (program !== undefined) assert.equal(generateCode(program.checked, environment), undefined, text);
    compare(text);
  }
});

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom("o.a.b", "o.a.n", "o.l", "o.m", "o.t", "o.names", "o.missing", "s", "e", "f", "1", "'x'", "true"),
    fc.constantFrom("variables.names", "variables.long", "variables.first", "typed.__when__", "o.l[0]", "has(o.a.c)"),
    fc
      .tuple(tie("value"), fc.constantFrom("&&", "||", "==", "!=", "+", "<", "in", "*"), tie("value"))
      .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    fc.tuple(tie("value"), tie("value"), tie("value")).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc
      .tuple(
        tie("value"),
        fc.constantFrom("map(e, ", "filter(e, ", "all(e, ", "exists(f, ", "exists_one(f, "),
        tie("value"),
      )
      .map(([a, macro, b]) => `${a}.${macro}${b})`),
    fc.tuple(tie("value"), fc.constantFrom("name", "k", "constructor", "a.b")).map(([a, field]) => `${a}.${field}`),
    fc.tuple(tie("value"), fc.constantFrom("name", "b")).map(([a, field]) => `has(${a}.${field})`),
    fc.tuple(tie("value"), tie("value")).map(([a, b]) => `${a}[${b}]`),
    fc.tuple(tie("value"), tie("value")).map(([a, b]) => `[${a}, ${b}]`),
    fc.tuple(tie("value"), tie("value")).map(([a, b]) => `{${a}: ${b}}`),
    fc.tuple(fc.constantFrom("size", "string", "!", "int", "type"), tie("value")).map(([name, a]) => `${name}(${a})`),
  ),
}));

test("JavaScript as closures: random expressions", () => {
  const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 30) * 10;
  fc.assert(fc.property(value, compare), { numRuns });
});
