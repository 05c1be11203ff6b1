import assert from "node:assert/strict";
import { test } from "node:test";
import type { Compiled } from "../compile/compiled.ts";
import { traceText } from "../topdown/trace-text.ts";
import { compileTests } from "./compile-tests.ts";
import type { CaseResult, TestResult } from "./result.ts";
import { type TestOptions, TestPatternError, TestRunner } from "./runner.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

function compiledOf(...texts: readonly string[]): Compiled {
  return compileTests(texts.map((text, i) => ({ file: `${i}.rego`, text: `package t\n${text}` })));
}

async function resultsOf(compiled: Compiled, options: Partial<TestOptions> = {}): Promise<readonly TestResult[]> {
  let now = 0;
  const runner = new TestRunner(compiled, { effects, clock: () => now++, ...options });
  const results: TestResult[] = [];
  for await (const result of runner.run()) results.push(result);
  return results;
}

/** `test_x fail (a pass, b fail)` */
function resultText({ name, outcome, cases }: TestResult): string {
  return `${name} ${outcome}${casesText(cases)}`;
}

function casesText(cases: readonly CaseResult[]): string {
  if (cases.length === 0) return "";
  return ` (${cases.map((each) => `${each.name} ${each.fails ? "fail" : "pass"}${casesText(each.cases)}`).join(", ")})`;
}

const table: readonly (readonly [rules: string, results: string])[] = [
  ["test_a if true", "test_a pass"],
  ["test_a if false", "test_a fail"],
  ["test_a := false", "test_a fail"],
  ["test_a := 1", "test_a fail"],
  ["test_a if 1 / 0 == 1", "test_a fail"],
  ["todo_test_a if true", "todo_test_a skip"],
  ["a.b.test_c if true", "a.b.test_c pass"],
  ["test_a if f(1)\nf(x) := true\nf(x) := false", "test_a error"],
  ["test_a(x) if x", "test_a error"],
  ["test_a if false\ntest_a if true\ntest_a if test_a", "test_a fail; test_a#01 pass; test_a#02 fail"],
  ["default test_a := true", "test_a pass"],
  ["test_a if false else := true", "test_a pass"],
  ['test_a contains "x"', "test_a fail"],
  ['test_a["x"] := true', "test_a pass (x pass)"],
  ['test_a["x"] := true if true', "test_a fail"],
  ['test_a["x"]["y"] := true', "test_a fail"],
  ['test_a := {"x": true}', "test_a fail"],
  ['test_a[n] if {\n some n in ["x", "y"]\n n == "x"\n}', "test_a fail (x pass, y fail)"],
  ['test_a[n] if some n in ["x", "y"]', "test_a pass (x pass, y pass)"],
  ["test_a[n] if some n in []", "test_a pass"],
  ['test_a[n] := v if some n, v in {"x": true, "y": 3}', "test_a fail (x pass, y fail)"],
  ['test_a[n].b if {\n n := "x"\n 1 == 2\n}', "test_a fail (x fail (b fail))"],
  ['test_a[n] := {"b": true} if n := "x"', "test_a pass (x pass (b pass))"],
  ['test_a[{"x": 1}] if 1 == 2', 'test_a fail ({"x":1} fail)'],
  ['test_a[concat("-", [x])] if {\n x := "q"\n 1 == 2\n}', "test_a fail (q fail)"],
  // The case begins where its variables are mentioned, and what was to come first still does.
  ['test_a[n] if {\n n != "b"\n 1 == 2\n n = "a"\n}', "test_a pass"],
  ['test_a[n] if {\n 1 == 2\n n := "a"\n}', "test_a pass"],
];

for (const [rules, wanted] of table) {
  test(`tests: ${rules.replaceAll("\n", " ")}`, async () => {
    const compiled = compiledOf(rules);
    const results = await resultsOf(compiled);
    assert.equal(results.map(resultText).join("; "), wanted);
    const walked = await resultsOf(compiled, { tracer: { event: () => {} } });
    assert.equal(walked.map(resultText).join("; "), wanted, "walked");
  });
}

test("what a test prints belongs to it", async () => {
  const results = await resultsOf(compiledOf('test_a if print("one", input.x)\ntest_b if true\ntest_c if print(2)'));
  assert.deepEqual(
    results.map(({ output }) => output),
    ["one <undefined>\n", "", "2\n"],
  );
});

test("a pattern chooses tests by their whole names", async () => {
  const compiled = compiledOf("test_a if true\ntest_ab if true\ntest_c if true");
  const names = async (run: string) => (await resultsOf(compiled, { run })).map(({ name }) => name).join();
  assert.equal(await names("test_a"), "test_a,test_ab");
  assert.equal(await names("^data.t.test_a$"), "test_a");
  assert.equal(await names("^test_a"), "");
  await assert.rejects(names("("), TestPatternError);
});

test("modules of one package number their tests together", async () => {
  const results = await resultsOf(compiledOf("test_a if true", "test_a if false"));
  assert.deepEqual(results.map(resultText), ["test_a pass", "test_a#01 fail"]);
});

test("a test that takes too long is an error, and others run", async () => {
  const slow = "test_slow if count([1 | numbers.range(1, 3000)[_]; numbers.range(1, 3000)[_]]) == 1";
  const results = await resultsOf(compiledOf(`${slow}\ntest_a if true`), {
    clock: () => performance.now(),
    timeout: 20,
  });
  assert.deepEqual(results.map(resultText), ["test_slow error", "test_a pass"]);
  assert.equal(results[0]?.error?.message, "context deadline exceeded");
});

test("the trace of a test that fails", async () => {
  const results = await resultsOf(compiledOf("test_a if {\n x := 1\n x == 2\n}\ntest_b if true"), {
    explain: "fails",
  });
  assert.equal(results[1]?.trace.length, 0);
  assert.deepEqual(traceText(results[0]?.trace ?? []).split("\n"), [
    "query:1      Enter data.t.test_a = _",
    "0.rego:2     | Enter data.t.test_a",
    "0.rego:4     | | Fail x = 2",
    "query:1      | Fail data.t.test_a = _",
    "",
  ]);
});

test("a trace tells where cases begin", async () => {
  const results = await resultsOf(compiledOf('test_a[n] if {\n n := "x"\n 1 == 2\n}'), { explain: "full" });
  assert.match(traceText(results[0]?.trace ?? []), /^ +\| \| TestCase internal\.test_case\(\["x"\]\)$/m);
});

test("a benchmark measures what passes", async () => {
  const compiled = compiledOf("test_a if true\ntest_b if false");
  const runner = new TestRunner(compiled, { effects, clock: () => performance.now() });
  const [a, b] = await Promise.all(runner.tests.map((each) => runner.benchmark(each, { seconds: 0.01 })));
  assert.ok((a?.benchmark?.rounds ?? 0) > 1);
  assert.equal(b?.benchmark, undefined);
});
