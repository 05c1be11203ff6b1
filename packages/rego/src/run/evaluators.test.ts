import assert from "node:assert/strict";
import { test } from "node:test";
import type { Builtin } from "../builtins/builtin.ts";
import { compile, type EvaluateOptions } from "../engine.ts";
import { lookup } from "../value/access.ts";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { EvaluationError } from "./errors.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

/** What `data.p.x` is with one evaluator: its JSON, `undefined`, or the error. */
function answer(text: string, options: Omit<EvaluateOptions, "effects">, builtins: readonly Builtin[] = []): string {
  const { policy, diagnostics } = compile([{ file: "p.rego", text: `package p\n${text}` }], { builtins });
  assert.deepEqual(diagnostics, []);
  try {
    const value = policy?.evaluate("p/x", { effects, ...options });
    return value === undefined ? "undefined" : jsonText(value);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return `${error.code}:${error.place?.row}: ${error.message}`;
  }
}

function pair(a: number, v: number, k = "k"): Value {
  return { a, k, v };
}

/** Twenty lines. */
function numbers(line: (i: number) => string): string {
  return Array.from({ length: 20 }, (_, i) => line(i)).join("\n");
}

// What generated code does in a way of its own: the interpreter must give the same.
const cases: readonly [name: string, text: string, input: Value, wanted: string][] = [
  [
    "names of prototypes are keys",
    'x := [input["constructor"], input["__proto__"]]',
    JSON.parse('{"constructor":1,"__proto__":2}'),
    "[1,2]",
  ],
  ["names of prototypes are not there", "x := input.toString", {}, "undefined"],
  ["length is no entry of a string", "x := input.s.length", { s: "abc" }, "undefined"],
  ["size is no entry of a set", "f(a) := a.size\nx := f({1})", {}, "undefined"],
  ["an object literal with __proto__", 'x := {"__proto__": input.a, "b": 1}', { a: 2 }, '{"__proto__":2,"b":1}'],
  ["the last value of a key counts", 'x := object.union({"a": input.a}, {"a": 3})', { a: 2 }, '{"a":3}'],
  ["constant collections", 'x := [{"a": [1, {2, 1}]}, {}, [], set()]', {}, '[{"a":[1,[1,2]]},{},[],[]]'],
  ["a member that is undefined", "x := [1, input.none]", {}, "undefined"],
  ["text that would be code", 'x := "\\u2028`1`\\"; throw 1; //"', {}, '"\u2028`1`\\"; throw 1; //"'],
  ["keys that would be code", 'x := input["\\"];throw 1;//"]', { '"];throw 1;//': 1 }, "1"],
  ["few constants", 'x if input.a in {"b", "c"}', { a: "c" }, "true"],
  ["few constants: none", 'x if input.a in {"b", "c"}', { a: "d" }, "undefined"],
  ["constants that are no scalars", "x if input.a in [[1], {}]", { a: {} }, "true"],
  [
    "big numbers",
    "x := [9007199254740993, input.a < 9007199254740993, 1e400]",
    { a: 1 },
    "[9007199254740993,true,1e400]",
  ],
  ["order of types", 'x := [1 < "a", input.a < null, input.a >= false]', { a: [] }, "[true,false,true]"],
  ["deep equality", 'x if input.a == {"b": [{1, 2}]}', { a: { b: [[1, 2]] } }, "undefined"],
  ["sets by their members", "x if {1, input.a} == {input.a, 1}", { a: { b: 1 } }, "true"],
  [
    "count of each kind",
    'x := [count(input.a), count({1}), count("\u{1f600}"), count(input)]',
    { a: [1] },
    "[1,1,1,1]",
  ],
  ["object.get by path", 'x := object.get(input, ["a", 0], 9)', { a: [null] }, "null"],
  ["object.get keeps null", 'x := object.get(input, "a", 9)', { a: null }, "null"],
  [
    "loops over objects in order",
    "x := [v | some v in input]",
    { b: 1, a: 2, "\uffff": 4, "\u{10000}": 5 },
    "[2,1,4,5]",
  ],
  ["loops over sets in order", "y contains v if some v in input\nx := [v | some v in y]", [3, 1, 2], "[1,2,3]"],
  [
    "loops that only add to sets",
    "y contains v if some v in input\nx contains v + 1 if some v in y",
    [3, 1, 2],
    "[2,3,4]",
  ],
  [
    "loops that end with a constant",
    'y contains v if some v in input\nx := "found" if {\n\tsome v in y\n\tv > 1\n}',
    [3, 1, 2],
    '"found"',
  ],
  [
    "loops that end before a conflict",
    "y contains v if some v in input\nf(1) := 1\nf(3) := 2\nf(3) := 3\nx if {\n\tsome v in y\n\tf(v) == 1\n}",
    [3, 1, 2],
    "true",
  ],
  [
    "loops that end with what they found",
    "y contains v if some v in input\nf(a) := v if {\n\tsome v in a\n\tv > 1\n} else := 0\nx := f(y)",
    [3, 1],
    "3",
  ],
  ["loops that append constants", "x := [1 | some v in input; v > 1]", { b: 3, a: 2, c: 1 }, "[1,1]"],
  [
    "loops that append arrays of their own",
    "x := [[k, 1] | some k, v in input; v > 1]",
    { b: 3, a: 2, c: 1 },
    '[["a",1],["b",1]]',
  ],
  [
    "numbers beyond the safe ones",
    "x := numbers.range(9007199254740990, 9007199254740993)",
    {},
    "[9007199254740990,9007199254740991,9007199254740992,9007199254740993]",
  ],
  [
    "steps beyond the safe numbers",
    "x := numbers.range_step(9007199254740987, 9007199254740991, 3)",
    {},
    "[9007199254740987,9007199254740990]",
  ],
  ["ranges downwards", "x := numbers.range_step(3, -3, 2)", {}, "[3,1,-1,-3]"],
  [
    "indexed arrays and sets",
    "x := [[a, b] | some k in input.k; a := [p.v | some p in input.p; p.a == k]; b := {p.v | some p in input.p; p.a == k}]",
    { k: [1, 2, 3], p: [pair(2, 1), pair(1, 5), pair(2, 1)] },
    "[[[5],[5]],[[1,1],[1]],[[],[]]]",
  ],
  [
    "metadata asked in a comprehension of the head",
    "x := [each.path | some each in rego.metadata.chain()]",
    {},
    '[["p","x"]]',
  ],
  [
    "metadata of an else, which is not that of its rule",
    "\n# METADATA\n# title: t\nx := 1 if false\nelse := [rego.metadata.rule(), rego.metadata.chain()]",
    {},
    '[{},[{"path":["p","x"]}]]',
  ],
  [
    "metadata of several blocks, the nearest first",
    "\n# METADATA\n# title: a\n# METADATA\n# title: b\nx := [rego.metadata.rule().title, rego.metadata.chain()[1].annotations.title]",
    {},
    '["b","a"]',
  ],
  [
    "template strings right behind keywords",
    'x := [v | v := "a1"; v in{$"a{1}"}]\ny if not$"a{q}" { false }\nq if false\nz if$"a{1}" { false }',
    {},
    '["a1"]',
  ],
  [
    "several values in a template string",
    'x := internal.template_string(["a", {v | some v in input}])',
    [1, 2],
    "eval_conflict_error:2: template-strings must not produce multiple outputs",
  ],
  [
    "conflicts",
    "x := v if some v in input",
    [1, 2],
    "eval_conflict_error:2: complete rules must not produce multiple outputs",
  ],
  [
    "conflicts of one key",
    "x[1] := 1\nx[1] := v if some v in input",
    [2],
    "eval_conflict_error:3: complete rules must not produce multiple outputs",
  ],
  [
    "conflicts of one key beside others",
    "x[1] := 1\nx[k] := v if some k, v in input",
    [3, 2],
    "eval_conflict_error:3: object keys must be unique",
  ],
  [
    "conflicts of functions",
    "f(a) := v if some v in a\nx := f(input)",
    [1, 2],
    "eval_conflict_error:2: functions must not produce multiple outputs for same inputs",
  ],
  [
    "conflicts of keys",
    "x[k] := v if {\n  some v in input\n  k := 1\n}",
    [1, 2],
    "eval_conflict_error:2: object keys must be unique",
  ],
  ["other documents", "y := input.a\nx := [y, z] if z := y with input.a as 2", { a: 1 }, "[1,2]"],
  ["a document that is not there", "y if not input\nx if y with input as false", 1, "true"],
  [
    "an indexed object",
    "x := [o | some a in input.a; o := {p.k: p.v | some p in input.p; p.a == a}]",
    { a: [1, 2, 3], p: [pair(2, 1), pair(1, 5), pair(2, 1), pair(1, 5), pair(1, 6, "m")] },
    '[{"k":5,"m":6},{"k":1},{}]',
  ],
  [
    "an indexed object of constants",
    "x := [o | some a in input.a; o := {p.k: true | some p in input.p; p.a == a}]",
    { a: [1, 2, 1], p: [pair(2, 1), pair(1, 5), pair(1, 6), pair(1, 6, "m")] },
    '[{"k":true,"m":true},{"k":true},{"k":true,"m":true}]',
  ],
  [
    "the last of several values in an indexed object",
    "x := [o | some a in input.a; o := {p.k: p.v | some p in input.p; p.a == a}]",
    { a: [1], p: [pair(1, 1), pair(1, 2)] },
    '[{"k":2}]',
  ],
  [
    "several values in an indexed object that is not asked for",
    "x := [o | some a in input.a; o := {p.k: p.v | some p in input.p; p.a == a}]",
    { a: [1], p: [pair(2, 1), pair(2, 2)] },
    "[{}]",
  ],
  ["walks along known paths", 'x := [v | some k in ["a", 0, "c"]; walk(input, [["l", k], v])]', { l: [7] }, "[7]"],
  ["walks through sets", "y := {1, [2]}\nx := [v | walk(y, [[[2], 0], v])]", {}, "[2]"],
  [
    "many numbers",
    `${numbers((i) => `f(a) := "${i}" if a == ${i}`)}\nf(a) := "last" if a == 40\nx := [v | some a in input; v := f(a)]`,
    [3, 19, 20, "3", 0, 40, 3],
    '["3","19","0","last","3"]',
  ],
  ["many numbers, one twice", `${numbers((i) => `f(a) := [a] if a == ${i % 19}`)}\nx := f(input)`, 0, "[0]"],
  [
    "many numbers, one with two values",
    `${numbers((i) => `f(a) := ${i} if a == ${i % 19}`)}\nx := f(input)`,
    0,
    "eval_conflict_error:21: functions must not produce multiple outputs for same inputs",
  ],
  ["many numbers and a pattern", `${numbers((i) => `f(${i}, b) := b + ${i}`)}\nx := f(input, 1)`, 7, "8"],
  ["builtin errors are undefined", "x := [1 | 1 / input.a]", { a: 0 }, "[]"],
];

