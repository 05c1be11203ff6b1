import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = {
  "policy/p.rego": 'package pkg\n\np if input.foo == "bar"\n\ns contains x if some x in input.l\n',
  "in/a.json": '{"foo": "bar"}',
  "in/sub/b.yaml": "l: [1]",
  "in/c.txt": "no input",
};

/** Results as `path=result` or `path!code`. */
function summary(out: string): readonly string[] {
  const { result } = JSON.parse(out) as { result: { path: string; result?: unknown; error?: { code: string } }[] };
  return result.map((each) =>
    each.error === undefined ? `${each.path}=${JSON.stringify(each.result)}` : `${each.path}!${each.error.code}`,
  );
}

const table: readonly (readonly [line: string, status: number, results: readonly string[], fault?: string])[] = [
  ["--decision pkg/p in", 0, ["in/a.json=true", "in/sub/b.yaml!opa_undefined_error"]],
  ["--decision /pkg/s in", 0, ["in/a.json=[]", "in/sub/b.yaml=[1]"]],
  ["--set default_decision=pkg/p in/a.json", 0, ["in/a.json=true"]],
  ["in/a.json", 0, ["in/a.json!opa_undefined_error"]],
  ["--decision pkg/p --fail in", 1, ["in/a.json=true", "in/sub/b.yaml!opa_undefined_error"], "0 failures and 1 errors"],
  ["--decision pkg/p --fail-defined in/a.json", 1, ["in/a.json=true"], "1 failures and 0 errors"],
  ["--decision pkg/s --fail-non-empty in", 1, ["in/a.json=[]", "in/sub/b.yaml=[1]"], "1 failures and 0 errors"],
  ["--decision pkg/s --fail-non-empty in/a.json", 0, ["in/a.json=[]"]],
];

for (const [line, status, results, fault] of table)
  test(`exec ${line}`, () =>
    inFolder(files, async () => {
      const outcome = await runLine(`exec -b policy ${line}`);
      assert.deepEqual([outcome.status, summary(outcome.out)], [status, results]);
      if (fault === undefined) assert.equal(outcome.err, "");
      else assert.match(outcome.err, new RegExp(`"err":"exec error: there were ${fault} counted`));
    }));

test("exec reads standard input, and says what is missing", async () => {
  const { out } = await inFolder(files, () =>
    runLine("exec -b policy --decision pkg/p --stdin-input", { stdin: '{"foo": "bar"}' }),
  );
  assert.deepEqual(summary(out), ["--stdin-input=true"]);
  assert.match((await runLine("exec")).err, /msg="Unexpected error." err="requires at least 1 path arg, or/);
  assert.match((await runLine("exec nope.json")).err, /"err":"exec error: lstat nope.json: no such file or directory"/);
});
