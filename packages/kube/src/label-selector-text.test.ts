import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLabelSelector } from "./label-selector-text.ts";

const selectors: readonly [text: string, labels: { readonly [key: string]: string }, matches: boolean][] = [
  ["", { a: "1" }, true],
  ["a=1", { a: "1" }, true],
  ["a==2", { a: "1" }, false],
  ["a!=2", {}, true],
  ["a in (1, 2),b", { a: "2", b: "" }, true],
  ["a in ()", { a: "" }, true],
  ["a in (in,)", { a: "in" }, true],
  ["a notin (1)", { a: "1" }, false],
  ["a notin (1)", {}, true],
  ["!a", { a: "1" }, false],
  ["a=in", { a: "in" }, true],
  ["a>3", { a: "4" }, true],
  ["a<3", { a: "x" }, false],
];

for (const [text, labels, matches] of selectors)
  test(`label selector ${JSON.stringify(text)} of ${JSON.stringify(labels)}`, () =>
    assert.equal(parseLabelSelector(text)(labels), matches));

const refused: { readonly [text: string]: string } = {
  "a in (b": "unable to parse requirement: found '', expected: ',' or ')'",
  "a in b": "unable to parse requirement: found 'b' expected: '('",
  "a=b,": "found '', expected: identifier after ','",
  ",": "found ',', expected: !, identifier, or 'end of string'",
  "a b": "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
  "a=b=c": "found '=', expected: ',' or 'end of string'",
  "!a=b": "found '=', expected: ',' or 'end of string'",
  "!": "unable to parse requirement: found '', expected: identifier",
  "a>": `unable to parse requirement: values[0]: Invalid value: "": for 'Gt', 'Lt' operators, the value must be an integer`,
  [`a=${"v".repeat(64)}`]: `unable to parse requirement: values[0][a]: Invalid value: "${"v".repeat(64)}": must be no more than 63 bytes`,
};

for (const [text, message] of Object.entries(refused))
  test(`label selector ${JSON.stringify(text)} is none`, () =>
    assert.throws(() => parseLabelSelector(text), { message }));
