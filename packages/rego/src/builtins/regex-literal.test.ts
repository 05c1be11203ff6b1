import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { literalOf } from "./regex-literal.ts";

const cases: readonly (readonly [pattern: string, text: string, isAll: boolean])[] = [
  ["", "", true],
  ["abc", "abc", true],
  ["/api/v1/users/*", "/api/v1/users", true],
  ["abc?", "ab", true],
  ["abc+", "abc", false],
  ["abc{0}", "ab", false],
  ["abc*?", "ab", false],
  ["abc.*", "abc", false],
  ["a-b:c/[0-9]+", "a-b:c/", false],
  ["^abc", "", false],
  ["abc$", "abc", false],
  ["(?i)abc", "", false],
  ["abc|d", "", false],
  ["é*", "", false],
  ["a.b", "a", false],
];

for (const [pattern, text, isAll] of cases)
  test(`literal of ${JSON.stringify(pattern)}`, () => assert.deepEqual(literalOf(pattern), { text, isAll }));

test("says what RE2 says, of any pattern and text", () => {
  let compiled = 0;
  const pattern = fc.string({ unit: fc.constantFrom(..."aab/-1,*?+.^$|()[]{}\\éi"), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom(..."aab/-1,é"), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (pattern, text) => {
      const machine = compiledOf(pattern);
      if (machine === undefined) return;
      compiled++;
      const literal = literalOf(pattern);
      const isMatch = machine.test(text);
      if (isMatch) assert.ok(text.includes(literal.text));
      if (literal.isAll) assert.equal(isMatch, text.includes(literal.text));
    }),
    { numRuns: 3000 },
  );
  assert.ok(compiled > 100);
});

function compiledOf(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
