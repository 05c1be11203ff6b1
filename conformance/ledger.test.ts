import assert from "node:assert/strict";
import { test } from "node:test";
import { lostCases, readLedger } from "./ledger.ts";
import { dataFolder, missingData } from "./suite.ts";
import { suites } from "./suites.ts";

for (const suite of suites) {
  test(`conformance: ${suite.name} loses no case of its ledger`, { skip: missingData(suite) ?? false }, async () => {
    const { run } = await suite.load();
    const { passed, failed } = await run(dataFolder(suite));
    const lost = new Set(lostCases(readLedger(suite.name), passed));
    const reasons = failed.filter(({ name }) => lost.has(name)).map(({ name, why }) => `${name}: ${why}`);
    const vanished = [...lost].filter((name) => !failed.some((each) => each.name === name));
    assert.deepEqual({ reasons, vanished }, { reasons: [], vanished: [] });
    assert.ok(passed.length > 0, "no case ran");
  });
}
