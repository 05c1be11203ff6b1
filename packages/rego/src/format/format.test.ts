import assert from "node:assert/strict";
import { test } from "node:test";
import { currentLanguage } from "../syntax/capabilities.ts";
import { parseModuleOrThrow } from "../syntax/parser.ts";
import { type FormatOptions, formatModule } from "./format.ts";

/** The rules of a module, formatted, without its package. */
function formatted(rules: string, options: FormatOptions = {}): string {
  const regoVersion = options.target === undefined || options.target === "v1" ? "v1" : "v0";
  const capabilities = { ...currentLanguage, future_keywords: ["and", "not", "or"] };
  const module = parseModuleOrThrow(`package a\n\n${rules}\n`, { regoVersion, capabilities });
  const text = formatModule(module, options);
  assert.ok(text.startsWith("package a\n"));
  return text.slice("package a\n".length).trim();
}

const cases: readonly (readonly [name: string, source: string, wanted: string, options?: FormatOptions])[] = [
  ["one literal stays on its line", "p if{x==1}", "p if x == 1"],
  ["a body on lines of its own", "p if {\nx;y\n\n\n\nz }", "p if {\n\tx\n\ty\n\n\tz\n}"],
  [
    "a text of several lines is as it was",
    "p := `x\n\n\n\ny`\nq := $`a\n\n\n{p}`",
    "p := `x\n\n\n\ny`\n\nq := $`a\n\n\n{p}`",
  ],
  [
    "imports that nobody wrote stand before the rules",
    "import future.keywords.or\np { a or b }",
    "import future.keywords.or\nimport rego.v1\n\np if a or b",
    { target: "v0v1" },
  ],
  [
    "a set behind not keeps its parentheses, also behind comments",
    "import future.keywords.not\np if {\n\tnot\n# a\n# b\n({x})\n}",
    "import future.keywords.not\n\np if {\n\tnot (# a\n\t# b\n\t{x})\n}",
  ],
  ["so is what has comments in the way", 'p := # a\n{\n"b" # c\n\n\n: 1 # d\n}', 'p := {\n"b" # c\n\n\n: 1 # d\n} # a'],
  ["rules of one line stay together", "p:=1\nq:=2\n\n\nr:=3", "p := 1\nq := 2\n\nr := 3"],
  ["a comment behind and one above", "# a\np := 1 # b\n# c", "# a\np := 1 # b\n\n# c"],
  ["comments in a body", "p if {\n# a\nx # b\n# c\n}", "p if {\n\t# a\n\tx # b\n\t# c\n}"],
  ["lists keep their lines", "p := [1,2,\n3]", "p := [\n\t1, 2,\n\t3,\n]"],
  ["a list that begins below", "p := {\n1}", "p := {\n\t1,\n}"],
  ["a list without room for its comment", "p := {\n 1 # a\n}", "p := {\n 1 # a\n}"],
  ["else", "p := 1 if x else := 2 if {y}", "p := 1 if x\n\nelse := 2 if y"],
  ["else behind its brace", "p if {\nx\n} else := 2 if {\ny\n}", "p if {\n\tx\n} else := 2 if {\n\ty\n}"],
  ["every", "p if {every x in y{x>1}}", "p if every x in y { x > 1 }"],
  ["with", "p if x with input as 1\n with data.y as 2", "p if x with input as 1\n\twith data.y as 2"],
  ["refs", 'p := x["a"].b["c-d"][_]["if"].not', 'p := x.a.b["c-d"][_]["if"].not'],
  ["unions in lists", "p := {or(x, y)}", "p := {(x | y)}"],
  ["templates", 'p := $"a {  x } {"b"}"', 'p := $"a {x} b"'],
  ["escapes in templates", 'p := $"\\u0041 \\/ \\{ {x}"', 'p := $"A / \\{ {x}"'],
  ["imports in order", "import data.b\nimport data.a as c # d", "import data.a as c # d\nimport data.b"],
  [
    "and, or",
    "import future.keywords.and\np if { x   and {y\nz} }",
    "import future.keywords.and\n\np if x and {\n\ty\n\tz\n}",
  ],
  ["not with a set", "import future.keywords.not\np if not ({x})", "import future.keywords.not\n\np if not ({x})"],
  ["a comment behind the key of a head", "p[\nx # a\n] :=  1", "p[\nx # a\n] :=  1"],
  ["a head cut by comments", "p := {1: # a\n2} if { # b\nx\n}", "p := {1: # a\n2} if { # b\n\tx\n}"],
  ["a comment before else", "p if {\nx\n} else # a\n:= 2", "p if {\n\tx\n} # a\n\nelse := 2"],
  ["a union as argument", "f(x | y) := 1", "f(x | y) := 1"],
  ["white space before arguments", "default f (_) := 1", "default f(_) := 1"],
  ["a comment in a template's line", 'p := $"{x}" # a', 'p := $"{ # a\n\tx}"'],
  [
    "a comment in a comprehension in a template",
    'p := $"{[x |\nx := # a\n1\n]}"',
    'p := $"{[x |\n\t\tx := 1 # a\n\t]}"',
  ],
  ["a comment in a template's expression", 'p := $"{x +\n# a\n1}"', 'p := $"{x + # a\n\t1}"'],
  ["a set with a negation", 'x := {-y, "a"}', 'x := {"a", 0 - y}'],
  [
    "a comment in the braces of not",
    "import future.keywords.not\np if { not { x\n# a\n} }",
    "import future.keywords.not\n\np if not { x# a\n }",
  ],
  [
    "every with comments on both lines of its body",
    "p if {\n\tevery x in y { z # a\n\t} # b\n\tq\n}",
    "p if {\n\tevery x in y { z }\n\tq\n}",
  ],
  [
    "wildcards of heads with further bodies",
    "a[_].b := _ if { x } { y }\nc[_] := 1 if { x } { y }",
    "a[_].b := _1 if x\n\na[_].b := _1 if y\nc[_2] := 1 if x\n\nc[_] := 1 if y",
  ],
  ["an object comprehension's key above its value", "p := {x:\ny | z} # a", "p := {x: y |\n\tz # a\n}"],
  ["an object comprehension whose value is a call", "p := {x: count(y) | y := z[x]}", "p := {x: count(y) | y := z[x]}"],
  ["a comprehension in a short head", "p[{x | x := 1}] := y.z", "p[{x | assign(x, 1)}] := y.z"],
  ["an object with comments alone", "p := {\n # a\n}", "p := {\n # a\n}"],
  ["imports by the parts of their paths", 'import data.z\nimport data["a b"]', 'import data["a b"]\nimport data.z'],
  ["v0", "p[x]{x=1}\nq=1{y}", "p[x] {\n\tx = 1\n}\n\nq = 1 {\n\ty\n}", { target: "v0" }],
  [
    "keywords in paths by rego.v1 in v0",
    'import rego.v1\np := data["if"].every',
    "import rego.v1\n\np := data.if.every",
    { target: "v0" },
  ],
  ["v0 for both", "p[x]{x=1}", "import rego.v1\n\np contains x if x = 1", { target: "v0v1" }],
  ["without v0's imports", "import rego.v1\np := 1", "p := 1", { dropV0Imports: true }],
  [
    "comments before the brace of every, and behind it",
    "p if {\nevery x in y { # a\nx\n# b\n} # c\n}",
    "p if {\n\tevery x in y { # a\n\t\tx\n\t\t# b\n\t} # c\n}",
  ],
  [
    "a comprehension is left as it was with what is in it",
    "p if {\nx := [v | v := {1: # a\n2} # b\n ]\n}",
    "p if {\n\tx := [v | v := {1: # a\n2} # b\n ]\n}",
  ],
  [
    "operands in braces below each other",
    "import future.keywords.or\np if {\n{a} or\n{b} or\n{c} }",
    "import future.keywords.or\n\np if {\n\t{ a } or\n\t\t{ b } or\n\t\t{ c }\n}",
  ],
  [
    "a negation in a negation",
    "import future.keywords.not\nimport future.keywords.or\np if not (not x)",
    "import future.keywords.not\nimport future.keywords.or\n\np if not (not x)",
  ],
  [
    "the builtin beside the keyword",
    "import future.keywords.or\np := or(x, y)\n\nq if { true or or(x, y) == z }",
    "import future.keywords.or\n\np := x | y\n\nq if true or x | y == z",
  ],
  ["a union first in a body with if", "p if {\nor(x, y) == z\nw }", "p if {\n\t(x | y) == z\n\tw\n}"],
  ["a union first in a body without", "p {\nor(x, y) == z\nw }", "p {\n\tx | y == z\n\tw\n}", { target: "v0" }],
  [
    "every brings in",
    "import future.keywords.every\np { 1 in x }",
    "import future.keywords.every\n\np {\n\t1 in x\n}",
    { target: "v0" },
  ],
  ["a wildcard for two rules", "p := _ { x } { y }", "p := _0 {\n\tx\n}\n\np := _0 {\n\ty\n}", { target: "v0" }],
  [
    "words of all keywords behind a dot in v0",
    'import future.keywords\np := x["if"]',
    "import future.keywords\n\np := x.if",
    { target: "v0" },
  ],
  [
    "a word of one keyword in brackets in v0",
    'import future.keywords.if\np := x["if"]',
    'import future.keywords.if\n\np := x["if"]',
    { target: "v0" },
  ],
  ["v0 with v1's import keeps its signs", "import rego.v1\np = 1", "import rego.v1\n\np = 1", { target: "v0" }],
  [
    "an import that nobody wrote beside a comment",
    "import data.z\nimport future.keywords\nimport data.a # b\np = 1",
    "import data.z\n\nimport data.a # b\nimport rego.v1\n\np := 1",
    { target: "v0v1" },
  ],
  ["a rule without a name", '_["a b"] := 1', '_["a b"] := 1'],
  ["what is called in parentheses", "p := (y - z)(x)", "p := (y - z)(x)"],
  ["a sign on a line of its own", "p := [\n-x]", "p := [\n\t0 - x,\n]"],
  ["a template that is a key of a head", 'p[$"a{1}{x}"] := 1 if x := 2', 'p[$"a1{x}"] := 1 if x := 2'],
  ["keywords quoted", "p := x.if", 'p := x["if"]', { keywordsInRefs: false }],
];

for (const [name, source, wanted, options] of cases) {
  test(`format: ${name}`, () => {
    assert.equal(formatted(source, options), wanted);
  });
}
