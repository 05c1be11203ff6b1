import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTests } from "./compile-tests.ts";
import type { FailedExpression } from "./failed-expression.ts";
import { TestRunner } from "./runner.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

async function failedOf(rules: string): Promise<ReadonlyMap<string, FailedExpression>> {
  const compiled = compileTests([{ file: "t.rego", text: `package t\n${rules}\n` }], { traceTests: true });
  const runner = new TestRunner(compiled, { effects, clock: () => 0, explain: "fails", locals: true });
  for await (const { failed } of runner.run()) if (failed !== undefined) return failed;
  return new Map();
}

/** `row: source; name=value …` */
function text({ row, lines, values }: FailedExpression): string {
  return `${row}: ${lines.join("\\n")}; ${values.map((each) => `${each.before.length}:${each.name}=${each.text}`).join(" ")}`;
}

/** As OPA 1.19.1 shows them. */
const table: readonly (readonly [rules: string, failed: string])[] = [
  ["test_a if {\n\tx := 1\n\tx == 2\n}", "4: \tx == 2; 1:x=1"],
  ['test_a if {\n\tx := {"a": 1}\n\tx.a == 2\n}', '4: \tx.a == 2; 1:x.a=1 1:x={"a": 1}'],
  ["test_a if {\n\tx := 1\n\tx + x > 4\n}", "4: \tx + x > 4; 1:x + x=2 1:x=1"],
  [
    "test_a if {\n\tsome i in [1]\n\tinput[i] == 2\n}",
    "4: \tinput[i] == 2; 1:input[i]=undefined 1:input=undefined 7:i=1",
  ],
  ["test_a if f(3)\nf(x) if x == 2", "2:           f(3); "],
  ["test_a if {\n\tevery v in [1] {\n\t\tv == 2\n\t}\n}", "4: \t\tv == 2; 2:v=1"],
  [
    'o[k] := v if some k, v in {"a": 1}\ntest_a if {\n\tevery k in ["a"] {\n\t\to[k] == 2\n\t}\n}',
    '5: \t\to[k] == 2; 2:o[k]=1 4:k="a"',
  ],
  ["p := 3\ntest_a if [\n\tp] == [2]", "3:           [\\n\tp] == [2]; 1:p=3"],
  ["test_a if {\n\tnot 1 == 1\n}", "3: \tnot 1 == 1; "],
  ["test_a if {\n\t1 / 0 == 1\n}", "3: \t1 / 0 == 1; 1:1 / 0=undefined"],
  ["test_a if {\n\t[1,\n\t2] == [2, 1]\n}", "3: \t[1,\\n\t2] == [2, 1]; "],
  ["p := 3\ntest_a if {\n\tdata.t.p == 2\n}", "4: \tdata.t.p == 2; 1:data.t.p=3"],
];

for (const [rules, wanted] of table) {
  test(`failed expression: ${JSON.stringify(rules)}`, async () => {
    assert.equal([...(await failedOf(rules)).values()].map(text).join(), wanted);
  });
}

test("each case that fails has its expression", async () => {
  const failed = await failedOf('test_a[n].b if {\n\tsome n, x in {"p": 1, "q": 2}\n\tx == 1\n}');
  assert.deepEqual(
    [...failed].map(([path, each]) => [path, text(each)]),
    [["q\0b", "4: \tx == 1; 1:x=2"]],
  );
});
