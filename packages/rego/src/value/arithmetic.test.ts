import assert from "node:assert/strict";
import { test } from "node:test";
import { add, ceil, divide, floor, multiply, remainder, roundHalf, subtract } from "./arithmetic.ts";
import { type NumberValue, numberFromText, numberText } from "./number.ts";

type Binary = (a: NumberValue, b: NumberValue) => NumberValue;

const operations: { readonly [name: string]: Binary } = { add, subtract, multiply, divide, remainder };

// Each result is what `opa eval` 1.19 prints.
const cases: readonly [
  a: string,
  operator: "add" | "subtract" | "multiply" | "divide" | "remainder",
  b: string,
  result: string,
][] = [
  ["1", "add", "2", "3"],
  ["0.1", "add", "0.2", "0.3"],
  ["9007199254740991", "add", "1", "9007199254740992"],
  ["9007199254740993", "subtract", "9007199254740993", "0"],
  ["1", "divide", "3", "0.33333333333333333334"],
  ["2", "divide", "3", "0.6666666666666666667"],
  ["10", "divide", "4", "2.5"],
  ["12345678901234567890", "multiply", "98765432109876543210", "1219326311370217952237463801111263526900"],
  ["1.5", "multiply", "2", "3"],
  ["-7", "remainder", "3", "-1"],
  ["1", "divide", "7", "0.14285714285714285714"],
  ["0.3", "subtract", "0.1", "0.20000000000000000002"],
];

for (const [a, operator, b, result] of cases) {
  test(`${a} ${operator} ${b} is ${result}`, () => {
    const compute = operations[operator] as Binary;
    assert.equal(numberText(compute(numberFromText(a) as NumberValue, numberFromText(b) as NumberValue)), result);
  });
}

const rounding: readonly [text: string, rounded: string, below: string, above: string][] = [
  ["2.5", "3", "2", "3"],
  ["-2.5", "-3", "-3", "-2"],
  ["2.4", "2", "2", "3"],
  ["7", "7", "7", "7"],
];

for (const [text, rounded, below, above] of rounding) {
  test(`rounding ${text}`, () => {
    const value = numberFromText(text) as NumberValue;
    assert.deepEqual([roundHalf(value), floor(value), ceil(value)].map(numberText), [rounded, below, above]);
  });
}
