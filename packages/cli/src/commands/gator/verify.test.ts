import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run as runInProcess } from "./gator.fixture.ts";

const testdata = fileURLToPath(new URL("../../../../constraints/testdata", import.meta.url));
const folder = relative(process.cwd(), `${testdata}/verify`);

async function run(...words: readonly string[]): ReturnType<typeof runInProcess> {
  const { status, out, err } = await runInProcess(...words);
  const shown = out
    .replace(/\d+\.\d{3}s/g, "0.000s")
    .replace(new RegExp(`(?:${testdata}|${relative(process.cwd(), testdata)})/verify[^/]*/`, "g"), "FOLDER/");
  return { status, out: shown, err };
}

/** What gator 3.23 printed of the same suite. Go's client reads all numbers as floats, and ends some errors with empty lines. */
function gatorSaid(suite: string): string {
  return readFileSync(`${testdata}/${suite}/gator.txt`, "utf8")
    .replace(/(Invalid value|of type string): "number"/g, '$1: "integer"')
    .replace(/(operations|expected string)\n\n+/g, "$1\n");
}

for (const [suite, what] of [
  ["verify", "all that can be wrong in a suite"],
  ["verify-expansion", "what objects imply, and reads its files by yaml.v3,"],
] as const)
  test(`gator verify -v tells ${what} as gator does`, async () => {
    const { status, out, err } = await run("verify", relative(process.cwd(), `${testdata}/${suite}`), "-v");
    assert.equal(out, gatorSaid(suite));
    assert.deepEqual({ status, err }, { status: 1, err: "Error: FAIL\n" });
  });

const lines: ReadonlyArray<[line: string, status: number, out: RegExp, err: RegExp]> = [
  [`verify ${folder} --run ^plain$//^c3$`, 0, /^ok\tFOLDER\/suite.yaml\t0.000s\nPASS\n\n$/, /^$/],
  [`verify ${folder}/suite.yaml --run nothing`, 0, /^ok\tFOLDER\/suite.yaml\t0.000s\nPASS\n\n$/, /^$/],
  [`verify ${folder}/... --run ^plain$//^c4$`, 1, /defines 2 objects\n--- FAIL: plain/, /^Error: FAIL\n$/],
  [
    `verify ${folder} --run a//b//c`,
    1,
    /^$/,
    /compiling filter: invalid test filter: a filter may include at most one/,
  ],
  [`verify ${folder} --run (`, 1, /^$/, /compiling filter: invalid test filter: error parsing regexp: missing closing/],
  [`verify ${folder}/nowhere`, 1, /^$/, /^Error: listing test files: stat .*: no such file or directory\n$/],
  [`verify ${folder}/gator.txt`, 1, /^$/, /^Error: listing test files: unsupported extension: ".txt"\n$/],
  [`verify ${folder}/suite.yaml/...`, 1, /^$/, /^Error: listing test files: can only recursively traverse directories/],
  ["verify", 1, /^$/, /^Error: accepts 1 arg\(s\), received 0\nUsage:\n {2}sallyport gator verify path/],
  [`verify ${folder} --default-k8s-native-validation-failure-policy x`, 1, /^$/, /unrecognized failure policy: x\n$/],
  ["verfy", 1, /^$/, /^Error: unknown command "verfy" for "gator"\n\nDid you mean this\?\n\tverify\n/],
  ["--help", 0, /sallyport gator \[command\]/, /^$/],
];

for (const [line, status, out, err] of lines)
  test(`sallyport gator ${line.replaceAll(folder, "FOLDER")}: ${status}`, async () => {
    const answer = await run(...line.split(" "));
    assert.match(answer.out, out);
    assert.match(answer.err, err);
    assert.equal(answer.status, status);
  });
