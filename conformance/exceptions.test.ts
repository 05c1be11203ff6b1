import assert from "node:assert/strict";
import { test } from "node:test";
import { exceptionsIn, maxExceptions, readExceptions, sortExceptions } from "./exceptions.ts";
import { findSuite } from "./suites.ts";

test("the table names known suites, and few cases", () => {
  const exceptions = readExceptions();
  assert.ok(exceptions.length > 0 && exceptions.length <= maxExceptions);
  for (const { suite } of exceptions) assert.ok(findSuite(suite), suite);
});

test("a row is a suite, a case and a reason", () => {
  const table =
    "| suite | case | reason |\n| - | - | - |\n| opa   | `v1/a: b` | because  |\n| opa | `v0/a` | the same |\n";
  assert.deepEqual(exceptionsIn(table), [
    { suite: "opa", name: "v1/a: b", why: "because" },
    { suite: "opa", name: "v0/a", why: "because" },
  ]);
});

test("an exception is no failure, and must not pass", () => {
  const exceptions = ["a", "b"].map((name) => ({ suite: "opa", name, why: "because" }));
  const failed = ["a", "c"].map((name) => ({ name, why: "wrong" }));
  assert.deepEqual(sortExceptions({ passed: ["b", "d"], failed, skipped: [] }, exceptions), {
    failed: [{ name: "c", why: "wrong" }],
    excepted: [{ name: "a", why: "because" }],
    needless: ["b"],
  });
});
