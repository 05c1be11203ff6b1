import assert from "node:assert/strict";
import { test } from "node:test";
import { lower, upper } from "./go-case.ts";

const rows: readonly (readonly [text: string, upper: string, lower: string])[] = [
  ["aB1", "AB1", "ab1"],
  ["ßſıi\u0307", "ßSII\u0307", "ßſıi\u0307"],
  ["İΣΑΣ", "İΣΑΣ", "iσασ"],
  ["ŉǆ", "ŉǄ", "ŉǆ"],
  ["ﬁᾳᾀ", "ﬁᾼᾈ", "ﬁᾳᾀ"],
  ["é𐐨", "É𐐀", "é𐐨"],
];

for (const [text, up, low] of rows)
  test(`case of ${text}`, () => assert.deepEqual([upper(text), lower(text)], [up, low]));
