import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const line = "-".repeat(80);

const files = {
  "p.rego": "package p\n\nallow if input.x == 1\n\ndeny if not allow\n",
  "p_test.rego": `package p_test

import data.p

test_ok if p.allow with input as {"x": 1}

test_bad if {
	print("seen", input.y)
	p.allow
}

test_case[name] if {
	some name, x in {"one": 1, "two": 2}
	p.allow with input as {"x": x}
}

todo_test_later if false
`,
  "good/a_test.rego": "package a\n\ntest_a if true\n",
  "v0/a_test.rego": "package a\n\ntest_a { true }\n",
  "data/a_test.rego": "package a\n\ntest_a if data.x == 1\n",
  "data/x.json": '{"x": 1}',
  "conflict/a_test.rego": "package a\n\ntest_a if f(1)\n\nf(_) := true\n\nf(_) := false\n",
  "broken/a_test.rego": "package a\n\ntest_a if input.\n",
  "undefined/a_test.rego": "package a\n\ntest_a if f(1)\n",
  "slow/a_test.rego": "package a\n\ntest_a if count([1 | numbers.range(1, 5000)[_]; numbers.range(1, 5000)[_]]) == 1\n",
  "none/a.rego": "package a\n",
};

const listed = `p_test.rego:7:
data.p_test.test_bad: FAIL (T)

  seen <undefined>

p_test.rego:12:
data.p_test.test_case: FAIL (T)
  two: FAIL
p_test.rego:17:
data.p_test.todo_test_later: SKIPPED
`;

const counts = `PASS: 2/5
FAIL: 2/5
SKIPPED: 1/5
`;

const traced = `${line}
FAILURES
${line}
data.p_test.test_bad: FAIL (T)

  query:1             Enter data.p_test.test_bad = _  
  p_test.rego:7       | Enter data.p_test.test_bad  
  p_test.rego:8       | | Enter __local3__ = input.y  
  p_test.rego:8       | | | Fail __local3__ = input.y  
  p_test.rego:9       | | Fail data.p.allow  
  query:1             | Fail data.p_test.test_bad = _  

data.p_test.test_case: FAIL (T)

  query:1              Enter data.p_test.test_case = _  
  p_test.rego:12       | Redo data.p_test.test_case[__local0__]  
  p_test.rego:14       | | Fail data.p.allow with input as {"x": x}  

  two: FAIL

`;

/** A command line behind `opa test`, its status, and its output with durations as `T`. As OPA 1.19.1 prints it. */
const printed: readonly (readonly [string, number, string])[] = [
  ["p.rego p_test.rego", 2, `${listed}${line}\n${counts}`],
  ["good", 0, "PASS: 1/1\n"],
  ["-v good", 0, `good/a_test.rego:3:\ndata.a.test_a: PASS (T)\n${line}\nPASS: 1/1\n`],
  ["--v0-compatible v0", 0, "PASS: 1/1\n"],
  ["data", 0, "PASS: 1/1\n"],
  ["-b data", 2, `data/a_test.rego:3:\ndata.a.test_a: FAIL (T)\n${line}\nFAIL: 1/1\n`],
  [
    "--run later p.rego p_test.rego",
    2,
    `p_test.rego:17:\ndata.p_test.todo_test_later: SKIPPED\n${line}\nSKIPPED: 1/1\n`,
  ],
  [
    "-z --run later p.rego p_test.rego",
    0,
    `p_test.rego:17:\ndata.p_test.todo_test_later: SKIPPED\n${line}\nSKIPPED: 1/1\n`,
  ],
  ["--run ^nothing$ good", 0, ""],
  ["--run ^nothing$ --format json good", 0, "[]\n"],
  ["--count 2 good", 0, "PASS: 1/1\nPASS: 1/1\n"],
  [
    "conflict",
    2,
    `conflict/a_test.rego:3:\ndata.a.test_a: ERROR (T)\n  conflict/a_test.rego:7: eval_conflict_error: functions must not produce multiple outputs for same inputs\n${line}\nERROR: 1/1\n`,
  ],
  [
    "--timeout 20ms slow",
    2,
    `slow/a_test.rego:3:\ndata.a.test_a: ERROR (T)\n  eval_cancel_error: context deadline exceeded\n${line}\nERROR: 1/1\n`,
  ],
];

