import assert from "node:assert/strict";
import { test } from "node:test";
import { goQuote, goQuoteRune } from "./go-quote.ts";

const texts: readonly [text: string, quoted: string, ascii: string][] = [
  ["", '""', '""'],
  ["plain 'text'", "\"plain 'text'\"", "\"plain 'text'\""],
  ['a"b\\c', '"a\\"b\\\\c"', '"a\\"b\\\\c"'],
  ["\x07\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"', '"\\a\\b\\f\\n\\r\\t\\v"'],
  ["\x00\x7f", '"\\x00\\x7f"', '"\\x00\\x7f"'],
  ["é\u00a0\ufeff", '"é\\u00a0\\ufeff"', '"\\u00e9\\u00a0\\ufeff"'],
  ["😀\u{e0001}", '"😀\\U000e0001"', '"\\U0001f600\\U000e0001"'],
];

for (const [text, quoted, ascii] of texts) {
  test(`quote ${JSON.stringify(text)}`, () => {
    assert.equal(goQuote(text), quoted);
    assert.equal(goQuote(text, true), ascii);
  });
}

test("quote runes", () => {
  assert.deepEqual(
    ["a", "'", '"', "\n"].map((rune) => goQuoteRune(rune)),
    ["'a'", "'\\''", "'\"'", "'\\n'"],
  );
});
