import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InputError, parseManifests, readManifests } from "./manifests.ts";

const good: readonly [what: string, text: string, kinds: string[], lines: number[]][] = [
  ["one document", "apiVersion: v1\nkind: Pod\n", ["Pod"], [1]],
  [
    "several, with empty ones",
    "---\n---\napiVersion: v1\nkind: Pod\n---\n\napiVersion: v1\nkind: Secret\n",
    ["Pod", "Secret"],
    [3, 7],
  ],
  ["JSON", '{"apiVersion":"v1","kind":"Pod"}', ["Pod"], [1]],
  [
    "a List",
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- {apiVersion: v1, kind: Node}\n",
    ["Pod", "Node"],
    [1, 1],
  ],
  ["nothing", "", [], []],
  ["only comments", "# nothing\n", [], []],
];

for (const [what, text, kinds, lines] of good) {
  test(`manifests: ${what}`, () => {
    const manifests = parseManifests("f.yaml", text);
    assert.deepEqual(
      manifests.map((manifest) => manifest.value["kind"]),
      kinds,
    );
    assert.deepEqual(
      manifests.map((manifest) => manifest.line),
      lines,
    );
  });
}

const bad: readonly [what: string, text: string, message: RegExp][] = [
  ["broken YAML", "a: [1\nb: 2\n", /^f\.yaml:2:\d+: /],
  ["duplicate keys", "apiVersion: v1\nkind: Pod\nkind: Pod\n", /^f\.yaml:3:1: Map keys must be unique/],
  ["no kind", "apiVersion: v1\n", /^f\.yaml:1: the object has no kind/],
  ["a list", "- 1\n", /^f\.yaml:1: expected a Kubernetes object.*got a list/],
  ["a scalar", "hello\n", /got a string/],
];

for (const [what, text, message] of bad) {
  test(`manifests: ${what} is refused`, () => {
    assert.throws(
      () => parseManifests("f.yaml", text),
      (error: unknown) => error instanceof InputError && message.test(error.message) && !error.message.includes("\n"),
    );
  });
}

test("who waits is told of each file that was read", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-manifests-"));
  try {
    for (const name of ["a.yaml", "b.json"]) writeFileSync(join(folder, name), '{"apiVersion": "v1", "kind": "A"}');
    const told: string[] = [];
    readManifests(
      [folder, "-"],
      () => "",
      (done, of) => told.push(`${done} of ${of}`),
    );
    assert.deepEqual(told, ["1 of 3", "2 of 3", "3 of 3"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
