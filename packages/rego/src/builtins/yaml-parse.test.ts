import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "../value/json.ts";
import { parseYaml } from "./yaml-parse.ts";

const values: readonly (readonly [text: string, json: string])[] = [
  ["a: 1\na: 2", '{"a":2}'],
  ["a: 1:30", '{"a":"1:30"}'],
  ["a: 0o17", '{"a":15}'],
  ["a: 2020-01-01", '{"a":"2020-01-01"}'],
  ["a: !!binary aGk=", '{"a":"hi"}'],
  ["a: !!float 1", '{"a":1}'],
  ["a: 9223372036854775807", '{"a":9223372036854775807}'],
  ["a: >\n x\n y", '{"a":"x y"}'],
  ["a: |\n x\n", '{"a":"x\\n"}'],
  ["[1] 2", "[1]"],
  ["--- a\n--- b", '"a"'],
];

for (const [text, json] of values) {
  test(`${JSON.stringify(text)} is ${json}`, () => {
    assert.equal(jsonText(parseYaml(text)), json);
  });
}

const faults: readonly (readonly [text: string, message: string])[] = [
  ["[1,2,3", "yaml: line 1: did not find expected ',' or ']'"],
  ["x: 1\ny: {a: 1\nz: 2\n", "yaml: line 2: did not find expected ',' or '}'"],
  ["[1,2}", "yaml: did not find expected ',' or ']'"],
  ["{a: b c: d}", "yaml: did not find expected ',' or '}'"],
  ["[1,,2]", "yaml: did not find expected node content"],
  ["a: }", "yaml: did not find expected node content"],
  ["x: 1\nfoo\ny: 2", "yaml: line 3: could not find expected ':'"],
  ["a: 1\nb", "yaml: line 3: could not find expected ':'"],
  ["- 1\n-2", "yaml: line 3: could not find expected ':'"],
  ["x:\n  y: 1\n z: 2", "yaml: line 2: did not find expected key"],
  ["foo: 'x' y\n", "yaml: did not find expected key"],
  ["a:\n  - b: 1\n   c: 2\n", "yaml: line 2: did not find expected '-' indicator"],
  ["- a\nb: c", "yaml: line 1: did not find expected '-' indicator"],
  ["a: b: c", "yaml: mapping values are not allowed in this context"],
  ["a\nb: c", "yaml: line 2: mapping values are not allowed in this context"],
  ["a: @b", "yaml: found character that cannot start any token"],
  ["a:\n\t- b", "yaml: line 2: found character that cannot start any token"],
  ["a: 1\n\tb: 2", "yaml: line 2: found a tab character that violates indentation"],
  ["x: 1\ny: 'a\nb", "yaml: line 3: found unexpected end of stream"],
  ['"\\q"', "yaml: found unknown escape character"],
  ['"\\u12"', "yaml: did not find expected hexdecimal number"],
  ["a: -", "yaml: block sequence entries are not allowed in this context"],
  ["a: *\nb", "yaml: did not find expected alphabetic or numeric character"],
  ["a: *b", "yaml: unknown anchor 'b' referenced"],
  ["a: &x [*x]", "yaml: anchor 'x' value contains itself"],
  ["<<: 1", "yaml: map merge requires map or sequence of maps as the value"],
  ["a: !!int b", "yaml: cannot decode !!str `b` as a !!int"],
  ["[1]: 2", "yaml: invalid map key: []interface {}{1}"],
  ["null: 1", "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1"],
  ["a: .inf", "json: unsupported value: +Inf"],
  ["\u0001", "yaml: control characters are not allowed"],
];

for (const [text, message] of faults) {
  test(`${JSON.stringify(text)}: ${message}`, () => {
    assert.throws(() => parseYaml(text), { message });
  });
}
