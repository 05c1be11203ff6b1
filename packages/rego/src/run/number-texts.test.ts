import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { lookup } from "../value/access.ts";
import { jsonText, parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";

// Each row: an expression, and how OPA 1.19.1 prints it.
const library = `package p
g(x) := x
h(1) := "one"
h(2) := "two"
h(x) := "many" if x > 2
`;

const rows: readonly (readonly [expression: string, printed: string])[] = [
  ["1.0", "1.0"],
  [
    "[1.10, 1e2, 1E2, 2e-05, 1.2345675e+06, 1e-7, 0.0000001, -0, -0.0]",
    "[1.10,1e2,1E2,2e-05,1.2345675e+06,1e-7,0.0000001,-0,-0.0]",
  ],
  ["[g(1.0) + 0, g(1e2) * 1, g(2.5) - 0.5, g(1.0) / 4]", "[1,100,2,0.25]"],
  [
    "[g(0.00001) + 0, g(1234567.5) * 1, g(0.0001) + 0, g(999999.5) + 0, g(1) / 3]",
    "[1e-05,1.2345675e+06,0.0001,999999.5,0.33333333333333333334]",
  ],
  [
    "[g(1e30) + 0.1, g(1e400) * 1, g(1e-7) * 1, g(18446744073709551616) / 3]",
    "[1000000000000000000000000000000,10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000,1e-07,6.1489146912365172055e+18]",
  ],
  [
    "[round(1.0), round(-2.5), round(1e30), ceil(-0.5), ceil(-1.1), floor(-0.5), floor(-1.1), floor(1e25)]",
    "[1,-3,1000000000000000000024696061952,1,-1,0,-2,10000000000000000000000000]",
  ],
  [
    "[0 * -2.5, 0 / -2, 0 * -1, 0.0 * -1, -0 * 1.5, -0 / 2, -0 * -1.5, (0 * -2.5) + 0, max([0 * -2.5]), 1e30 * 0]",
    "[-0,-0,0,0,-0,-0,0,0,-0,0]",
  ],
  [
    "[abs(-1.0), abs(1e2), abs(-0.0), abs(-123456789012345678901234567890), abs(-0.00001)]",
    "[1,100,0,123456789012345678900000000000,1e-05]",
  ],
  [
    "[sum([1.0]), sum([1.0, 0.5]), product([2.0, 3]), max([1, 1.0]), min([1.0, 1]), sort([2.0, 1, 1.0])]",
    "[1,1.5,6,1.0,1,[1,1.0,2.0]]",
  ],
  ['[to_number("1.0"), to_number("1e2"), to_number("-0"), to_number(1.0)]', "[1.0,1e2,-0,1.0]"],
  [
    '[json.marshal([1.0, 1e-7, 1e22]), json.marshal({1.0: 2.0}), json.unmarshal("[1e2, 1.50, -0, 1E+5]")]',
    '["[1.0,1e-7,1e22]","{\\"1.0\\":2.0}",[1e2,1.50,-0,1E+5]]',
  ],
  [
    "yaml.marshal([1.0, 100000000000000000000, 18446744073709551615, 1234567.5, 1e6, 1500000, -0.0, 0.00001])",
    '"- 1\\n- 1e+20\\n- 18446744073709551615\\n- 1.2345675e+06\\n- 1e+06\\n- 1500000\\n- -0\\n- 1e-05\\n"',
  ],
  [
    'yaml.unmarshal("[1.0, 1e21, 1e-7, 12345678901234567890123, 0.00001]")',
    "[1,1e+21,1e-7,1.2345678901234568e+22,0.00001]",
  ],
  [
    'sprintf("%v %v %v %v %v %v", [1.0, 1e2, 1e-7, 1234567.5, -0.0, [1.0, 1e2]])',
    '"1 1e2 1e-7 1.2345675e+06 -0 [1.0, 1e2]"',
  ],
  [
    'sprintf("%d %d %d %f %f %x %X", [1.0, 1e2, 2, 1.0, 2, 255.5, -0.1])',
    '"%!d(float64=1) %!d(string=1e2) 2 1.000000 %!f(int64=2) 0x1.ffp+07 -0X1.999999999999AP-04"',
  ],
  ['sprintf("%.0f %.1f %.2f %.2f %.3x", [2.5, 1.25, 1.005, 0.125, 1.1])', '"2 1.2 1.00 0.12 0x1.19ap+00"'],
  [
    'sprintf("%T %T %T %T %s", [1, 1.0, 1e2, 9223372036854775808, 1.5])',
    '"int64 float64 string *big.Int %!s(float64=1.5)"',
  ],
  ['$"{1.0} {1e2} {1 / 3} {-0} {[1e21]}"', '"1.0 1e2 0.33333333333333333334 -0 [1e21]"'],
  [
    '[g(1.0) == 1, g(1.0) != 1, g([1.0]) == [1], {"a": g(1.0)} == {"a": 1}, g(1e0) < 1, g(1.5) > 1.0]',
    "[true,false,true,true,false,true]",
  ],
  [
    '[1.0 in {1, 2}, 1 in [g(1.0)], {1: "a"}[g(1.0)], {1.0: "a"}[g(1)], object.get({1: 2}, 1.0, 3)]',
    '[true,true,"a","a",2]',
  ],
  [
    '[{1.0, 1}, {1, 1.0}, {1.0} & {1}, {1} | {1.0}, {1.0} - {1}, {1.0: "a", 1: "a"}]',
    '[[1.0],[1],[1.0],[1],[],{"1.0":"a"}]',
  ],
  ['[x | some x in [1, 1.0, 1e0, "1"]; x == 1]', "[1,1.0,1e0]"],
  ["[h(1.0), h(1), h(g(2.0)), h(5e0)]", '["one","one","two","many"]'],
  ["[x | x := [1, 2, 3][g(1.0)]]", "[]"],
  [
    "[numbers.range(1.0, 3), bits.and(1e2, 7), format_int(1.9, 10), count(numbers.range(1, 3)) + 0.0]",
    '[[1,2,3],4,"1",3]',
  ],
  [
    '[units.parse("1.5"), units.parse("1m"), units.parse("1.50K"), units.parse_bytes("1.0")]',
    "[1.5000000000,0.0010000000,1500,1]",
  ],
  ["[x | x := [input.n][_]; x == 1]", "[1.0]"],
  ["[x | x := array.slice([1, 2], 1.0, 2)]", "[]"],
  ["[x | x := 1 / g(0.0)]", "[]"],
];

function printed(expression: string, evaluator: "interpreter" | "generated" | "walker"): string {
  const { policy, diagnostics } = compile([{ file: "p.rego", text: `${library}x := ${expression}\n` }]);
  assert.ok(policy, diagnostics[0]?.message);
  const options = { input: parseJson('{"n": 1.0}') };
  const value =
    evaluator === "walker"
      ? lookup(policy.walk("x = data.p.x", options)[0] as Value, "x")
      : policy.evaluate("p/x", { ...options, evaluator });
  return jsonText(value as Value);
}

for (const evaluator of ["interpreter", "generated", "walker"] as const)
  for (const [expression, wanted] of rows)
    test(`${evaluator}: ${expression}`, () => assert.equal(printed(expression, evaluator), wanted));
