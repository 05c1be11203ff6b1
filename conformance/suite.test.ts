import assert from "node:assert/strict";
import { test } from "node:test";
import { lostCases } from "./ledger.ts";
import { Tally } from "./suite.ts";
import { suites } from "./suites.ts";

test("each case has a name of its own", () => {
  const tally = new Tally();
  tally.add("v1/a", undefined);
  tally.add("v1/a", "wrong");
  tally.skip("v1/a", "no network");
  assert.deepEqual(tally.result, {
    passed: ["v1/a"],
    failed: [{ name: "v1/a #2", why: "wrong" }],
    skipped: [{ name: "v1/a #3", why: "no network" }],
  });
});

test("a ledger's case that does not pass is lost", () => {
  const ledger = { names: new Set(["a", "b"]), file: "" };
  assert.deepEqual(lostCases(ledger, ["a", "c"]), ["b"]);
  assert.deepEqual(lostCases(ledger, ["b", "a"]), []);
});

test("suites have different names", () => {
  assert.equal(new Set(suites.map(({ name }) => name)).size, suites.length);
});