for (const evaluator of ["interpreter", "generated"] as const) {
  for (const [name, text, input, wanted] of cases) {
    test(`${evaluator}: ${name}`, () => assert.equal(answer(text, { input, evaluator }), wanted));
  }

  test(`${evaluator}: a function that is asked the same again`, () => {
    const calls = 'a := lower(t); b := upper(a); c := trim(b, " "); d := concat(c, [a, b]); e := split(d, c)';
    const text = `f(t) := {t: r} if { ${calls}; r := object.get(input.of, e[0], input.n) }
g(t) := r if { ${calls}; count(e) > 0; r := to_number(t) }
x := [
  [f(t) | some t in ["p", 1, "q", "p"]],
  without,
  [g(t) | some t in ["1", "p", "2", "1", "p"]],
]
without := y if y := [f(t) | some t in ["p", "q", "p"]] with input.n as null`;
    const wanted = '[[{"p":5},{"q":7},{"p":5}],[{"p":5},{"q":null},{"p":5}],[1,2,1]]';
    const input = { of: { p: 5 }, n: 7 };
    assert.equal(answer(text, { input, evaluator }), wanted);
    const builtinErrors: EvaluationError[] = [];
    answer(text, { input, evaluator, builtinErrors });
    // Each call that fails is told.
    assert.equal(builtinErrors.filter(({ message }) => message.startsWith("to_number")).length, 2);
  });

  test(`${evaluator}: builtin errors are errors`, () => {
    const options = { input: { a: 0 }, evaluator, strictBuiltinErrors: true };
    assert.equal(answer("x := [1 | 1 / input.a]", options), "eval_builtin_error:2: div: divide by zero");
  });

  test(`${evaluator}: a builtin in the place of OPA's`, () => {
    const count: Builtin = { name: "count", call: () => 42 };
    assert.equal(answer("x := count(input)", { input: [], evaluator }, [count]), "42");
  });

  test(`${evaluator}: large data that change between queries`, () => {
    const { policy } = compile([
      { file: "p.rego", text: "package p\nx := concat(data.d.join, [k | some k, v in data.d])" },
    ]);
    const names = Array.from({ length: 40 }, (_, i) => `k${i}`);
    const d = Object.fromEntries([...names.map((name) => [name, name]), ["join", ","]]) as { [name: string]: string };
    const ask = () => policy?.evaluate("p/x", { effects, evaluator, data: { d } });
    assert.equal(ask(), Object.keys(d).sort().join());
    delete d["k7"];
    d["a"] = "a";
    assert.equal(ask(), Object.keys(d).sort().join());
  });

  test(`${evaluator}: too many steps`, () => {
    const limits = { steps: 100, depth: 10 };
    const input = Array.from({ length: 50 }, (_, i) => i);
    const text = "x contains [a, b] if {\n\tsome a in input\n\tsome b in input\n}";
    assert.equal(answer(text, { input, evaluator, limits }), "eval_cancel_error:undefined: too many steps");
  });

  test(`${evaluator}: too late`, () => {
    let time = 0;
    const input = Array.from({ length: 5000 }, (_, i) => i);
    const options = { input, evaluator, deadline: 1, clock: () => time++ + 2 };
    const cancelled = "eval_cancel_error:undefined: caller cancelled query execution";
    assert.equal(answer("x contains a if some a in input", options), cancelled);
  });
}

