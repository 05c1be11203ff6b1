import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = {
  "ok.rego": "package ok\n\np if input.x\n",
  "bad.rego": "package bad\n\np if foo(1)\n\nq if bar(1)\n",
  "syntax.rego": "package syntax\n\np if {\n",
  "v0.rego": "package v0\n\np[x] { x := input.a[_] }\n",
  "both.rego": "package both\n\nimport rego.v1\n\np contains x if some x in input.a\n",
  "strict.rego": "package strict\n\nimport data.foo\n\np := 1\n",
  "broken.json": "{",
  "schema.json": '{"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": false}',
  "typed.rego": "# METADATA\n# scope: package\n# schemas:\n#   - input: schema\npackage typed\n\np if input.y\n",
  "inline.rego":
    "package inline\n\n# METADATA\n# schemas:\n#   - input: {type: object, properties: {x: {type: string}}, additionalProperties: false}\np if input.y\n",
  "few.json": '{"builtins": [], "features": ["rego_v1"]}',
  "counts.rego": "package counts\n\np if count(input.x)\n",
  "old.json": '{"builtins": []}',
};

const undefinedFoo = "bad.rego:3: rego_type_error: undefined function foo";

/** A command line behind `opa check`, and what it prints on its error stream: with nothing the status is 0, else 1. */
const table: readonly (readonly [string, string])[] = [
  ["ok.rego", ""],
  ["ok.rego broken.json", ""],
  ["bad.rego", `2 errors occurred:\n${undefinedFoo}\nbad.rego:5: rego_type_error: undefined function bar\n`],
  ["-m 1 bad.rego", `2 errors occurred:\n${undefinedFoo}\nrego_compile_error: error limit reached\n`],
  ["nope", "1 error occurred during loading: stat nope: no such file or directory\n"],
  [
    "syntax.rego",
    "1 error occurred during loading: syntax.rego:4: rego_parse_error: unexpected eof token\n\tp if {\n\t     ^\n",
  ],
  ["--v0-compatible v0.rego", ""],
  ["--v0-v1 both.rego", ""],
  ["strict.rego", ""],
  ["typed.rego", ""],
  [
    "inline.rego",
    '1 error occurred: inline.rego:6: rego_type_error: undefined ref: input.y\n\tinput.y\n\t      ^\n\t      have: "y"\n\t      want (one of): ["x"]\n',
  ],
  [
    "--schema schema.json typed.rego",
    '1 error occurred: typed.rego:7: rego_type_error: undefined ref: input.y\n\tinput.y\n\t      ^\n\t      have: "y"\n\t      want (one of): ["x"]\n',
  ],
  ["--schema nope ok.rego", "1 error occurred during loading: stat nope: no such file or directory\n"],
  [
    "--capabilities few.json counts.rego",
    "1 error occurred: counts.rego:3: rego_type_error: undefined function count\n",
  ],
  [
    "--capabilities old.json ok.rego",
    "1 error occurred during loading: rego_parse_error: illegal capabilities: rego_v1 feature required for parsing v1 Rego\n",
  ],
  ["--strict strict.rego", "1 error occurred: strict.rego:3: rego_compile_error: import data.foo unused\n"],
];

for (const [args, err] of table) {
  test(`opa check ${args}`, async () => {
    await inFolder(files, async () => {
      assert.deepEqual(await runLine(`check ${args}`), { status: err === "" ? 0 : 1, out: "", err });
    });
  });
}

test("opa check tells errors as JSON", async () => {
  await inFolder(files, async () => {
    const { err, status } = await runLine("check --format json -m 1 bad.rego");
    assert.equal(status, 1);
    assert.deepEqual(JSON.parse(err), {
      errors: [
        { message: "undefined function foo", code: "rego_type_error", location: { file: "bad.rego", row: 3, col: 6 } },
        { message: "error limit reached", code: "rego_compile_error" },
      ],
    });
  });
});
