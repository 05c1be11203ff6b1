import assert from "node:assert/strict";
import { test } from "node:test";
import { parseModule } from "../syntax/parser.ts";
import { compileModules } from "./compile.ts";
import type { CompileOptions } from "./stage.ts";

/** The faults of one module of package a, a line each: `row:col message`, and the details of types below. */
function faults(text: string, options: CompileOptions = {}): readonly string[] {
  const { module, diagnostics } = parseModule(`package a\n${text}`, { file: "p.rego" });
  const found = module === undefined ? diagnostics : compileModules([module], options).diagnostics;
  return found.flatMap(({ loc, message, details = [] }) => [
    `${loc === undefined ? "" : `${loc.row}:${loc.col} `}${message}`,
    ...details,
  ]);
}

type Case = readonly [text: string, ...faults: string[]];

const cases: { readonly [what: string]: readonly Case[] } = {
  "objects with values that nothing is known of, as an argument, may be any objects": [
    ["f(x) := count({1: x | true})"],
    ['f(x) := object.get({1: x | true}, "a", 1)'],
    ["f(x) := y if { y := {1: x | true}; y == {2: x | true} }"],
  ],
  "what is annotated twice is told of": [
    [
      "# METADATA\n# scope: document\nf(x) := y\n# METADATA\n# entrypoint: true\nf(_) := 1",
      "5:1 document annotation redeclared: p.rego:2",
    ],
    ["# METADATA\n# title: a\n# METADATA\n# title: b\np := 1"],
  ],
  "unsafe variables are found where they stand last in a head, first in a body": [
    ["p := {x: {x: 1}}", "2:11 var x is unsafe"],
    ["p[x] := x", "2:3 var x is unsafe"],
    ["p if { y := x + 1; z := y }", "2:8 var y is unsafe", "2:13 var x is unsafe", "2:20 var z is unsafe"],
    ["p if { r = {x: y | z = 1; x = z[y]}; x }", "2:8 var x is unsafe"],
    ["p if { every v in [1] { v } with input as x }", "2:19 var x is unsafe"],
    ["p[[1 | x := 1; q with input.a as [input.b, x]]] := 2 if { input.c } { input.d }\nq := 1"],
    ["import future.keywords.not\np if { not 1 + y == 2 }", "3:8 var y is unsafe"],
    ["import future.keywords.not\np if { not {1 + y == 2} }", "3:13 var y is unsafe"],
    ["import future.keywords.not\np if { not input[x].y }", "3:8 var x is unsafe"],
    ["import future.keywords.not\np if { not { input[x].y } }"],
    ["import future.keywords.not\nf(x) if { not [x, 1][1] }", "3:11 expression is unsafe"],
    ["import future.keywords.not\nf(x) if { not ({x: 1}.a) }"],
    ["import future.keywords.not\nf(x) if { not count([x.a]) == 1 }"],
    ["p := {1: eq(1, 2)}", "2:10 expression is unsafe"],
    ["f(input.x) := 1", "2:3 var input is unsafe"],
    ["r := {}\nf([r.a, r.b]) := 1", "3:3 var r is unsafe"],
    ["f({x: x, y: 1}) := [x, y]"],
    ["f({x | x := 1}) := 1"],
    ["f({x | x := q}) := 1\nq := 1", "2:8 var q is unsafe", "2:8 var x is unsafe"],
    ["f(x, g(x)) := 1\ng(x) := x", "2:6 rule arguments cannot contain calls"],
  ],
  "what is given must fit as a whole, also where keys are found at run time": [
    [
      'p := json.marshal_with_options([], {input.x: "a"})',
      "2:6 json.marshal_with_options: invalid argument(s)",
      "have: (array[any], object[any: string], ???)",
      "want: (x: any, opts: object<indent: string, prefix: string, pretty: boolean>[string: any], y: string)",
    ],
    ['p := json.marshal_with_options([], {"pretty": true, input.x: input.y})'],
  ],
  "what is called must be a function": [
    ["p if a[1](2)", "2:6 undefined function a[1]"],
    ["p if [1].f(2)", "2:6 undefined function [1].f"],
    [
      'f(x) := x % "a"',
      "2:9 rem: invalid argument(s)",
      "have: (???, string, ???)",
      "want: (x: number, y: number, z: number)",
    ],
    [
      "p := count({[], [1]}, 1)",
      "2:6 count: arity mismatch",
      "have: (set[any<array<number>, array[any]>], number, ???)",
      "want: (collection: any<string, array[any], object[any: any], set[any]>)",
    ],
    ["p if { y := 1; [[x, y] | x := 2].f(2) }", "2:16 undefined function [[x, y] | x = 2].f"],
    [
      "import future.keywords.not\np if { not 1 == f(1, 2) }\nf(x) := x",
      "3:17 function data.a.f has arity 1, got 2 arguments",
    ],
    ["q := 5\np := q()", "3:6 undefined function data.a.q"],
    ["q() := 5\np := q()", "3:6 undefined function data.a.q"],
    ["f(x) := 1\np if f(1, 2, 3)", "3:6 function data.a.f has arity 1, got 3 arguments"],
  ],
  "a variable named like a builtin takes the calls of its rule": [
    ["p if { plus = 3; x = 1 + 1 }", "2:22 called function plus shadowed"],
    ["p if { eq; x = [y | y = 1] }", "2:12 undefined function eq"],
    ["p if { eq = 3 }", "2:8 undefined function eq"],
    ["p if { x := [max | some max in [1]]; max([1]) == x[0] }"],
    ["p if { some max; max = 1; 1 == 1 }"],
    [
      "p if { max = 1; q with count as max }\nq if max([1])",
      "2:8 match error",
      "left  : (any<array[any], set[any]>) => any",
      "right : number",
    ],
    ["p if { max([1]) } else if { max = 1 }"],
    ["p := {y | max = 1; y := 2}", "2:11 match error", "left  : (any<array[any], set[any]>) => any", "right : number"],
  ],
  "what is called in a head": [
    ["f(x) := x.g(1)", "2:9 undefined function x.g"],
    ["f(x) := [x.g(1) | true]", "2:10 undefined function x.g"],
    ["p := [max([1]) | max := 1]", "2:7 called function max shadowed"],
  ],
  "refs to rules are found wrong where the last of them stands": [
    [
      "b := {1}\np := b.x\nq := b",
      "4:6 undefined ref: data.a.b.x",
      "data.a.b.x",
      "         ^",
      '         have: "x"',
      "         want (type): number",
    ],
  ],
  "rules at one path are of one kind": [
    ["f[x](y) := 1 if x := 1\nf.a(y) := 2", "2:1 rule data.a.f[x] conflicts with:\n  rule data.a.f.a at p.rego:3"],
    ["p := 1\np contains 1", "2:1 conflicting rules data.a.p found"],
    [
      "p := 2\np[x] := 1 if x := 1\np.c := 1\np.b.d := 1\np.b.c := 1\np.c.e := 1",
      "2:1 rule data.a.p[x] conflicts with:\n  rule data.a.p.b.c at p.rego:6\n  rule data.a.p.b.d at p.rego:5\n  rule data.a.p.c at p.rego:4",
      "4:1 rule data.a.p.c conflicts with:\n  rule data.a.p.c.e at p.rego:7",
    ],
  ],
  "a rule that needs itself is named, and only the branch that does": [
    ["p if { q } else if { p }\nq := 1", "2:12 rule data.a.p is recursive: data.a.p -> data.a.p"],
  ],
  "types of what nothing is said of": [
    ["f(x) if { {x} == 1 }", "2:11 match error", "left  : set[any]", "right : number"],
    ["f({x: 1}, x) := x\np := f({1: 1}, 1)"],
    ["f(x) if { y := [x | z := {x}[_]][_] }", "2:11 match error", "left  : ???", "right : ???"],
  ],
  "one fault of with is enough": [
    [
      "p if { x := abs(count(input)) with input.a as abs(1).b }",
      "2:47 undefined ref: __local1__.b",
      "__local1__.b",
      "^^^^^^^^^^",
      "have: number",
    ],
    ["p if x = count([1]) with y as 1", "2:26 with keyword target must reference existing input, data, or a function"],
  ],
  "types of composite keys": [
    ['p if { {[1]: 1, "b": 2} == 1 }', "2:8 match error", "left  : object<b: number, [1]: number>", "right : number"],
    ["p if { {null: 1} == 1 }", "2:8 match error", "left  : object<<nil>: number>", "right : number"],
  ],
  "keys of packages are names": [
    [
      "q := 1\np if data.a[1]",
      "3:6 undefined ref: data.a[1]",
      "data.a[1]",
      "       ^",
      "       have (type): number",
      '       want (one of): ["q"]',
    ],
    ["q.r := 1\np if data.a.q[1]"],
  ],
  "a closure in the body of `not` and `every` means what is declared behind it": [
    ["import future.keywords.not\np if { not { not { 1 == x }; x := 1 } }"],
    ["import future.keywords.not\np if { not { [1 | 1 == x]; some x; data.q[x] } }"],
    ["import future.keywords.not\np if { every y in [1] { not { y == x }; x := 1 } }"],
    ["import future.keywords.not\np if { not { not { 1 == x } }; x := 1 }", "3:20 var x is unsafe"],
    ["p if { y := [1 | [1 | 1 == x]; x := 1]; y }", "2:23 var x is unsafe"],
    ["import future.keywords.not\np if { not { not 1 == x; x := 1 } }", "3:26 var x referenced above"],
  ],
  "a rule with a variable in its ref may be what any ref behind that asks for": [
    [
      "p[x].b := 1 if { x := data.a.p.c.d }",
      "2:1 rule data.a.p[__local0__].b is recursive: data.a.p[__local0__].b -> data.a.p[__local0__].b",
    ],
    ["p[1].b := 1 if { data.a.p[2].b }"],
    [
      "p.a[x] := 1 if { x := data.a.p[_].c }",
      "2:1 rule data.a.p.a[__local0__] is recursive: data.a.p.a[__local0__] -> data.a.p.a[__local0__]",
    ],
    ["p.a.b[x] := 1 if { x := data.a.p[_].c }"],
  ],
  "a known key is compared with found ones only where it may be such a key": [
    ['r[x].b := 1 if { x = [1] }\np if { r == {"a": 1} }'],
    [
      'r[x].b := 1 if { x = input.x }\np if { r == {"a": 1} }',
      "3:8 match error",
      "left  : object[any: object[string: number]]",
      "right : object<a: number>",
    ],
  ],
  "refs are told with the names that were written": [
    [
      "f(x) if { [1, 2][[x, 1]] }",
      "2:11 undefined ref: __local1__[[x, 1]]",
      "__local1__[[x, 1]]",
      "           ^",
      "           have (type): array<???, number>",
      "           want (type): number",
    ],
  ],
  "a template string is evaluated first of a set's members": [
    ['p if { x := true; {$"{x}", [x, "2"][_].a} }'],
    [
      'p if { x := true; {$"{1}", [x, "2"][_].a} }',
      "2:28 undefined ref: __local2__[_].a",
      "__local2__[_].a",
      "^^^^^^^^^^^^^",
      "have: any<boolean, string>",
    ],
  ],
  "a body of `true` goes, with its `with`, where the head needs one": [
    ["f(x) := 1 in input.b if { true with data.q as {x: y | some y in {x: z | z := 1 / 2}} }"],
    ["f(x) := input.b if { true with data.q as {x: y | some y in {x: z | z := 1}} }"],
    ["f(_) := count([]) if { true with data.a as 1 / 2 }"],
    ["f(_) := input.b if { true with data.a as 1 }", "2:1 rule data.a.f is recursive: data.a.f -> data.a.f"],
  ],
  "a scalar has no members": [["p if { some x in 1; x }", "2:8 match error", "left  : ???", "right : ???"]],
};

