import assert from "node:assert/strict";
import { test } from "node:test";
import { caretLines } from "./diagnostic.ts";
import { parseModule } from "./parser.ts";

/** All faults of a module: `row:col message`. */
function faults(text: string, regoVersion: "v0" | "v1" = "v1"): readonly string[] {
  return parseModule(text, { regoVersion }).diagnostics.map(({ loc, message }) => `${loc?.row}:${loc?.col} ${message}`);
}

const value = "expected rule value term (e.g., p := <VALUE> { ... })";

const cases: readonly (readonly [rules: string, ...wanted: string[]])[] = [
  ["p := }", "2:6 unexpected } token", `2:6 unexpected } token: ${value}`],
  ['p := "a', "2:6 non-terminated string", "2:6 illegal token", "2:6 illegal token"],
  ["p := [1 2]", '2:9 unexpected number token: expected "," or "]"', `2:9 unexpected number token: ${value}`],
  [
    'p := $"\t\\n{1}"',
    '2:6 illegal template-string part: "\t\\n{',
    `2:6 unexpected template-string-part token: ${value}`,
  ],
  ['p := $"\\}"', "2:6 illegal escape sequence", "2:6 illegal token", "2:6 illegal token"],
  ["import data.x as input\np := 1", "3:1 unexpected identifier token: expected var"],
  ["p if", "2:4 unexpected eof token"],
  ["p if {\n", "3:0 unexpected eof token"],
  [
    "p := 01",
    "2:6 unexpected number token: expected number without leading zero",
    `2:6 unexpected number token: ${value}`,
  ],
  [
    "p := 0é",
    "2:6 unexpected number token: expected number without leading zero",
    `2:6 unexpected number token: ${value}`,
  ],
  ["p { x }", "2:1 `if` keyword is required before rule body"],
  ["p[x]", "2:1 `contains` keyword is required for partial set rules"],
  ["a.b.c", "2:1 rule must have value assignment and/or body declaration"],
  ["x + 1", "2:1 rule name conflicts with built-in function"],
  ["p if {\nx.\n", "4:0 unexpected whitespace token: expected identifier"],
  ["p if x.\n", "3:0 unexpected eof token: expected number"],
  ["p; q := 1", "2:1 multiple expressions cannot be used for rule head"],
  ['p if $"{not x}"', "2:15 non-terminated string"],
  ['p if $"{1}{"', "2:12 non-terminated string", "2:12 illegal token"],
  [
    'p if { 1 == $"{not x}" }',
    "2:16 unexpected negation ('not') in template-string expression",
    "2:22 non-terminated string",
  ],
  [
    'p := $"{if}"',
    "2:9 unexpected if keyword",
    "2:9 invalid template-string expression",
    `2:9 unexpected if keyword: ${value}`,
    "2:12 non-terminated string",
    "2:12 illegal token",
  ],
  ['p := $"{1 if 2}"', "2:11 expected } to end template string expression", `2:11 unexpected if keyword: ${value}`],
  [
    'p == $"{package}"',
    "2:9 unexpected package keyword",
    "2:9 invalid template-string expression",
    "2:16 unexpected } token",
  ],
  ["p if { x } else if { y } else.z", "2:30 unexpected . token: expected else value term or rule body"],
  ["p if { x in f([\n)\n}", "3:1 unexpected ) token", "3:1 unexpected ) token"],
  [
    'p[{"a":\n"b"}] := }',
    "3:10 unexpected } token",
    '3:10 unexpected } token: expected rule value term (e.g., p[{"a": "b"}] := <VALUE> { ... })',
  ],
  ["p if { x = 1\n==\n", "4:0 unexpected eof token"],
  [
    "default f(_, 1) := }",
    "2:20 unexpected } token",
    "2:20 unexpected } token: expected function value term (e.g., f(...) := <VALUE> { ... })",
    "2:1 illegal default rule (arguments cannot contain number)",
  ],
  [
    "p contains [package]",
    "2:13 unexpected package keyword",
    "2:13 unexpected package keyword: expected rule key term (e.g., p contains <VALUE> { ... })",
    "2:20 unexpected ] token",
  ],
  [
    "p := x. if { f( }",
    "2:8 unexpected whitespace token: expected identifier",
    `2:8 unexpected whitespace token: ${value}`,
  ],
  ["default p := x", "2:1 illegal default rule (value cannot contain var)"],
  [
    'default p := {x: [y, f(z)], $"{g(x)}": {w | w}}',
    ...["var", "var", "call", "ref", "var"].map((kind) => `2:1 illegal default rule (value cannot contain ${kind})`),
  ],
  [
    'default p := $"{x with input as 1}"',
    "2:1 illegal default rule (value cannot contain var)",
    "2:1 illegal default rule (value cannot contain ref)",
  ],
  [
    "default f(x, [x], x) := 1",
    "2:1 illegal default rule (arguments cannot contain array)",
    "2:1 illegal default rule (arguments cannot be repeated x)",
  ],
  ["default f(x, x) := y", "2:1 illegal default rule (value cannot contain var)"],
  ["default f(input) := 1", "2:1 illegal default rule (arguments cannot contain ref)"],
  ["default a.b", "2:1 illegal default rule (must have a value)"],
  ["default a.b(_) != 2", "2:16 unexpected neq token"],
  ["p := [x | y == 1; z, x)]", '2:17 unexpected ; token: expected "," or "]"', `2:17 unexpected ; token: ${value}`],
  ["p ifé{ q }", "2:5 illegal token"],
  ["p contains😀1", "2:11 illegal token"],
  ["p if not {1}"],
  [
    "p := q.# c\nr",
    "3:0 unexpected whitespace token: expected identifier",
    `3:0 unexpected whitespace token: ${value}`,
  ],
  ["p if { some x in[1] }", "2:15 unexpected in keyword: expected \\n or ; or }"],
  ["p if { every x in[1] { x } }", "2:16 unexpected identifier token: expected `x[, y] in xs { ... }` expression"],
  [
    "p.not.f(x) := ",
    "2:14 unexpected eof token",
    '2:14 unexpected eof token: expected function value term (e.g., p["not"].f(...) := <VALUE> { ... })',
  ],
  ["p if { x, y in[1] }"],
  [
    "p := {1\nnull.x := 1",
    "3:1 unexpected identifier token: non-terminated set",
    `3:1 unexpected identifier token: ${value}`,
  ],
  [
    'p if {\nf(1) < f("a".\n}',
    "3:10 illegal ref (head cannot be string)",
    "4:0 unexpected whitespace token: expected identifier",
    "4:0 unexpected whitespace token",
  ],
  [
    'p. "\\q" := 1',
    "2:3 unexpected whitespace token: expected identifier",
    "2:3 unexpected whitespace token: expected rule head name",
  ],
  ["contains := 1", "2:1 contains keyword cannot be used for rule name"],
  [
    "contains(x) := 1 { x }",
    "2:18 set cannot be used for rule name",
    "2:1 contains keyword cannot be used for rule name",
  ],
  ["contains.x := 1"],
  ["_ :=", "2:4 unexpected eof token", `2:4 unexpected eof token: ${value.replace("g., p", "g., _")}`],
  [
    "# METADATA\n# scope: zz\np := 1\n# METADATA\n# scope: package\np := 2",
    "2:1 invalid annotation scope 'zz'. Use one of 'rule', 'document', 'package', or 'subpackages'",
    "5:1 annotation scope 'package' must be applied to package (have rule)",
  ],
  [
    "# METADATA\n# title: a: b\n>",
    "4:1 unexpected gt token",
    "3:1 yaml: mapping values are not allowed in this context",
  ],
  ["# METADATA of it\n\np := 1", "2:1 expected METADATA block, found whitespace"],
  ["if[x]", "2:1 if keyword cannot be used for rule name", "2:1 `contains` keyword is required for partial set rules"],
  ['{"b": 1,"a":2}.if := 1', '2:1 invalid rule head: {"a": 2, "b": 1}["if"]'],
  ["[a](2) := 3", "2:1 call cannot be used for rule name"],
  ["p := 1e30104", "2:6 number too big", `2:6 unexpected number token: ${value}`],
  ["p := 1e2147483648", "2:6 unexpected number token: invalid float", `2:6 unexpected number token: ${value}`],
  ["p := [1e30100, 0e99999999]"],
  [
    "import data.a.b if { x }",
    "2:17 if keyword cannot be used for rule name",
    "2:17 `if` keyword is required before rule body",
  ],
  ["import data.a.b\nnot x", "3:1 var cannot be used for rule name", "3:5 var cannot be used for rule name"],
  ["import data.a.b as c\nif := 1", "3:1 unexpected if keyword"],
  ["p := .4.2", "2:7 unexpected number token: invalid float", `2:7 unexpected number token: ${value}`],
  ["import data[false]", "2:13 unexpected boolean token: expecting string"],
  ["import future.keywords.foo", "2:8 unexpected keyword, must be one of [contains every if in not]"],
  ['p := "a"[0]', "2:6 illegal ref (head cannot be string)"],
];

