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

/** What `opa eval --instrument` prints. */
function output(command: readonly string[], folder: string, args: readonly string[]): string {
  const [program = "", ...words] = [...command, "eval", "--instrument"];
  const files = ["-d", join(folder, "p.rego"), "-d", join(folder, "d.json"), "-i", join(folder, "i.json")];
  const { stdout, stderr } = spawnSync(program, [...words, ...files, ...args], { encoding: "utf8" });
  assert.notEqual(stdout, "", stderr);
  return stdout;
}

/** By what names the operations of the evaluation are told. */
function operations(command: readonly string[], folder: string, query: string, ...flags: readonly string[]) {
  const { metrics } = JSON.parse(output(command, folder, [...flags, "--format=json", query])) as {
    readonly metrics: { readonly [name: string]: unknown };
  };
  return Object.keys(metrics).filter((name) => /_(?:eval|partial)_op_/.test(name));
}

/** The names of the rows of operations in the table. */
function rows(command: readonly string[], folder: string, query: string, ...flags: readonly string[]) {
  const table = output(command, folder, [...flags, "--format=pretty", query]);
  return [...table.matchAll(/^│ (\w+_(?:eval|partial)_op_\S+)/gm)].map(([, name]) => name);
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

const queries = ["1 == 1", "input.user", "data.q", "data.p", "data", "data.p.nothing", "data.p.deny[x]"].concat(
  ["allow", "deny", "c", "d", "two"].map((name) => `data.p.${name}`),
);

for (const query of queries)
  test(`the operations of ${query} have OPA's names`, { skip: opa === "" && "no OPA in SALLYPORT_OPA" }, (t) => {
    const folder = folderFor(t);
    assert.deepEqual(operations(ours, folder, query), operations([opa], folder, query));
  });

test("the table has a row for each number of a histogram, as OPA's", (t) => {
  const names = rows(ours, folderFor(t), "data.p.allow");
  const shares = ["75%", "90%", "95%", "99%", "99.9%", "99.99%", "count", "max", "mean", "median", "min", "stddev"];
  const plug = names.filter((name) => name?.startsWith("histogram_eval_op_plug_"));
  assert.deepEqual(
    plug,
    shares.map((share) => `histogram_eval_op_plug_${share}`),
  );
});

for (const query of ["data.p.deny", "data.p.two == 1", "data.p.allow", 'x = input.items[_]; not data.p.deny["a"]'])
  test(`partial evaluation of ${query} tells its operations by OPA's names`, {
    skip: opa === "" && "no OPA in SALLYPORT_OPA",
  }, (t) => {
    const folder = folderFor(t);
    const expected = operations([opa], folder, query, "--partial");
    assert.deepEqual(operations(ours, folder, query, "--partial"), expected);
    assert.deepEqual(rows(ours, folder, query, "--partial"), rows([opa], folder, query, "--partial"));
  });
