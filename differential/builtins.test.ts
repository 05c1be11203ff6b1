import { deepEqual, notDeepEqual } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { builtinCalls } from "./builtin-calls.ts";
import { differingLines } from "./builtins.ts";

// What OPA 1.19.1 answered to calls of builtins, family by family.
const folder = new URL("./answers/", import.meta.url);

for (const file of readdirSync(folder)) {
  test(`builtins answer as OPA does: ${file.replace(".jsonl", "")}`, () => {
    const lines = readFileSync(new URL(file, folder), "utf8").split("\n").filter(Boolean);
    deepEqual(differingLines(lines), []);
  });
}

test("keys that JavaScript knows are only keys, and change nothing of its own", () => {
  const lines = readFileSync(new URL("hostile-keys.jsonl", folder), "utf8").split("\n").filter(Boolean);
  const own = (): readonly string[] =>
    [Object, Array, Map, Set, String, Function].flatMap(({ prototype }) => Reflect.ownKeys(prototype).map(String));
  const before = own();
  deepEqual(differingLines(lines), []);
  deepEqual(own(), before);
  deepEqual(Reflect.get({}, "polluted"), undefined);
});

test("a seed makes the same calls, and another one others", () => {
  deepEqual(builtinCalls(20, 1), builtinCalls(20, 1));
  notDeepEqual(builtinCalls(20, 1), builtinCalls(20, 2));
});
