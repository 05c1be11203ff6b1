import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import { regex } from "./regex.ts";

// Each answer is what `opa eval` 1.19 gives, or the error that it shows.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  ["regex.globs_match", ["a.a.[0-9]+z", "b.b*"], "false"],
  ["regex.globs_match", ["a*b+", "b"], "true"],
  ["regex.globs_match", ["[a-z]+", "a"], "true"],
  ["regex.globs_match", ["[a-z]", "A"], "false"],
  [
    "regex.globs_match",
    ["a]", "A"],
    "input:a], pos:2, set-close ']' with no preceding '[': the input provided is invalid",
  ],
  [
    "regex.globs_match",
    ["+", "A"],
    "input:+, pos:1, flag '+' must be preceded by a non-flag: the input provided is invalid",
  ],
  [
    "regex.globs_match",
    ["a++", "A"],
    "input:a++, pos:3, flag '+' must be preceded by a non-flag: the input provided is invalid",
  ],
  [
    "regex.globs_match",
    ["[a-]", "A"],
    "input:[a-], pos:3, range character '-' must be followed by a Unicode character: the input provided is invalid",
  ],
  [
    "regex.globs_match",
    ["[-a]", "A"],
    "input:[-a], pos:2, range character '-' must be preceded by a Unicode character: the input provided is invalid",
  ],
  [
    "regex.globs_match",
    ["[a--]", "A"],
    "input:[a--], pos:4, range character '-' cannot be followed by a special symbol: the input provided is invalid",
  ],
  [
    "regex.globs_match",
    ["[z-a]", "A"],
    "input:[z-a], pos:4, range is out of order: 'a' comes before 'z' in Unicode: the input provided is invalid",
  ],
  ["regex.globs_match", ["[a", "A"], "input:[a, pos:2, found [ without matching ]: the input provided is invalid"],
  [
    "regex.globs_match",
    ["a\\", "A"],
    "input:a\\, pos:1, input ends with a \\ (escape) character: the input provided is invalid",
  ],
  ["regex.globs_match", ["\\[a", "[a"], "input:[a, pos:2, found [ without matching ]: the input provided is invalid"],
  ["regex.globs_match", ["", ""], "true"],
  ["regex.globs_match", ["a*", ""], "false"],
  ["regex.globs_match", ["", "a+"], "false"],
  ["regex.globs_match", [".*x.*y", ".*y.*x.*y"], "true"],
  ["regex.globs_match", ["a+a+", "aa*"], "true"],
  ["regex.globs_match", ["a*a*b", "b"], "true"],
  ["regex.globs_match", ["[]a", "a"], "false"],
  ["regex.globs_match", ["pod-.*", "pod-[a-z]+-x"], "true"],
  ["regex.globs_match", ["x.*y.*z", "xyyyz"], "true"],
  ["regex.globs_match", ["..", "abc"], "false"],
  ["regex.globs_match", ["äö+", "äöö"], "true"],
  ["regex.globs_match", [1, "abc"], "operand 1 must be string but got number"],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.map(jsonText).join()})`, () => {
    assert.equal(answerOf(regex, name, args), answer);
  });
}
