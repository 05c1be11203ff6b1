import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PersistentMap } from "./persistent-map.ts";

// "liquid" and "costarring", "declinate" and "macallums" have the same hash (FNV-1a of 32 bits).
const key = fc.oneof(
  fc.constantFrom("liquid", "costarring", "declinate", "macallums", ""),
  fc.integer({ min: 0, max: 200 }).map(String),
);
const change = fc.record({
  key,
  value: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  isNewEdit: fc.boolean(),
});

function contentOf(map: PersistentMap<number>): readonly (readonly [string, number])[] {
  return [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
}

test("holds what a Map holds, and earlier versions hold what they held", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
      const plain = new Map<string, number>();
      let map = new PersistentMap<number>();
      let edit = {};
      const versions: { readonly map: PersistentMap<number>; readonly text: string }[] = [];
      for (const { key: name, value, isNewEdit } of changes) {
        if (isNewEdit) {
          versions.push({ map, text: JSON.stringify(contentOf(map)) });
          edit = {};
        }
        map = map.with(name, value, edit);
        if (value === undefined) plain.delete(name);
        else plain.set(name, value);
        assert.equal(map.get(name), value);
        assert.equal(map.isEmpty, plain.size === 0);
      }
      assert.deepEqual(
        contentOf(map),
        [...plain].sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      for (const version of versions) assert.equal(JSON.stringify(contentOf(version.map)), version.text);
    }),
  );
});

test("finds keys whose hashes are the same", () => {
  let map = new PersistentMap<number>();
  for (const [i, name] of ["liquid", "costarring", "declinate", "macallums"].entries()) map = map.with(name, i + 1, {});
  assert.deepEqual(
    ["liquid", "costarring", "declinate", "macallums", "x"].map((name) => map.get(name)),
    [1, 2, 3, 4, undefined],
  );
  assert.equal(map.with("liquid", undefined, {}).get("costarring"), 2);
});
