import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { warningHeaders } from "./warnings.ts";

const x300 = "x".repeat(300);

const cases: readonly (readonly [what: string, texts: readonly string[], headers: readonly string[]])[] = [
  ["a text", ["mind"], ['299 - "mind"']],
  ["quotes and backslashes", ['a "b" \\'], ['299 - "a \\"b\\" \\\\"']],
  ["letters beyond ASCII, in UTF-8", ["é"], ['299 - "Ã©"']],
  ["nothing", [""], []],
  ["line breaks", ["two\nlines", "one"], ['299 - "one"']],
  ["a long text", [x300], [`299 - "${x300}"`]],
  ["twice the same", ["a", "b", "a"], ['299 - "a"', '299 - "b"']],
  [
    "more than fits",
    Array.from({ length: 14 }, (_, i) => `${i} ${x300}`),
    Array.from({ length: 14 }, (_, i) => `299 - "${`${i} ${x300}`.slice(0, 256)}"`),
  ],
];

describe("warnings in headers", () => {
  for (const [what, texts, headers] of cases) it(what, () => assert.deepEqual(warningHeaders(texts), headers));
});
