import assert from "node:assert/strict";
import { test } from "node:test";
import { runLine } from "../../opa/opa.fixture.ts";

test("bench prints Go's benchmark format", async () => {
  const { status, out } = await runLine("bench -f gobench --metrics=false --benchmem=false 1+1");
  assert.equal(status, 0);
  assert.match(out, /^BenchmarkOPAEval\t *\d+\t *[\d.]+ ns\/op\n$/);
});

test("bench refuses what has no result, and what needs a server", async () => {
  assert.deepEqual(await runLine("bench data.nope"), {
    status: 1,
    out: "",
    err: "1 error occurred: undefined result\n",
  });
  assert.match((await runLine("bench --e2e 1")).err, /policy server/);
});
