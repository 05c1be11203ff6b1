import assert from "node:assert/strict";
import { test } from "node:test";
import { parseYamlDocuments } from "./yaml-documents.ts";

const cases: ReadonlyArray<[label: string, text: string, values: readonly unknown[]]> = [
  ["several documents", "a: 1\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
  ["no document", "", []],
  ["yes and no are texts", "a: yes\n", [{ a: "yes" }]],
  [
    "a quoted text goes on no deeper than its key",
    'a:\n  d: "one\n  two: three"\n  e: 1\nb: 2\n',
    [{ a: { d: "one two: three", e: 1 }, b: 2 }],
  ],
  ["and less deep", "a:\n  d: 'it''s\nfar\n  left'\nb: 2\n", [{ a: { d: "it's far left" }, b: 2 }]],
  ["an empty line in it is a line break", 'a:\n  d: "one\n\n  two"\n', [{ a: { d: "one\ntwo" } }]],
  ["in a list", 'a:\n- "one\n- two"\n- b\n', [{ a: ["one - two", "b"] }]],
  ["several", 'a:\n  d: "one\n  two"\n  e: "three\n  four"\n', [{ a: { d: "one two", e: "three four" } }]],
];

for (const [label, text, values] of cases)
  test(`YAML as Go reads it: ${label}`, () => {
    const { documents } = parseYamlDocuments(text);
    assert.deepEqual(
      documents.flatMap(({ errors }) => errors.map(({ message }) => message)),
      [],
    );
    assert.deepEqual(
      documents.map((document) => document.toJS()),
      values,
    );
  });

test("a quote without an end is told where it is", () => {
  const { documents } = parseYamlDocuments('a:\n  d: "one\n  e: 2\n');
  assert.match(documents[0]?.errors[0]?.message ?? "", /Missing closing "quote/);
});
