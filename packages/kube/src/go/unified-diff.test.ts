import { equal } from "node:assert/strict";
import { test } from "node:test";
import { unifiedDiff } from "./unified-diff.ts";

/** Lines of one letter each. */
const text = (letters: string) => [...letters].join("\n");

const cases: readonly (readonly [before: string, after: string, wanted: string])[] = [
  ["abc", "abc", ""],
  ["abc", "abd", "@@ -1,3 +1,3 @@| a| b|-c|+d|"],
  ["abcdefgh", "abcdxefgh", "@@ -2,6 +2,7 @@| b| c| d|+x| e| f| g|"],
  ["abcdefghijklmnop", "bcdefghijklmno", "@@ -1,4 +1,3 @@|-a| b| c| d|@@ -13,4 +12,3 @@| m| n| o|-p|"],
  ["abcdefgh", "xbcdefgy", "@@ -1,8 +1,8 @@|-a|+x| b| c| d| e| f| g|-h|+y|"],
  ["a", "b", "@@ -1 +1 @@|-a|+b|"],
  ["ab", "acab", "@@ -1,2 +1,4 @@|+a|+c| a| b|"],
];

for (const [before, after, wanted] of cases)
  test(`${before} and ${after} differ`, () =>
    equal(unifiedDiff(text(before), text(after)), wanted.replaceAll("|", "\n")));

test("a line that is everywhere in a long text is matched beside others", () => {
  const long = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? "null" : String(i)));
  const shorter = long.toSpliced(100, 2);
  equal(
    unifiedDiff(long.join("\n"), shorter.join("\n")),
    "@@ -99,8 +99,6 @@\n null\n 99\n null\n-101\n-null\n 103\n null\n 105\n",
  );
});
