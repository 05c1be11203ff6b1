import assert from "node:assert/strict";
import { test } from "node:test";
import { kubernetesEnvironment } from "../library/kubernetes/environment.ts";
import { compile, Program } from "../program.ts";
import { declareSchema } from "../schema.ts";
import { estimateCost } from "./estimate.ts";

const environment = kubernetesEnvironment().extend({
  variables: {
    x: { kind: "int" },
    b: { kind: "bool" },
    s: { kind: "string" },
    il: { kind: "list", element: { kind: "int" } },
    object: { kind: "dyn" },
  },
});

const cases: readonly (readonly [expression: string, min: number, max: number])[] = [
  ["object.a.b.c", 1, 1],
  ["has(object.a.b)", 1, 1],
  ["b ? x : 1", 1, 2],
  ["[1,2][0]", 11, 11],
  ["{'a': 1}.a", 31, 31],
  ["il.all(i, i > 0)", 2, Number.POSITIVE_INFINITY],
  ["[1,2,3].all(i, i > 0)", 20, 26],
  ["[1,2,3].map(i, i * 2)", 63, 63],
  ["{'a':1,'b':2}.map(k, k)", 67, 67],
  ["s.contains('text')", 1, Number.POSITIVE_INFINITY],
  ["s == 'hello'", 2, 2],
  ["'abc'.upperAscii()", 1, 1],
  ["x in [1,2,3]", 14, 14],
  ["optional.of(1).optMap(v, v + 1)", 3, 17],
  ["il.slice(0, 2)", 14, 14],
  ["il.sort()", 12, Number.POSITIVE_INFINITY],
  ["format.dns1123Label().validate('A_').value()", 34, 34],
  ["cidr('10.0.0.0/8').containsIP('10.1.1.1')", 3, 6],
  ["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", 6, 10],
];

for (const [expression, min, max] of cases) {
  test(`bounds of the cost of ${expression}`, () => {
    const program = compile(expression, environment);
    assert.ok(program instanceof Program);
    assert.deepEqual(estimateCost(program.checked), { min, max });
  });
}

test("a schema's limits bound the cost", () => {
  const schema = {
    type: "object",
    properties: { names: { type: "array", maxItems: 10, items: { type: "string", maxLength: 5 } } },
  };
  const declared = declareSchema(schema, "selfType");
  assert.ok(declared !== undefined);
  const structs = { name: "schema", structs: (name: string) => declared.structs.get(name) };
  const program = compile(
    "self.names.all(n, n.contains('a'))",
    kubernetesEnvironment().extend({ libraries: [structs], variables: { self: declared.type } }),
  );
  assert.ok(program instanceof Program);
  // 10 names of 20 bytes: two units for each text, and four for each round.
  assert.deepEqual(estimateCost(program.checked, declared.sizeOf), { min: 3, max: 3 + 10 * 6 });
});

test("dyn without its argument has a cost when nobody has checked it", () => {
  const program = compile("dyn()", environment, { checked: false });
  assert.ok(program instanceof Program);
  assert.deepEqual(estimateCost(program.checked), { min: 1, max: 1 });
});