for (const [rules, ...wanted] of cases) {
  test(`faults: ${rules}`, () => {
    assert.deepEqual(faults(`package a\n${rules}`), wanted);
  });
}

test("faults: v0 tells which import would help", () => {
  const hint = "(hint: `import future.keywords.in` for `some x in xs` expressions)";
  const wanted = `2:12 unexpected identifier token: expected \\n or ; or } ${hint}`;
  assert.deepEqual(faults("package a\np { some x in y }", "v0"), [wanted]);
});

test("faults: keywords may begin paths, and what else they hold is told", () => {
  assert.deepEqual(faults("package not.if\np := 1"), []);
  assert.deepEqual(faults("package a[true]"), ["1:11 unexpected boolean token: expecting string"]);
});

test("faults: v0 is v1 by an import that is one", () => {
  const rule = "`if` keyword is required before rule body";
  assert.deepEqual(faults("package a\nimport rego.v1\np { q }", "v0"), [`3:1 ${rule}`]);
  assert.deepEqual(faults("import rego.v1\np { q }", "v0"), ["1:1 package expected"]);
  assert.deepEqual(faults("import data.q\nimport rego.v1\np { q }", "v0"), ["1:1 package expected", `3:1 ${rule}`]);
});

test("faults: v0 knows all keywords by a path that goes on behind one", () => {
  assert.deepEqual(faults("package a\nimport future.keywords.in.x\np if { some x in y }", "v0"), []);
});

test("faults: the line and a mark below the place", () => {
  const [fault] = parseModule("package a\np if {\n\t\tx := ]\n}").diagnostics;
  assert.deepEqual(fault?.line && caretLines(fault.line), ["x := ]", "     ^"]);
});

test("faults: nesting that is too deep is refused, and what is ambiguous takes no time", () => {
  for (const open of ["[", "{", "(", "f(", "{x | ", '$"{', "not "]) {
    assert.notDeepEqual(faults(`package a\np := ${open.repeat(20_000)}`), []);
    assert.notDeepEqual(faults(`package a\np if { ${open.repeat(400)}`), []);
  }
});
