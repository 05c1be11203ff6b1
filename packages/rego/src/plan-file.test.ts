import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./engine.ts";
import { PlanFile } from "./plan-file.ts";
import { jsonText } from "./value/json.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

for (const evaluator of ["interpreter", "generated"] as const) {
  test(`a plan survives its JSON: ${evaluator}`, () => {
    const { policy } = compile([{ file: "p.rego", text: "package p\nx := {input.a, input.b.c}" }]);
    const plan = new PlanFile(JSON.parse(JSON.stringify(policy?.plan("p/x"))));
    assert.deepEqual(plan.entryPoints, ["query"]);
    const results = plan.evaluate("query", { input: { a: 2, b: { c: 1 } }, effects, evaluator });
    assert.deepEqual(results.map(jsonText), ['{"result":[1,2]}']);
    assert.throws(() => plan.evaluate("other", { effects, evaluator }), /no entry point other/);
  });
}
