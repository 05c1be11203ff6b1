import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = {
  "b/.manifest": `{"revision":"9","roots":["a","sub"],"metadata":{"z":[1]}}`,
  "b/a.rego": `# METADATA
# title: Pkg
# authors:
# - Jane <j@x.org>
# schemas:
# - input: schema.foo
package a["c-d"]

# METADATA
# description: doc
# entrypoint: true
p if input.y == 1

# METADATA
# labels:
#  k: v
q := 1
`,
  "b/sub/data.json": `{"x":1}`,
  "plain.rego": 'package plain\nimport future.keywords.not\np := $"a{input.x}"',
};

const manifest = `MANIFEST:
┌──────────┬───────────┐
│  FIELD   │   VALUE   │
├──────────┼───────────┤
│ Revision │ 9         │
│ Roots    │ a         │
│          │ sub       │
│ Metadata │ {"z":[1]} │
└──────────┴───────────┘
`;

const namespaces = `NAMESPACES:
┌───────────────┬─────────────────┐
│   NAMESPACE   │      FILE       │
├───────────────┼─────────────────┤
│ data.a["c-d"] │ b/a.rego        │
│ data.sub      │ b/sub/data.json │
└───────────────┴─────────────────┘
`;

const annotations = `ANNOTATIONS:
Pkg
===

Package:  a["c-d"]
Location: b/a.rego:7
Scope: package

Authors:
 Jane <j@x.org>

Schemas:
 input: schema.foo

a["c-d"].p
==========

doc

Package:  a["c-d"]
Rule:     p
Location: b/a.rego:12
Scope: document
Entrypoint: true

a["c-d"].q
==========

Package:  a["c-d"]
Rule:     q
Location: b/a.rego:17
Scope: rule

`;

test("inspect shows what a bundle holds, as tables", () =>
  inFolder(files, async () => {
    assert.equal((await runLine("inspect b")).out, manifest + namespaces);
    assert.equal((await runLine("inspect -a b")).out, manifest + namespaces + annotations);
  }));

test("inspect tells the same as JSON, with the capabilities that it takes", () =>
  inFolder(files, async () => {
    const bundle = JSON.parse((await runLine("inspect -f json b")).out);
    assert.deepEqual(bundle.manifest, { revision: "9", roots: ["a", "sub"], metadata: { z: [1] } });
    assert.deepEqual(bundle.namespaces, { 'data.a["c-d"]': ["b/a.rego"], "data.sub": ["b/sub/data.json"] });
    const { capabilities, manifest: none } = JSON.parse((await runLine("inspect -f json plain.rego")).out);
    assert.equal(none, undefined);
    assert.deepEqual(capabilities.future_keywords, ["not"]);
    assert.deepEqual(capabilities.features, ["rego_v1", "template_strings"]);
    const names = capabilities.builtins.map(({ name }: { name: string }) => name);
    assert.ok(names.includes("internal.template_string"));
  }));

test("inspect wants one path that can be read", () =>
  inFolder({ ...files, "broken/x.rego": "package x\np := y" }, async () => {
    const cases: readonly (readonly [string, string])[] = [
      ["", "Error: specify exactly one OPA bundle or path"],
      ["b b", "Error: specify exactly one OPA bundle or path"],
      ["none", `error: error reading "none": stat none: no such file or directory`],
      ["broken", "error: 1 error occurred: broken/x.rego:2: rego_unsafe_var_error: var y is unsafe"],
    ];
    for (const [line, message] of cases) {
      const { status, err } = await runLine(`inspect ${line}`);
      assert.deepEqual([status, err.split("\n")[0]], [1, message], line);
    }
  }));
