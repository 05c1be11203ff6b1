import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = { "a.rego": "package a # c\n\np := x.y if not z\n", "bad.rego": "package a\np if { x\n" };

function run(line: string) {
  return inFolder(files, () => runLine(line));
}

test("parse prints the tree", async () => {
  const tree = [
    "module",
    " package",
    "  ref",
    "   data",
    '   "a"',
    " rule",
    "  head",
    "   ref",
    "    p",
    "   ref",
    "    x",
    '    "y"',
    "  body",
    "   expr negated index=0",
    "    z",
    " comment",
  ];
  assert.deepEqual(await run("parse a.rego"), { status: 0, out: `${tree.join("\n")}\n`, err: "" });
});

test("parse prints JSON, with places and comments where they are wanted", async () => {
  const plain = JSON.parse((await run("parse -f json a.rego")).out);
  assert.deepEqual(Object.keys(plain), ["package", "rules", "comments"]);
  assert.deepEqual(plain.comments, [{ Text: "IGM=", Location: { file: "a.rego", row: 1, col: 11 } }]);
  const placed = JSON.parse((await run("parse -f json --json-include locations,-comments a.rego")).out);
  assert.deepEqual(Object.keys(placed), ["package", "rules"]);
  assert.deepEqual(placed.package.location, { file: "a.rego", row: 1, col: 1, text: "cGFja2FnZQ==" });
});

test("parse tells faults as JSON", async () => {
  const { status, out, err } = await run("parse bad.rego");
  assert.deepEqual([status, out], [1, ""]);
  const message = "unexpected eof token";
  const location = { file: "bad.rego", row: 3, col: 0 };
  const details = { line: "p if { x", idx: 7 };
  assert.deepEqual(JSON.parse(err), { errors: [{ message, code: "rego_parse_error", location, details }] });
  assert.match((await run("parse nofile")).err, /"message": "open nofile: no such file or directory"/);
  assert.match((await run("parse")).err, /^Error: no source file specified\nUsage:\n/);
});