for (const [what, rows] of Object.entries(cases)) {
  test(what, () => {
    for (const [text, ...wanted] of rows) assert.deepEqual(faults(text), wanted, text);
  });
}

test("faults beyond the limit are not told", () => {
  const text = "p if { a; b; c }";
  const [first, ...rest] = faults(text, { maxErrors: 2 });
  assert.deepEqual([first, rest.length, rest.at(-1)], ["2:8 var a is unsafe", 2, "error limit reached"]);
  assert.equal(faults(text, { maxErrors: 0 }).length, 3);
});

/** The faults that a schema of input gives. */
function schemaFaults(schema: unknown, text: string): readonly string[] {
  return faults(text, { schemas: new Map([["schema", schema]]), useSchemaAnnotations: true });
}

test("annotations hold schemas of their own, and those that they name say nothing where there are none", () => {
  const text = (schema: string) => `# METADATA\n# schemas:\n# - input: ${schema}\np := input.x.y`;
  const inline = "{type: object, properties: {x: {type: string}}}";
  assert.equal(faults(text(inline), { useSchemaAnnotations: true })[0], "5:6 undefined ref: input.x.y");
  assert.deepEqual(faults(text("schema.z"), { useSchemaAnnotations: true }), []);
  assert.deepEqual(faults(text("schema.z"), { useSchemaAnnotations: true, schemas: new Map() }), [
    "5:1 undefined schema: schema.z",
  ]);
  assert.deepEqual(faults(text(inline)), []);
});