test("without code from strings the interpreter runs", (t) => {
  t.mock.method(globalThis, "Function", function refuse() {
    throw new EvalError("Code generation from strings disallowed for this context");
  });
  assert.equal(answer("x := input.a + 1", { input: { a: 1 } }), "2");
});

test("a path may lead into the value of a rule", () => {
  const text = `package p
obj := {"a": {"b": 1}}
m["k"] := {"z": 2}
m[x] := 3 if x := "dyn"
s contains "v"
f(x) := x`;
  const { policy } = compile([{ file: "p.rego", text }]);
  const rows = [
    ["p/obj/a/b", 1],
    ["p/obj/none", undefined],
    ["p/obj/a/b/c", undefined],
    ["p/m/k/z", 2],
    ["p/m/dyn", 3],
    ["p/s/v", "v"],
    ["p/s/w", undefined],
    ["p/f/x", undefined],
    ["base/1/c", 4],
  ] as const;
  const data = { base: [{}, { c: 4 }] };
  for (const [path, wanted] of rows)
    for (const evaluator of ["generated", "interpreter"] as const)
      assert.deepEqual(policy?.evaluate(path, { data, evaluator }), wanted, path);
});

/** What `data.p.x` is by each of the three evaluators, all the same: JSON, or the error. */
function answerOfAll(text: string, input: Value): string {
  const { policy, diagnostics } = compile([{ file: "p.rego", text: `package p\n${text}` }], {
    compile: { print: true },
  });
  if (policy === undefined)
    return diagnostics.map(({ code, loc, message }) => `${code}:${loc?.row}: ${message}`).join();
  const options = { effects, input, data: { z: { a: [1] } } };
  const runs = [
    () => policy.evaluate("p/x", options),
    () => policy.evaluate("p/x", { ...options, evaluator: "interpreter" }),
    () => lookup(policy.walk("result = data.p.x", options)[0] ?? {}, "result"),
  ];
  const answers = runs.map((run) => {
    try {
      const value = run();
      return value === undefined ? "undefined" : jsonText(value);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return `${error.code}:${error.place?.row}:${error.place?.col}: ${error.message}`;
    }
  });
  assert.equal(new Set(answers).size, 1, answers.join());
  return answers[0] ?? "";
}

