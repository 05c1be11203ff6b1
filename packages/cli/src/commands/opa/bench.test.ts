import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

test("bench prints Go's benchmark format", async () => {
  const { status, out } = await runLine("bench -f gobench --metrics=false --benchmem=false 1+1");
  assert.equal(status, 0);
  assert.match(out, /^BenchmarkOPAEval\t *\d+\t *[\d.]+ ns\/op\n$/);
});

test("bench refuses what has no result", async () => {
  const err = "1 error occurred: undefined result\n";
  assert.deepEqual(await runLine("bench data.nope"), { status: 1, out: "", err });
});

const flags = "--metrics=false --benchmem=false --e2e";

test("bench --e2e asks a policy server", async () => {
  await inFolder(
    { "p.rego": "package p\n\nallow if input.x == 1\n", "in.json": '{"x": 1}', "c.yaml": "default_decision: 1" },
    async () => {
      const asked = await runLine("bench --e2e --benchmem=false -f json -d p.rego -i in.json data.p.allow");
      assert.ok(JSON.parse(asked.out).Extra.histogram_timer_server_handler_ns_count > 0);
      const faults: readonly (readonly [line: string, err: string])[] = [
        ["-d p.rego data.p.allow", "undefined result"],
        ["'x :='", "error occurred while parsing query"],
        ["'count(1)'", "request failed, OPA server replied with HTTP 400: error(s) occurred while compiling query"],
        ["'nosuch(1)'", "1:1: rego_type_error: undefined function nosuch"],
        ["1 -c c.yaml", "default_decision must be a string"],
        ["1 -c nosuch.yaml", "config error: open nosuch.yaml: no such file or directory"],
      ];
      for (const [line, err] of faults)
        assert.deepEqual(await runLine(`bench ${flags} ${line}`), {
          status: 1,
          out: "",
          err: `1 error occurred: ${err}\n`,
        });
    },
  );
});
