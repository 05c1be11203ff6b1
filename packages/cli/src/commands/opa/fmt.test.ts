import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = {
  "d/a.rego": "package a\np:=1\n",
  "d/e/b.rego": "package a\n\np := 1\n",
  "d/x.json": "{}",
  "bad.rego": "package a\np := }\n",
  "old.rego": "package a\np { true }\n",
};

/** Status, standard output and standard error of a command line in a folder with the files. */
const runs: readonly (readonly [line: string, status: number, out: string, err: string, stdin?: string])[] = [
  ["fmt d", 0, "package a\n\np := 1\npackage a\n\np := 1\n", ""],
  ["fmt -l d", 0, "d/a.rego\n", ""],
  ["fmt -l --fail d", 2, "d/a.rego\n", "unexpected diff\n"],
  ["fmt --fail d/a.rego", 2, "", "unexpected diff\n"],
  [
    "fmt -d d",
    0,
    "package a\n\u001b[32m\u001b[0m\n\u001b[32m\u001b[0mp\u001b[32m \u001b[0m:=\u001b[32m \u001b[0m1\n\n",
    "",
  ],
  ["fmt nofile", 1, "", "lstat nofile: no such file or directory\n"],
  [
    "fmt old.rego",
    2,
    "",
    "failed to format Rego source file: 1 error occurred: old.rego:2: rego_parse_error: `if` keyword is required before rule body\n",
  ],
  ["fmt --v0-v1 old.rego", 0, "package a\n\nimport rego.v1\n\np := true\n", ""],
  ["fmt --v0-compatible old.rego", 0, "package a\n\np = true\n", ""],
  ["fmt", 0, "package a\n\np := 1\n", "", "package a\np:=1"],
  ["fmt", 1, "", "stdin:0: rego_parse_error: empty module\n", ""],
];

for (const [line, status, out, err, stdin] of runs) {
  test(`sallyport opa ${line}: ${status}`, async () => {
    const outcome = await inFolder(files, () => runLine(line, stdin === undefined ? {} : { stdin }));
    assert.deepEqual(outcome, { status, out, err });
  });
}

test("fmt refuses what would not be a module any more", async () => {
  const text = "package a\nu[x] if true\n";
  const outcome = await inFolder({ "a.rego": text }, () => runLine("fmt a.rego"));
  assert.equal(outcome.status, 2);
  assert.match(
    outcome.err,
    /^a\.rego was successfully formatted, but the result is invalid: 1 error occurred: formatted:3: /,
  );
  const unchecked = await inFolder({ "a.rego": text }, () => runLine("fmt --check-result=false a.rego"));
  assert.equal(unchecked.out, "package a\n\nu[x]\n");
});

test("fmt -w writes the file, but not with -l", async () => {
  const read = () => readFileSync("d/a.rego", "utf8");
  await inFolder(files, async () => {
    await runLine("fmt -w -l d");
    assert.equal(read(), files["d/a.rego"]);
    assert.deepEqual(await runLine("fmt -w d"), { status: 0, out: "", err: "" });
    assert.equal(read(), "package a\n\np := 1\n");
  });
});
