import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { nodeArguments } from "../../../../scripts/node-arguments.ts";

const opa = process.env["SALLYPORT_OPA"] ?? "";

const policy = `package p

allow if { input.user == "a"; upper(input.user) == "A" }

deny contains m if { some i; x := input.items[i]; m := f(x) }

f(x) := concat("-", [x, "y"])

c := {y: n | some y in input.items; n := [z | some z in input.items; z == y]}

d := data.q.x + count(data.q.list)

two := count([y | some y in input.items]) + count(deny)
`;

/** By what names the operations of the evaluation are told. */
function operations(
  command: readonly string[],
  folder: string,
  query: string,
  flags: readonly string[] = [],
): readonly string[] {
  const [program = "", ...words] = [...command, "eval", "--instrument", "--format=json", ...flags];
  const files = ["-d", join(folder, "p.rego"), "-d", join(folder, "d.json"), "-i", join(folder, "i.json")];
  const { stdout, stderr } = spawnSync(program, [...words, ...files, query], { encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  const { metrics } = JSON.parse(stdout) as { readonly metrics: { readonly [name: string]: unknown } };
  return Object.keys(metrics).filter((name) => /_(eval|partial)_op_/.test(name));
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-instrument-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "p.rego"), policy);
  writeFileSync(join(folder, "d.json"), '{"q": {"x": 1, "list": [1]}}');
  writeFileSync(join(folder, "i.json"), '{"user": "a", "items": ["b", "c"]}');
  return folder;
}

const ours = [process.execPath, ...nodeArguments, "opa"];

test("an instrumented evaluation tells its operations by timers, histograms and counters", (t) => {
  const timed = (...names: readonly string[]) => [
    ...names.map((name) => `histogram_eval_op_${name}`),
    ...names.map((name) => `timer_eval_op_${name}_ns`),
  ];
  assert.deepEqual(operations(ours, folderFor(t), "data.p.allow"), [
    "counter_eval_op_virtual_cache_miss",
    ...timed("builtin_call", "plug", "resolve", "rule_index"),
  ]);
});

test("so does an instrumented partial evaluation", (t) => {
  const told = operations(ours, folderFor(t), "data.p.allow", ["--partial"]);
  for (const name of ["copy_propagation", "save_set_contains", "save_set_contains_rec", "save_unify"])
    assert.equal(told.includes(`histogram_partial_op_${name}`), true, name);
});

const queries = ["1 == 1", "input.user", "data.q", "data.p", "data", "data.p.nothing", "data.p.deny[x]"].concat(
  ["allow", "deny", "c", "d", "two"].map((name) => `data.p.${name}`),
);

for (const query of queries)
  test(`the operations of ${query} have OPA's names`, { skip: opa === "" && "no OPA in SALLYPORT_OPA" }, (t) => {
    const folder = folderFor(t);
    assert.deepEqual(operations(ours, folder, query), operations([opa], folder, query));
  });

// Where nothing is left to be known, OPA tells no metrics.
const leaving = queries.filter((query) => /p\.(allow|deny|c|two)|input/.test(query));

for (const query of leaving)
  test(`the operations of ${query} evaluated partially have OPA's names`, {
    skip: opa === "" && "no OPA in SALLYPORT_OPA",
  }, (t) => {
    const folder = folderFor(t);
    assert.deepEqual(operations(ours, folder, query, ["--partial"]), operations([opa], folder, query, ["--partial"]));
  });
