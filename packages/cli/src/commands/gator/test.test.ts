import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { run } from "./gator.fixture.ts";

const folder = fileURLToPath(new URL("../../../../constraints/testdata/objects", import.meta.url));
const files = (flag: string, ...names: readonly string[]) => names.flatMap((name) => [flag, `${folder}/${name}.yaml`]);
const policies = files("-f", "t", "c", "o");

/** What gator 3.23 printed. */
const said = (name: string) => readFileSync(`${folder}/${name}`, "utf8");
const sortedLines = (text: string) => text.split("\n").sort();

test("gator test: lines as gator's, those of one message in any order", async () => {
  const { status, out, err } = await run("test", ...policies, ...files("-f", "e", "m"));
  assert.deepEqual(sortedLines(out), sortedLines(said("test.txt")));
  assert.deepEqual({ status, err }, { status: 1, err: "" });
});

test("gator test -o json: as gator's", async () => {
  const { status, out } = await run("test", ...policies, "-o", "json");
  assert.equal(out, said("test.json"));
  assert.equal(status, 1);
});

test("gator test -o yaml: the same, with Go's names for fields without one", async () => {
  const { out } = await run("test", ...policies, "-o", "yaml");
  const results = parse(out) as readonly {
    readonly result: { readonly msg: string };
    readonly violatingObject: object;
  }[];
  const json = JSON.parse(said("test.json")) as readonly { readonly msg: string; readonly violatingObject: object }[];
  assert.deepEqual(
    results.map(({ result: { msg }, violatingObject }) => ({ msg, violatingObject })),
    json.map(({ msg, violatingObject }) => ({ msg, violatingObject })),
  );
});

test("gator expand: as gator's", async () => {
  const objects = files("-n", "o", "e", "m");
  assert.deepEqual(await run("expand", ...objects), { status: 0, out: said("expand.txt"), err: "" });
  assert.deepEqual(await run("expand", ...objects, "-f", "json"), { status: 0, out: said("expand-json.txt"), err: "" });
});

test("gator test --mutate reviews what mutators leave, which gator cannot", async () => {
  const plain = await run("test", ...policies, ...files("-f", "m"), "--deny-only");
  const mutated = await run("test", ...policies, ...files("-f", "m"), "--deny-only", "--mutate");
  assert.match(plain.out, /no owner: alone n1/);
  assert.match(mutated.out, /no owner: alone n1/);
  const owner = await run("test", ...policies, ...files("-f", "owner"), "--deny-only", "--mutate");
  assert.doesNotMatch(owner.out, /no owner: alone/);
});

test("gator test --stats -o json: what each template took, beside the results", async () => {
  const { out } = await run("test", ...policies, "-o", "json", "--stats");
  const { results, stats } = JSON.parse(out) as {
    readonly results: object;
    readonly stats: readonly {
      readonly scope: string;
      readonly statsFor: string;
      readonly stats: readonly { readonly name: string; readonly value: number }[];
    }[];
  };
  assert.deepEqual(results, JSON.parse(said("test.json")));
  assert.ok(stats.length > 0);
  for (const { scope, stats: each } of stats) {
    assert.equal(scope, "template");
    assert.deepEqual(
      each.map(({ name }) => name),
      ["templateRunTimeNS", "constraintCount"],
    );
  }
});

test("gator test --trace: how Rego came to the answer, with each result", async () => {
  const { out } = await run("test", ...policies, ...files("-f", "m"), "-o", "json", "--trace");
  const results = JSON.parse(out) as readonly { readonly trace: string }[];
  assert.ok(results.length > 0);
  for (const { trace } of results) assert.match(trace, /^\n\nDRIVER Rego:\n\n[^\n]*Enter data\.template\.violation/);
});

const lines: ReadonlyArray<[line: string, status: number, err: RegExp]> = [
  ["test", 1, /^no input data identified\n$/],
  [
    `test -f ${folder}/nofile`,
    1,
    /^reading: reading from filenames: stat on path ".*": stat .*: no such file or directory\n$/,
  ],
  [`test -f ${folder}/test.txt`, 1, /must be of extensions: \[.yaml .yml .json\]\n$/],
  [
    `test -f ${folder}/c.yaml`,
    1,
    /^auditing objects: adding constraint "own": missing ConstraintTemplate: template "needlabel" not found\n$/,
  ],
  [
    `test -f ${folder}/o.yaml -f ${folder}/o.yaml`,
    0,
    /^WARNING - Resource named "dev" \(from file: ".*"\) is already defined in file: /,
  ],
  [`expand -n ${folder}/o.yaml -f xml`, 1, /^unrecognized value for format flag: xml\n$/],
];

for (const [line, status, err] of lines)
  test(`sallyport gator ${line.replaceAll(`${folder}/`, "")}: ${status}`, async () => {
    const answer = await run(...line.split(" "));
    assert.match(answer.err, err);
    assert.equal(answer.status, status);
  });
