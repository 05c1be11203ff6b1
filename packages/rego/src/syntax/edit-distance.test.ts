import { equal } from "node:assert/strict";
import { test } from "node:test";
import { editDistance } from "./edit-distance.ts";

const distances: readonly (readonly [string, string, number])[] = [
  ["", "", 0],
  ["", "abc", 3],
  ["fruit", "fruits", 1],
  ["fruti", "fruits", 2],
  ["kitten", "sitting", 3],
  ["\u{1F34E}a", "\u{1F34F}a", 1],
];

for (const [a, b, distance] of distances)
  test(`from ${JSON.stringify(a)} to ${JSON.stringify(b)}: ${distance}`, () => {
    equal(editDistance(a, b), distance);
    equal(editDistance(b, a), distance);
  });
