import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compile, type RegoPolicy } from "../engine.ts";
import { jsonText, parseJson } from "./json.ts";
import { JsonPaths, type PathStep } from "./json-paths.ts";
import { parseInput } from "./parse-input.ts";
import type { Value } from "./value.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

/** `a.*.b` is the entry b of each entry of a; all below the end is wanted. */
function pathsOf(...texts: readonly string[]): JsonPaths {
  const paths = new JsonPaths();
  for (const text of texts) {
    let place = paths;
    for (const step of text === "" ? [] : text.split(".")) place = place.step(step === "*" ? null : step);
    place.isWhole = true;
  }
  paths.settle();
  return paths;
}

/** Long enough not to be parsed whole. */
const filler = ` ${" ".repeat(600)}`;

const projections: readonly [text: string, wanted: readonly string[], built: string][] = [
  ['{"a":1,"b":[1,{"c":2}],"d":{"e":null}}', ["a", "d.e"], '{"a":1,"d":{"e":null}}'],
  ['{"a":{"b":1,"c":2},"x":1}', ["a.b"], '{"a":{"b":1}}'],
  ['{"l":[{"a":1,"b":2},{"a":3},4]}', ["l.*.a"], '{"l":[{"a":1},{"a":3},4]}'],
  ['{"l":[1,2,3]}', ["l.x"], '{"l":[]}'],
  ['{"a":{"x":{"y":1,"z":2},"w":{"y":3}}}', ["a.*.y", "a.x.z"], '{"a":{"w":{"y":3},"x":{"y":1,"z":2}}}'],
  ['{"a":12345678901234567890,"b":98765432109876543210}', ["a"], '{"a":12345678901234567890}'],
  ['{"a":[0.10,1e3,-0],"b":1}', ["a"], '{"a":[0.10,1e3,-0]}'],
  ['{"a":1,"a":{"b":2}}', ["a.b"], '{"a":{"b":2}}'],
  ['{"\\u0061":"\\n\\u00e9","b\\"c":1}', ["a", 'b"c'], '{"a":"\\né","b\\"c":1}'],
  ['{"__proto__":{"a":1},"b":1}', ["__proto__"], '{"__proto__":{"a":1}}'],
  [" [ 1 , { } ] ", ["*"], "[1,{}]"],
  ['{"a":"\ud800","b":"é"}', ["a"], '{"a":"\\ud800","b":"é"}'],
  ['{"é":"\u{1f600}","b":1,"c":{"d":"ü"}}', ["é", "c.d"], '{"c":{"d":"ü"},"é":"\u{1f600}"}'],
  ['"text"', ["a"], '"text"'],
  ["{ }", ["a"], "{}"],
];

for (const [text, wanted, built] of projections) {
  test(`${wanted.join(" ")} of ${text}`, () => {
    assert.equal(jsonText(parseInput(text + filler, pathsOf(...wanted))), built);
  });
}

const faults: readonly string[] = [
  "",
  "{",
  '{"a"}',
  '{"a":1,}',
  "[1,]",
  '{"a":1 "b":2}',
  "[1 2]",
  "{a:1}",
  "tru",
  "nul",
  "01",
  "1.",
  ".5",
  "-",
  "1e",
  "+1",
  '"\u0001"',
  '"\\x"',
  '"\\u12g4"',
  '"',
  '{"b":"\t"}',
  "[1]]",
  "{}1",
  "[}",
  '{"b":[1,{"c":tru}]}',
  "NaN",
  "'a'",
  '{"b":\u00a01}',
];

for (const text of faults) {
  test(`no JSON: ${JSON.stringify(text)}`, () => {
    const whole = text + filler;
    assert.throws(() => JSON.parse(whole), SyntaxError);
    assert.throws(() => parseInput(whole, pathsOf("a")), SyntaxError);
    assert.throws(() => parseInput(`{"x":${text}${filler}}`, pathsOf("a")), SyntaxError);
  });
}

