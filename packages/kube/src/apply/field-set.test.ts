import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonical,
  difference,
  differenceBelow,
  type FieldSet,
  fieldPath,
  intersection,
  pathsOf,
  union,
} from "./field-set.ts";

/** A set of paths such as `spec.a` and `spec`. */
function setOf(text: string): FieldSet {
  return text
    .split(" ")
    .filter(Boolean)
    .reduce<FieldSet>((sum, path) => union(sum, fieldPath(...path.split("."))), {});
}

const cases: readonly (readonly [string, (a: FieldSet, b: FieldSet) => FieldSet, string, string, string])[] = [
  ["a member above another stays one", union, "a", "a.b", "a a.b"],
  ["members of both, what lies above first", union, "a.b c", "a.d", "c a.b a.d"],
  ["only the member itself goes", difference, "a a.b a.c", "a a.c", "a.b"],
  ["what is above nothing goes too", difference, "a.b", "a.b", ""],
  ["a member without what is below", difference, "a a.b", "a.b", "a"],
  ["in both", intersection, "a a.b c", "a.b c d", "c a.b"],
  ["with all below", differenceBelow, "a a.b a.b.c d", "a.b", "a d"],
  ["nothing above a member goes with it", differenceBelow, "a", "a.b", "a"],
];

for (const [name, operation, a, b, wanted] of cases)
  test(`field sets: ${name}`, () => {
    const paths = pathsOf(operation(setOf(a), setOf(b)));
    assert.deepEqual(
      paths,
      wanted
        .split(" ")
        .filter(Boolean)
        .map((path) => `.${path}`),
    );
  });

test("elements are written in upstream's order: fields, keys by value, values", () => {
  const set = { 'v:"b"': {}, 'k:{"port":443}': {}, "f:b": { "f:x": {}, ".": {} }, 'k:{"port":80}': {}, "f:a": {} };
  assert.equal(
    JSON.stringify(canonical(set)),
    '{"f:a":{},"f:b":{".":{},"f:x":{}},"k:{\\"port\\":80}":{},"k:{\\"port\\":443}":{},"v:\\"b\\"":{}}',
  );
});
