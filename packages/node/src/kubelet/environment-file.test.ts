import assert from "node:assert/strict";
import { test } from "node:test";
import { environmentFileValue } from "./environment-file.ts";

for (const [what, text, value] of [
  ["a line", "K='v'", "v"],
  ["blanks and remarks around", "\n  # K='x'\n\t K='v' \t# remark\n", "v"],
  ["the first of a name", "K='1'\nK='2'", "1"],
  ["several lines, as they are", "K='a\n # b\n\nc'\n", "a\n # b\n\nc"],
  ["what looks like a name within a value", "X='\nK='\nK='v'", "v"],
  ["a value that has an equals sign", "K='a=b'", "a=b"],
  ["a blank before the value: empty", "K= 'v'", ""],
  ["a blank before another's value", "X= v\nK='v'", "v"],
  ["a name that is not there", "X='v'", ""],
  ["nothing", "", ""],
  ["lines of Windows", "K='v'\r\nL='w'\r\n", "v"],
  ["a fault after the name", "K='v'\nnonsense", "v"],
] as const)
  test(`environment file: ${what}`, () => assert.equal(environmentFileValue(text, "K"), value));

for (const [text, why] of [
  ["nonsense", "at line 1: missing '='"],
  ["\n='v'", "at line 2: empty variable name"],
  ["K ='v'", "at line 1: whitespace before '=' is not allowed"],
  ["K=v", "at line 1: value must be enclosed in single quotes"],
  ["K='v'w", "at line 1: unexpected content after closing quote"],
  ["X='a\nb' c", "at line 2: unexpected content after closing quote"],
  ["X='1'\nK='v\n\n", "starting at line 2: unclosed single quote"],
] as const)
  test(`no environment file: ${why}`, () =>
    assert.throws(() => environmentFileValue(text, "K"), { message: `invalid environment variable format ${why}` }));
