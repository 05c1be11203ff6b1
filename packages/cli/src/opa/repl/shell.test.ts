import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../opa.fixture.ts";

const files = { "p.rego": "package p\n\ns := [1, 2]\n", "in.json": '{"x": 1}' };

/** What the shell prints below its banner for some lines. */
async function answersTo(lines: readonly string[], args = ""): Promise<string> {
  const { out } = await inFolder(files, () => runLine(`run ${args}`, { stdin: `${lines.join("\n")}\n` }));
  return out.replace(/^OPA .*\n\n.*\n\n/, "");
}

const defined = (name: string, how = "defined", path = "repl") =>
  `Rule '${name}' ${how} in package ${path}. Type 'show' to see rules.\n`;

/** Lines typed, what they print, and arguments of the command. */
const table: readonly (readonly [lines: readonly string[], out: string, args?: string])[] = [
  [["1 + 1"], "2\n"],
  [["x := 1", "x + 1", "x := 2", "x"], `${defined("x")}2\n${defined("x", "re-defined")}2\n`],
  [["p = 3", "p = 3", "p = 4"], `${defined("p")}true\nundefined\n`],
  [["q if {", "1 == 1", "}", "", "q"], `${defined("q")}true\n`],
  [["z := [1,", "2]", "", "z[1]"], `${defined("z")}2\n`],
  [["x := y"], "1 error occurred: 1:6: rego_unsafe_var_error: var y is unsafe\n"],
  [["y"], "1 error occurred: 1:1: rego_unsafe_var_error: var y is unsafe\n"],
  [["import data.p.s", "s[1]", "show"], "2\npackage repl\n\nimport data.p.s\n", "p.rego"],
  [["package a.b", "x := 1", "package repl", "data.a.b.x"], `${defined("x", "defined", "a.b")}1\n`],
  [
    ["package", "import nosuch", "", "x := 1"],
    `1 error occurred: 2:8: rego_unsafe_var_error: var nosuch is unsafe\n${defined("x", "defined", "import")}`,
  ],
  [
    ["fails", "some z in [1]; z == 2", "fails"],
    "query:1     Enter __localq0__ = [1]; z = __localq0__[__localq0__]; equal(z, 2, _); _\nquery:1     | Fail _\nundefined\n",
  ],
  [["input.x"], "1\n", "repl.input:in.json"],
  [["package repl.input", "y := 2", "package repl", "input.y"], `${defined("y", "defined", "repl.input")}2\n`],
  [["x := 1", "unset x", "unset x"], `${defined("x")}warning: no matching rules in current module\n`],
  [["strict-builtin-errors", "1 / 0"], "1 error occurred: 1 / 0: eval_builtin_error: div: divide by zero\n"],
  [
    ["fails", "1 == 2; true", "fails"],
    "query:1     Enter equal(1, 2, _); true = _; _; _\nquery:1     | Fail _\nundefined\n",
  ],
  [
    ["dump"],
    '{"repl":{"input":{"x":1}},"system":{"version":{"build_commit":"","build_hostname":"","build_timestamp":"","version":"1.19.1"}}}\n',
    "repl.input:in.json",
  ],
  [["show"], "no rules defined\n"],
  [
    ["x = 1", "import input.b", "import input.a", "show"],
    `${defined("x")}package repl\n\nimport input.a\nimport input.b\n\nx := 1\n`,
  ],
  [
    ["unknown input", "input.a > 1"],
    "┌─────────┬─────────────┐\n│ Query 1 │ input.a > 1 │\n└─────────┴─────────────┘\n",
  ],
  [["unknown input", "unknown", "1 + 1"], "2\n"],
  [["1 +", "1", "", "2"], "2\n2\n"],
  [["p { true }"], "1 error occurred: 1:1: rego_parse_error: `if` keyword is required before rule body\n"],
  [
    ["pretty-limit 4", 'i := [1]; j := "abcdef"'],
    '┌─────┬─────────┐\n│  i  │    j    │\n├─────┼─────────┤\n│ [1] │ "abc... │\n└─────┴─────────┘\n',
  ],
  [["pretty-limit"], "usage: pretty-limit <n>\n"],
  [["exit", "1"], ""],
  [["show nothing"], "unknown option 'nothing'\n"],
];

for (const [lines, out, args] of table)
  test(`shell: ${lines.join(" ⏎ ")}`, async () => assert.equal(await answersTo(lines, args), out));

test("the shell says what it cannot load", async () => {
  const { status, out } = await runLine("run nope.rego");
  assert.deepEqual(
    { status, out },
    {
      status: 1,
      out: "error: load error: 1 error occurred during loading: stat nope.rego: no such file or directory\n",
    },
  );
});
