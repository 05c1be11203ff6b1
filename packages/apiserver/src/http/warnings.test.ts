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
  [
    "more than fits when it is cut",
    Array.from({ length: 1000 }, (_, i) => `${i} ${x300}`),
    Array.from({ length: 16 }, (_, i) => `299 - "${`${i} ${x300}`.slice(0, 256)}"`),
  ],
  [
    "more of short texts than fits",
    Array.from({ length: 1000 }, (_, i) => `${1000 + i}`),
    Array.from({ length: 1025 }, (_, i) => `299 - "${1000 + i}"`).slice(0, 1000),
  ],
  [
    "so many short texts that they do not fit",
    Array.from({ length: 2000 }, (_, i) => `${1000 + i}`),
    Array.from({ length: 1025 }, (_, i) => `299 - "${1000 + i}"`),
  ],
];

describe("warnings in headers", () => {
  for (const [what, texts, headers] of cases) it(what, () => assert.deepEqual(warningHeaders(texts), headers));
});
