import assert from "node:assert/strict";
import { test } from "node:test";
import { rego } from "./rego.ts";

const [parse, ...metadata] = rego;
const state = { effects: { nowNs: 0n, randomBytes: () => new Uint8Array(), env: {} }, cache: new Map() };

function parsed(text: string): unknown {
  return parse?.call(["a.rego", text], state);
}

test("rego.parse_module answers the tree without annotations", () => {
  const module = parsed("# METADATA\n# title: a\npackage a\np := 1") as { [key: string]: readonly unknown[] };
  assert.deepEqual(Object.keys(module), ["package", "rules", "comments"]);
  assert.deepEqual(module["comments"]?.[1], { Text: "IHRpdGxlOiBh", Location: { file: "a.rego", row: 2, col: 1 } });
});

test("rego.parse_module tells all faults with their lines", () => {
  const wanted = "1 error occurred: a.rego:2: rego_parse_error: unexpected eof token\n\tp if {\n\t     ^";
  assert.throws(() => parsed("package a\np if {"), { name: "BuiltinError", message: wanted });
});

test("rego.metadata is called in queries alone, where it has no rule", () => {
  const fault = (name: string) => `the ${name} function must only be called within the scope of a rule`;
  for (const { name, call } of metadata) assert.throws(() => call([], state), { message: fault(name) });
});