test("a target of `with` whose keys are no strings ends the evaluation when it is reached", () => {
  const bad = (col: number, row = 2) => `eval_conflict_error:${row}:${col}: bad document path`;
  const below = "rego_compile_error:2: with keyword cannot partially replace virtual document(s)";
  const rows: readonly (readonly [text: string, wanted: string])[] = [
    ["x if { true with input.a[0] as 3 }", bad(8)],
    ["x if { true with data.z.a[0] as 3 }", bad(8)],
    ["x if { true with data.z[1.5] as 3 }", bad(8)],
    ["x if { true with input[true] as 3 }", bad(8)],
    ["x if { true with input[null].a as 3 }", bad(8)],
    ["x if { true with input[[1]] as 3 }", bad(8)],
    ["x if { true with input[{1}] as 3 }", bad(8)],
    ["x if { true with data[0] as 3 }", bad(8)],
    ["x if { true with data[{}] as 3 }", bad(8)],
    ["x if { true with input[data.p.none] as 3 }", bad(8)],
    ["x if { true with input.b as 1 with input[0] as 3 }", bad(8)],
    ["x if { not false with input[0] as 3 }", bad(8)],
    ["x := [v | v := 1 with input[0] as 3]", bad(11)],
    ["x if { every y in [1] { y == 1 with input[0] as 3 } }", bad(25)],
    ["default x := 5\nx if { true with input[0] as 3 }", bad(8, 3)],
    ["x if { true with input[0] as 3 }\nx if { input.a == 1 }", bad(8)],
    ["x if { true with input[0] as input.none }", "undefined"],
    ["x if { false; true with input[0] as 3 }", "undefined"],
    ["x if { input.a == 2; true with input[0] as 3 }", "undefined"],
    ['x := y if { y := input with input["0"] as 3 }', '{"0":3,"a":1}'],
    ["x if { true with data.p.k[0] as 3 }\nk := [1]", below],
    ["x if { true with data.p.k.a.b as 3 }\nk[y].z := 1 if y := 2", below],
    ["x := v if { v := k with data.p.k as 3 }\nk := [1]", "3"],
    ["x if { print(1) with input[0] as 1 }", "true"],
    ["x if { not print(input.none) }", "true"],
  ];
  for (const [text, wanted] of rows) assert.equal(answerOfAll(text, { a: 1 }), wanted, text);
});
