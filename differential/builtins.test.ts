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

test("a seed makes the same calls, and another one others", () => {
  deepEqual(builtinCalls(20, 1), builtinCalls(20, 1));
  notDeepEqual(builtinCalls(20, 1), builtinCalls(20, 2));
});
