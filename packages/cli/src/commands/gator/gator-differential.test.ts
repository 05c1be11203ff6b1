import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { run } from "./gator.fixture.ts";

const gator = process.env["SALLYPORT_GATOR"] || undefined;
const skip = gator === undefined && "no gator: SALLYPORT_GATOR names its file";
const data = fileURLToPath(new URL("../../../../constraints/testdata", import.meta.url));

/**
 * Go walks its maps in any order, ends some errors with an empty line, clocks go on, gator names files of suites without their first slash, and writes some of its YAML in
 * one line: all that is left out.
 */
function comparable(text: string, words: readonly string[]): readonly string[] {
  if (words.includes("yaml"))
    return text.split(/\n(?=stats:)/).map((part) => JSON.stringify(withoutTimes(parse(part))));
  return text
    .replace(/\d+\.\d+s|"value": \d{4,}|\b[\d.]+(?:ns|µs|ms|s|\/sec| reviews\/sec)(?![a-z])/g, "TIME")
    .replace(/^\d{4}\/\d\d\/\d\d [\d:]{8} /gm, "")
    .replaceAll(data, data.slice(1))
    .replaceAll('"integer"', '"number"')
    .replace(/ {2,}/g, " ")
    .replace(/^- .* OR .*$/gm, (line) => line.slice(2).split(" OR ").sort().join(" OR "))
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .sort();
}

function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each) => (typeof each === "number" && each > 1000 ? 0 : each)));
}

const lines = [
  "test -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml",
  "test -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml --deny-only",
  "test -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml -o json",
  "test -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml -o json --stats",
  "test -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml -o yaml",
  "test -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml -o yaml --stats",
  "test -f objects/t.yaml -f objects/c.yaml",
  "test -f objects/t.yaml -f objects/c.yaml -o json",
  "test -f objects/c.yaml",
  "test -f nofile.yaml",
  "test",
  "expand -n objects/o.yaml -n objects/e.yaml -n objects/m.yaml",
  "verify verify/suite.yaml -v",
  "verify verify-expansion/suite.yaml",
  "verify verify/suite.yaml --run //no",
  "verify verify/nofile.yaml",
  "sync",
  "sync test -n sync/templates.yaml -n sync/syncset.yaml -n sync/config.yaml -n sync/served.yaml",
  "sync test -n sync/templates.yaml -n sync/syncset.yaml -n sync/served.yaml",
  "sync test -n sync/templates.yaml -n sync/config.yaml -f",
  "sync test -n sync/templates.yaml -n sync/config.yaml",
  "sync test -n sync/templates.yaml -n sync/config.yaml -n sync/config.yaml -f",
  "sync test -n sync/pod.yaml -n sync/served.yaml -n sync/old-cluster.yaml",
  "sync test -n sync/bad.yaml -f",
  "sync test",
  "bench -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml -n 3 -e rego",
  "bench -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml -n 3 -e all",
  "bench -f objects/t.yaml -f objects/c.yaml -f objects/o.yaml -n 3",
  "bench -f objects/t.yaml -f objects/c.yaml -n 3 -e rego",
  "bench -f objects/t.yaml -f objects/o.yaml -n 3 -e rego",
  "bench -f objects/o.yaml -n 3 -e rego",
  "bench -f objects/o.yaml -e xml",
  "bench -f objects/o.yaml -o xml",
  "bench -f objects/o.yaml -n 0",
  "bench -n 1",
];

test("sallyport gator answers as gator does", { skip }, async (t) => {
  for (const line of lines) await t.test(line, () => compareLine(line));
});

async function compareLine(line: string): Promise<void> {
  const words = line.split(" ").map((word) => (/\.yaml$/.test(word) ? `${data}/${word}` : word));
  const { status, stdout, stderr } = spawnSync(gator as string, words, { encoding: "utf8", input: "" });
  const own = await run(...words);
  assert.deepEqual(comparable(own.out, words), comparable(stdout, words));
  assert.deepEqual(comparable(own.err, []), comparable(stderr, []));
  assert.equal(own.status, status);
}
