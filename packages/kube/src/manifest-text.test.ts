import assert from "node:assert/strict";
import { test } from "node:test";
import { manifestsText, manifestText } from "./manifest-text.ts";
import { parseYamlDocuments } from "./yaml-documents.ts";

/** What is no text to a parser of YAML 1.1, and is one here. */
const texts = [
  "yes",
  "no",
  "on",
  "off",
  "y",
  "N",
  "True",
  "null",
  "~",
  "1",
  "0777",
  "0o7",
  "1_000",
  "1:20",
  "1e3",
  "0x1",
];

for (const text of [...texts, "2020-01-01", ".inf", "<<", "", " a", "a: b", "#", "- a", "long ".repeat(60).trim()])
  test(`the text ${JSON.stringify(text)} is read as one again`, () => {
    const written = manifestText({ [text]: text, list: [text] });
    const [read] = parseYamlDocuments(written).documents.map((each) => each.toJS());
    assert.deepEqual(read, { [text]: text, list: [text] });
  });

test("documents are apart", () => {
  assert.equal(manifestsText([{ a: 1 }, { b: "yes" }]), 'a: 1\n---\nb: "yes"\n');
});
