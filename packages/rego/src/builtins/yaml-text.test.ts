import assert from "node:assert/strict";
import { test } from "node:test";
import type { Value } from "../value/value.ts";
import { yamlText } from "./yaml-text.ts";

const words = Array.from({ length: 20 }, () => "word").join(" ");

// As OPA 1.19.1 prints it.
const rows: readonly (readonly [value: Value, text: string])[] = [
  ["a\nb", "|-\n  a\n  b\n"],
  ["a\n\nb\n", "|\n  a\n\n  b\n"],
  ["\n", "|2+\n\n"],
  [{ k: " lead\nx", e: "x\n\n" }, "e: |+\n  x\n\nk: |2-\n   lead\n  x\n"],
  [{ t: "trail \nx", tab: "a\tb\nc" }, 't: "trail \\nx"\ntab: "a\\tb\\nc"\n'],
  [["a\n", { x: "l1\n  l2\n" }], "- |\n  a\n- x: |\n    l1\n      l2\n"],
  [
    { a: "x\u00a0y", h: "\0\x07\b\t\v\f\r\x1b", k: "\ufeffab\nc", l: "aa\ufeff", g: "\u00ad" },
    'a: x\u00a0y\ng: \u00ad\nh: "\\0\\a\\b\\t\\v\\f\\r\\e"\nk: "\\uFEFF\\x61\\x62\\n\\x63"\nl: "aa\\uFEFF"\n',
  ],
  [{ q: [`${"a".repeat(83)}\x07  aaaa aaaaaa `] }, `q:\n- "${"a".repeat(83)}\\a\n  \\ aaaa aaaaaa "\n`],
  [{ p: `${"a".repeat(83)} aaaa\x07 aaaaaa ` }, `p: "${"a".repeat(83)}\n  aaaa\\a aaaaaa "\n`],
  [{ w: words }, `w: ${words.slice(0, 79)}\n  ${words.slice(80)}\n`],
  [
    { B: 1, _: 2, "10": 3, "9": 4, a10: 5, a2: 6, a: 7, é: 8 },
    '_: 2\n"9": 4\n"10": 3\nB: 1\na: 7\na2: 6\na10: 5\né: 8\n',
  ],
  [{ "12": 1, "1a": 2, "1_": 3 }, '"1_": 3\n"12": 1\n1a: 2\n'],
];

for (const [value, text] of rows)
  test(`YAML of ${JSON.stringify(value).slice(0, 60)}`, () => assert.equal(yamlText(value), text));