/** A command line, its status, and what its error stream begins with. */
const refused: readonly (readonly [string, number, string])[] = [
  ["", 1, "Error: specify at least one file\nUsage:\n"],
  ["nope", 1, "1 error occurred during loading: stat nope: no such file or directory\n"],
  ["-b nope", 1, 'unable to load bundle nope: error reading "nope": stat nope: no such file or directory\n'],
  [
    "-b broken",
    1,
    "unable to load bundle broken: bundle broken: 1 error occurred: broken/a_test.rego:4: rego_parse_error: ",
  ],
  ["broken", 1, "1 error occurred during loading: broken/a_test.rego:4: rego_parse_error: unexpected eof token"],
  ["undefined", 1, "1 error occurred: undefined/a_test.rego:3: rego_type_error: undefined function f\n"],
  ["--run ( good", 1, "error parsing regexp: missing closing ): `(`\n"],
  ["--fail-on-empty none", 1, "no tests were run\n"],
  ["--threshold 101 good", 1, "Code coverage threshold must be between 0 and 100\n"],
  [
    "--threshold x good",
    1,
    'Error: invalid argument "x" for "--threshold" flag: strconv.ParseFloat: parsing "x": invalid syntax\n',
  ],
  ["--bench -c good", 1, "coverage reporting is not supported when benchmarking tests\n"],
  ["--format gobench good", 0, "cannot use output format gobench without running benchmarks (--bench)\n"],
  ["-c --run bad p.rego p_test.rego", 1, "data.p_test.test_bad: FAIL ("],
  ["-c conflict", 1, "conflict/a_test.rego:7: eval_conflict_error: "],
  [
    "--threshold 90 -v --run ok p.rego p_test.rego",
    2,
    "Code coverage threshold not met: got 22.22 instead of 90.00\nLines not covered:\n\tp.rego:5\n",
  ],
];

test("opa test prints results", async () => {
  await inFolder(files, async () => {
    for (const [args, status, wanted] of printed) {
      const { out, ...rest } = await runLine(`test ${args}`);
      assert.deepEqual({ ...rest, out: masked(out) }, { status, out: wanted, err: "" }, args);
    }
  });
});

test("opa test shows why tests fail", async () => {
  await inFolder(files, async () => {
    const { out } = await runLine("test -v --run 'bad|case' p.rego p_test.rego");
    assert.ok(masked(out).includes(traced), masked(out));
  });
});

test("opa test refuses", async () => {
  await inFolder(files, async () => {
    for (const [args, status, begin] of refused) {
      const outcome = await runLine(`test ${args}`);
      assert.equal(outcome.err.slice(0, begin.length), begin, args);
      assert.equal(outcome.status, status, args);
    }
  });
});

test("opa test prints JSON", async () => {
  await inFolder(files, async () => {
    const { out } = await runLine("test --format json --run 'bad|case|later' p.rego p_test.rego");
    const results = JSON.parse(out.replace(/"duration": \d+/g, '"duration": 0'));
    const common = (row: number, name: string) => ({
      location: { file: "p_test.rego", row, col: 1 },
      package: "data.p_test",
      name,
    });
    assert.deepEqual(results, [
      { ...common(7, "test_bad"), fail: true, duration: 0, output: btoa("seen <undefined>\n") },
      {
        ...common(12, "test_case"),
        fail: true,
        duration: 0,
        sub_results: { one: { name: "one" }, two: { name: "two", fail: true } },
      },
      { ...common(17, "todo_test_later"), skip: true, duration: 0 },
    ]);
  });
});

test("opa test reports coverage", async () => {
  await inFolder(files, async () => {
    const { out, status } = await runLine("test -c --run ok p.rego p_test.rego");
    const { files: covered, ...totals } = JSON.parse(out);
    assert.deepEqual(Object.keys(covered), ["p.rego", "p_test.rego"]);
    assert.deepEqual(
      { status, ...totals },
      { status: 0, covered_lines: 2, not_covered_lines: 7, coverage: 22.22222222222222 },
    );
  });
});

test("opa test measures benchmarks", async () => {
  await inFolder(files, async () => {
    const { out } = await runLine("test --bench --benchmem=false --format gobench good");
    assert.match(
      out,
      /^BenchmarkDataATestA\t +\d+\t +[\d.]+ ns\/op\t +[\d.]+ timer_rego_query_eval_ns\/op\n-+\nPASS: 1\/1\n$/,
    );
    const measured = await runLine("test --bench good");
    assert.match(
      measured.out,
      /^data\.a\.test_a\t.* timer_rego_query_eval_ns\/op\t +[1-9]\d* B\/op\n-+\nPASS: 1\/1\n$/,
    );
  });
});

function masked(text: string): string {
  return text.replace(/\([\d.]+(?:ns|µs|ms|s)\)/g, "(T)");
}