// Of each policy, what it looks at, and the same answer whatever else the input holds.
const policies: readonly [rule: string, paths: readonly string[]][] = [
  ["x := input.a", ["a"]],
  ['x if input.a.b == "k"', ["a.b"]],
  ["x := [c.a | some c in input.b]", ["b.*.a"]],
  ["x := count(input.a)", ["a"]],
  ["x if is_object(input.a)", ["a"]],
  ["x contains k if input.a[k].b", ["a.*.b"]],
  ["x := input", [""]],
  ["x contains v if walk(input, [_, v])", [""]],
  ["f(o) := o.a.b\nx := [f(input.a), f(input.b)]", ["a.a.b", "b.a.b"]],
  ["items contains c if some c in input.b\nx := [c.a | some c in items]", ["b.*"]],
  ["list := input.b\nx := [c.a | some c in list]", ["b.*.a"]],
  ['x := object.get(input.a, "b", input.c).a', ["a.b.a", "c.a"]],
  ["x := object.get(input.a, input.k, 1)", ["a", "k"]],
  ["x := input.a[input.k].b", ["a.*.b", "k"]],
  ["x := input.b[0].a", ["b.*.a"]],
  ['y := input.a.b\nx := [y, z] if z := y with input.a as {"b": input.c}', ["a.b", "c"]],
  ["y := input.a.b\nx := [y, z] if z := y with input as input.c", ["a.b", "c"]],
  ["y := input.a.b\nx := [y, z] if z := y with input.a.c as 1", ["a.b"]],
  ["x if not input.a.b", ["a.b"]],
  ["x if every c in input.b { c.a == input.k }", ["b.*.a", "k"]],
  ['x := 1 if input.k == "k" else := input.c', ["c", "k"]],
  ['x := json.remove(input.a, ["b"])', ["a"]],
];

const key = fc.constantFrom("a", "b", "c", "k", "0");
const leaf: fc.Arbitrary<string> = fc.constantFrom(
  "1",
  '"k"',
  "null",
  "true",
  "12345678901234567890",
  "0.1",
  '"\\u0041\\\\"',
  "false",
);
const json: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(" , ")}]`),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map(objectText),
  ),
})).value;

function objectText(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, value]) => `"${name}" : ${value}`).join(",\n")}}`;
}

const document = fc
  .tuple(...["a", "b", "c", "k"].map(() => json))
  .map((values) => objectText(values.map((value, i) => ["abck"[i] as string, value])) + filler);

for (const [rule, paths] of policies) {
  const { policy, diagnostics } = compile([{ file: "p.rego", text: `package p\n${rule}` }]);
  test(`${rule} looks at ${paths.join(" ")}`, () => {
    assert.deepEqual(diagnostics, []);
    const list = (policy as RegoPolicy).inputPaths("p/x").list;
    assert.deepEqual(list.map(pathText).sort(), [...paths].sort());
    fc.assert(
      fc.property(document, (text) => {
        assert.equal(
          answer(policy as RegoPolicy, { inputJson: text }),
          answer(policy as RegoPolicy, { input: parseJson(text) }),
        );
      }),
      { numRuns: 60 },
    );
  });
}

function pathText(path: readonly PathStep[]): string {
  return path.map((step) => step ?? "*").join(".");
}

function answer(policy: RegoPolicy, input: { readonly inputJson: string } | { readonly input: Value }): string {
  try {
    const value = policy.evaluate("p/x", { ...input, effects, strictBuiltinErrors: true });
    return value === undefined ? "undefined" : jsonText(value);
  } catch (error) {
    return String(error);
  }
}

test("where most is wanted, texts are parsed whole after a while", () => {
  const paths = pathsOf("a");
  const text = `{"a":"${"x".repeat(2000)}","b":1}`;
  for (let i = 0; i < 40; i++) parseInput(text, paths);
  assert.deepEqual(parseInput(text, paths), JSON.parse(text));
  const few = pathsOf("b");
  for (let i = 0; i < 40; i++) parseInput(text, few);
  assert.deepEqual(parseInput(text, few), { b: 1 });
});
