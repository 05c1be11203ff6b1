import assert from "node:assert/strict";
import { test } from "node:test";
import { findsPattern, patternFault } from "./pattern.ts";

/** A pattern, what is wrong with it, or a text in which it is found and one in which it is not. */
const patterns: readonly (readonly [pattern: string, fault: string] | readonly [string, found: string, not: string])[] =
  [
    ["(", "error parsing regexp: missing closing ): `(`"],
    ["a**", "error parsing regexp: invalid nested repetition operator: `**`"],
    ["(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"],
    ["a{1001}", "error parsing regexp: invalid repeat count: `{1001}`"],
    ["\\Aab\\z", "ab", "ab\n"],
    ["^\\pN+$", "٣", "x"],
    ["(?i)^ß?A$", "a", "b"],
    ["(?P<first>a|b)c", "xbc", "xc"],
    ["^\\d+$", "12", "١٢"],
  ];

test("patterns are RE2's", () => {
  for (const [pattern, first, second] of patterns)
    if (second === undefined) assert.equal(patternFault(pattern), first);
    else assert.deepEqual([findsPattern(pattern, first), findsPattern(pattern, second)], [true, false], pattern);
});

test("a pattern that makes other engines go astray takes linear time", () => {
  assert.equal(findsPattern("^(a+)+$", `${"a".repeat(50_000)}b`), false);
});
