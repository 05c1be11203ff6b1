import assert from "node:assert/strict";
import { test } from "node:test";
import { goQuoted } from "./quote.ts";

const texts: readonly [text: string, quoted: string][] = [
  ["plain", '"plain"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ["a\u0000b\u007f", '"a\\x00b\\x7f"'],
  ["\u0007\v\n", '"\\a\\v\\n"'],
  ["ä日", '"ä日"'],
  ["\u200b\u{e0001}", '"\\u200b\\U000e0001"'],
];

for (const [text, quoted] of texts) test(`quotes ${quoted} as Go does`, () => assert.equal(goQuoted(text), quoted));
