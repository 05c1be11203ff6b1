import assert from "node:assert/strict";
import { test } from "node:test";
import { unboundedNumber, writtenNumber } from "./json-numbers.ts";

const written: readonly (readonly [json: string, shown: string, expected: string])[] = [
  ['{"a":1e30}', "1e+30", "1e30"],
  ['{"a":"1e30","b":1.0e30}', "1e+30", "1.0e30"],
  ['{"a":"\\"1.50","b":[1.50]}', "1.5", "1.50"],
  ['{"a":2}', "1.5", "1.5"],
];

for (const [json, shown, expected] of written)
  test(`of ${json}, ${shown} is written ${expected}`, () => assert.equal(writtenNumber(json, shown), expected));

const unbounded: readonly (readonly [json: string, expected: string | undefined])[] = [
  ['{"a":1e308}', undefined],
  ['{"a":"1e999"}', undefined],
  ['{"a":-1E+999}', "-1E+999"],
  [`{"a":${"9".repeat(400)}}`, "9".repeat(400)],
];

for (const [json, expected] of unbounded)
  test(`no float64 holds ${expected?.slice(0, 9) ?? "nothing"} of ${json.slice(0, 16)}`, () =>
    assert.equal(unboundedNumber(json), expected));
