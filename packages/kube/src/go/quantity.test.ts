import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuantity, quantityFormatFault, quantityText } from "./quantity.ts";

const cases: readonly [text: string, shown: string][] = [
  ["0", "0"],
  ["0.5", "500m"],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["1024", "1024"],
  ["1024Ki", "1Mi"],
  ["1.5Gi", "1536Mi"],
  ["0.5Ki", "512"],
  ["100000", "100k"],
  ["1e3", "1e3"],
  ["12e1", "120"],
  ["1E", "1E"],
  ["-250m", "-250m"],
  ["0.0000000001", "1n"],
  ["", quantityFormatFault],
  ["a", quantityFormatFault],
  ["1.2.3", quantityFormatFault],
  ["1Kii", "unable to parse quantity's suffix"],
  ["1mm", "unable to parse quantity's suffix"],
];

for (const [text, shown] of cases) {
  test(`quantity ${JSON.stringify(text)}`, () => {
    const quantity = parseQuantity(text);
    assert.equal(typeof quantity === "string" ? quantity : quantityText(quantity), shown);
  });
}