const property = { type: "object", properties: { a: { type: "string" } } };
const recursive = {
  properties: { x: { $ref: "#/definitions/n" } },
  definitions: { n: { properties: { n: { $ref: "#/definitions/n" } } } },
};
const schemas: readonly (readonly [schema: unknown, text: string, ...faults: string[]])[] = [
  [property, "p if input.a == 1", "2:6 match error", "left  : string", "right : number"],
  [{ type: ["null", "integer"] }, "p if input == {}", "2:6 match error", "left  : number", "right : object[any: any]"],
  [
    { anyOf: [property, { type: "integer" }] },
    "p if input.b",
    "2:6 undefined ref: input.b",
    "input.b",
    "      ^",
    '      have: "b"',
    '      want (one of): ["a"]',
  ],
  [{ allOf: [property, { properties: { b: { type: "null" } } }] }, "p if { input.b; input.a }"],
  [
    { allOf: [{ type: "string" }, { type: "null" }] },
    "p := 1",
    "type checking: unable to merge these schemas: type mismatch: string and null",
  ],
  [
    recursive,
    "p if input.x == 1",
    "2:6 match error",
    "left  : object<n: recursive(#/definitions/n)>",
    "right : number",
  ],
  [recursive, "p if input.x.n.n.n.n"],
  [
    { $ref: "https://example.com/s#/x" },
    "p := 1",
    "unable to compile the schema: remote reference loading disabled: https://example.com/s",
  ],
  [{ $ref: "#/definitions/x" }, "p := 1", "unable to compile the schema: Object has no key 'definitions'"],
  [
    { type: "text" },
    "p := 1",
    "unable to compile the schema: has a primitive type that is NOT VALID -- given: /text/ Expected valid values are:[array boolean integer number null object string]",
  ],
  [property, "# METADATA\n# schemas:\n# - input: schema.none\np := 1", "5:1 undefined schema: schema.none"],
];

test("schemas give types to input", () => {
  for (const [schema, text, ...wanted] of schemas)
    assert.deepEqual(schemaFaults(schema, text), wanted, `${JSON.stringify(schema)} ${text}`);
});
