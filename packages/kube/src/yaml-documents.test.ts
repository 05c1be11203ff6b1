import assert from "node:assert/strict";
import { test } from "node:test";
import { goScalarsOfV3 } from "./go/yaml-scalars.ts";
import { parseYamlDocuments } from "./yaml-documents.ts";

const cases: ReadonlyArray<[label: string, text: string, values: readonly unknown[]]> = [
  ["several documents", "a: 1\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
  ["no document", "", []],
  [
    "a quoted text goes on no deeper than its key",
    'a:\n  d: "one\n  two: three"\n  e: 1\nb: 2\n',
    [{ a: { d: "one two: three", e: 1 }, b: 2 }],
  ],
  ["and less deep", "a:\n  d: 'it''s\nfar\n  left'\nb: 2\n", [{ a: { d: "it's far left" }, b: 2 }]],
  ["an empty line in it is a line break", 'a:\n  d: "one\n\n  two"\n', [{ a: { d: "one\ntwo" } }]],
  ["in a list", 'a:\n- "one\n- two"\n- b\n', [{ a: ["one - two", "b"] }]],
  ["several", 'a:\n  d: "one\n  two"\n  e: "three\n  four"\n', [{ a: { d: "one two", e: "three four" } }]],
];

for (const [label, text, values] of cases)
  test(`YAML as Go reads it: ${label}`, () => {
    const { documents } = parseYamlDocuments(text);
    assert.deepEqual(
      documents.flatMap(({ errors }) => errors.map(({ message }) => message)),
      [],
    );
    assert.deepEqual(
      documents.map((document) => document.toJS()),
      values,
    );
  });

test("a quote without an end is told where it is", () => {
  const { documents } = parseYamlDocuments('a:\n  d: "one\n  e: 2\n');
  assert.match(documents[0]?.errors[0]?.message ?? "", /Missing closing "quote/);
});

/** What gator makes of scalars, which reads as kubectl does. */
const scalars: ReadonlyArray<[scalar: string, value: unknown]> = [
  ["y", true],
  ["n", false],
  ["Y", true],
  ["N", false],
  ["yes", true],
  ["no", false],
  ["Yes", true],
  ["No", false],
  ["YES", true],
  ["NO", false],
  ["yEs", "yEs"],
  ["on", true],
  ["off", false],
  ["On", true],
  ["OFF", false],
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["tRue", "tRue"],
  ["false", false],
  ["False", false],
  ["~", null],
  ["null", null],
  ["Null", null],
  ["NULL", null],
  ["nUll", "nUll"],
  ["0", 0],
  ["00", 0],
  ["07", 7],
  ["0777", 511],
  ["08", 8],
  ["0o17", 15],
  ["0O17", 15],
  ["-0o17", -15],
  ["0x1F", 31],
  ["0X1f", 31],
  ["-0x1f", -31],
  ["0b11", 3],
  ["0B11", 3],
  ["-0b11", -3],
  ["+1", 1],
  ["-1", -1],
  ["1_000", 1000],
  ["1__0", 10],
  ["_1", "_1"],
  ["1_", 1],
  ["1.5", 1.5],
  ["1.", 1],
  [".5", 0.5],
  ["+.5", 0.5],
  ["-.5", -0.5],
  ["1e3", 1000],
  ["1E3", 1000],
  ["1e+3", 1000],
  ["1e-3", 0.001],
  ["1.5e3", 1500],
  ["1.0", 1],
  ["-0", 0],
  ["-0.0", -0],
  ["0.0", 0],
  ["inf", "inf"],
  ["nan", "nan"],
  ["12:30", "12:30"],
  ["1:30:45", "1:30:45"],
  ["190:20:30.15", "190:20:30.15"],
  ["2001-01-01", "2001-01-01"],
  ["2001-1-1", "2001-1-1"],
  ["2001-01-01T10:00:00Z", "2001-01-01T10:00:00Z"],
  ["2001-01-01t10:00:00z", "2001-01-01t10:00:00z"],
  ["2001-01-01T10:00:00.5+02:00", "2001-01-01T10:00:00.5+02:00"],
  ["2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"],
  ["2001-12-14_21:59:43", "2001-12-14_21:59:43"],
  ["123456789012345678901234567890", 1.2345678901234568e29],
  ["9223372036854775807", 9223372036854776000],
  ["9223372036854775808", 9223372036854776000],
  ["18446744073709551615", 18446744073709552000],
  ["18446744073709551616", 18446744073709552000],
  ["-9223372036854775809", -9223372036854776000],
  ["0xFFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFFF"],
  ["1e", "1e"],
  ["0x", "0x"],
  ["0o", "0o"],
  ["0b", "0b"],
  ["0b2", "0b2"],
  ["0xg", "0xg"],
  ["1,000", "1,000"],
  ["1.2.3", "1.2.3"],
  ["5e", "5e"],
  ["1e5.5", "1e5.5"],
  [".5.", ".5."],
  ["--", "--"],
  ["?x", "?x"],
  ["1_0.5", 10.5],
  ["0x_1", 1],
  ["0b_1", 1],
  ["0_7", 7],
  ["0.1e_1", 1],
  ["+0x1", 1],
  ["+0b1", 1],
  ["+08", 8],
  ["1e21", 1e21],
  ["1e20", 100000000000000000000],
  ["1.0e20", 100000000000000000000],
  ["100000000000000000000.0", 100000000000000000000],
  ["0.000001", 0.000001],
  ["0.0000001", 1e-7],
  ["123456789.123456789", 123456789.12345679],
  ["1e100", 1e100],
  ["!!str 1", "1"],
  ['!!int "3"', 3],
  ["!!float 3", 3],
  ['!!bool "yes"', true],
  ["!!binary aGk=", "hi"],
  ["!foo bar", "bar"],
  ['"yes"', "yes"],
  ["'no'", "no"],
];

test("scalars are read as Go reads them", () => {
  for (const [scalar, value] of scalars) {
    const [document] = parseYamlDocuments(`a: ${scalar}\n`).documents;
    assert.deepEqual(document?.toJS(), { a: value }, scalar);
  }
});

test("yaml.v3 takes the booleans of YAML 1.1 for texts", () => {
  const [document] = parseYamlDocuments("a: yes\nb: n\nc: On\nd: TRUE\ne: 0777\n", goScalarsOfV3).documents;
  assert.deepEqual(document?.toJS(), { a: "yes", b: "n", c: "On", d: true, e: 511 });
});

test("keys are texts of what they are read as", () => {
  const [document] = parseYamlDocuments("1: a\n1e3: b\nyes: c\n0x1f: d\n2001-01-01: e\n").documents;
  assert.deepEqual(document?.toJS(), { "1": "a", "1000": "b", true: "c", "31": "d", "2001-01-01": "e" });
});
