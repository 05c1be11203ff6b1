import assert from "node:assert/strict";
import { test } from "node:test";
import { annotationsJson, astJsonText } from "./ast-json.ts";
import { parseModule } from "./parser.ts";

/** The annotations of a rule below a block of these lines, as JSON; or the fault and its row. */
function read(lines: string): string {
  const block = lines.split("\n").map((line) => `# ${line}`);
  const { module, diagnostics } = parseModule(["package p", "# METADATA", ...block, "q := 1"].join("\n"));
  const [annotations] = module?.annotations ?? [];
  if (annotations !== undefined) return astJsonText(annotationsJson(annotations));
  return diagnostics.map(({ loc, message }) => `${loc?.row}: ${message}`).join("\n");
}

// Each answer is what OPA 1.19 gives.
const cases: readonly (readonly [string, string])[] = [
  ["foo: 1", `{"scope":"rule"}`],
  ["title: 1", `{"scope":"rule","title":"1"}`],
  ["entrypoint: true", `{"entrypoint":true,"scope":"document"}`],
  ["labels:\n a: b\n c: 1", `{"labels":{"a":"b","c":1},"scope":"rule"}`],
  ["organizations: [1]", `{"organizations":["1"],"scope":"rule"}`],
  ["authors:\n- A B <a@b>\n- name: N", `{"authors":[{"name":"A B","email":"a@b"},{"name":"N"}],"scope":"rule"}`],
  ["related_resources:\n- https://x", `{"related_resources":[{"ref":"https://x"}],"scope":"rule"}`],
  [
    `schemas:\n- data.x["b"]: schema["y"].z`,
    `{"schemas":[{"path":[{"type":"var","value":"data"},{"type":"string","value":"x"},{"type":"string","value":"b"}],` +
      `"schema":[{"type":"var","value":"schema"},{"type":"string","value":"y"},{"type":"string","value":"z"}]}],"scope":"rule"}`,
  ],
  [
    "compile:\n unknowns: [input.x]\n mask_rule: data.m",
    `{"compile":{"unknowns":[[{"type":"var","value":"input"},{"type":"string","value":"x"}]],` +
      `"mask_rule":[{"type":"var","value":"data"},{"type":"string","value":"m"}]},"scope":"rule"}`,
  ],
  [
    "custom:\n a: 2020-01-01\n b: 0x10\n c: yes",
    `{"custom":{"a":"2020-01-01T00:00:00Z","b":16,"c":"yes"},"scope":"rule"}`,
  ],
  ["title: [1]", "3: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string"],
  [`entrypoint: "true"`, "3: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `true` into bool"],
  ["labels: x", "3: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `x` into map[string]interface {}"],
  ["schemas:\n- x", "4: yaml: unmarshal errors:\n  line 2: cannot unmarshal !!str `x` into map[string]interface {}"],
  ["title: a\ntitle: b", `4: yaml: unmarshal errors:\n  line 2: mapping key "title" already defined at line 1`],
  ["- 1", "3: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into ast.rawAnnotation"],
  ["", "2: expected METADATA block, found whitespace"],
  ["scope: foo", "2: invalid annotation scope 'foo'. Use one of 'rule', 'document', 'package', or 'subpackages'"],
  ["scope: package", "2: annotation scope 'package' must be applied to package (have rule)"],
  ["entrypoint: true\nscope: rule", "2: annotation entrypoint applied to non-document or package scope 'rule'"],
  ["schemas:\n- input: foo", "2: invalid schema reference"],
  ["schemas:\n- foo: schema.x", "2: invalid document reference"],
  ["schemas:\n- input: 1", `2: invalid schema declaration for path "input"`],
  [`authors:\n- ""`, "2: invalid author definition : author is an empty string"],
  [
    "authors:\n- foo: 1",
    "2: invalid author definition map[foo:%!s(int=1)]: 'name' and/or 'email' values required in object",
  ],
  [
    `related_resources:\n- ref: "::x"`,
    `2: invalid related-resource definition map[ref:::x]: parse "::x": missing protocol scheme`,
  ],
];

const lastCases: readonly (readonly [lines: string, fault: string])[] = [
  ["title: x", "2:1 invalid annotation scope ''. Use one of 'rule', 'document', 'package', or 'subpackages'"],
  ["scope: rule", "2:1 annotation scope 'rule' must be applied to rule"],
  ["scope: subpackages", "2:1 annotation scope 'subpackages' must be applied to package"],
  ["", "2:1 expected METADATA block, found whitespace"],
];

test("annotations with nothing below them are refused as OPA does", () => {
  for (const [lines, fault] of lastCases) {
    const { diagnostics } = parseModule(`package p\n# METADATA\n# ${lines}`);
    assert.deepEqual(
      diagnostics.map(({ loc, message }) => `${loc?.row}:${loc?.col} ${message}`),
      [fault],
    );
  }
});

test("annotations are read, and refused, as OPA does", () => {
  for (const [lines, answer] of cases) assert.equal(read(lines), answer, lines);
});
