import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { run } from "./gator.fixture.ts";

const gator = process.env["SALLYPORT_GATOR"] || undefined;
const skip = gator === undefined && "no gator: SALLYPORT_GATOR names its file";

/** The names alone: what they are is the program's own. */
const namesOf = (text: string) => [...text.matchAll(/^(?:gator: .*|[A-Z]\w+: +)/gm)].map(([name]) => name);

test("version: gator's, and whose it is in truth", async () => {
  const { status, out, err } = await run("version");
  assert.deepEqual([status, err], [0, ""]);
  assert.match(out, /^GitVersion: {4}v3\.23\.1$/m);
  assert.match(out, /^GitCommit: {5}sallyport \d+\.\d+\.\d+$/m);
});

test("version --json", async () => {
  const { status, out } = await run("version", "--json");
  assert.equal(status, 0);
  assert.equal((JSON.parse(out) as { readonly gitVersion: string }).gitVersion, "v3.23.1");
});

for (const flag of ["--version", "-v"])
  test(`${flag}: one line`, async () => {
    const { status, out, err } = await run(flag);
    assert.deepEqual([status, err], [0, ""]);
    assert.match(out, /^gator version v3\.23\.1 \(sallyport \d+\.\d+\.\d+\)\n$/);
  });

test("version has gator's fields, as text and as JSON", { skip }, async () => {
  const theirs = (...words: readonly string[]) => spawnSync(gator as string, words, { encoding: "utf8" });
  assert.deepEqual(namesOf((await run("version")).out), namesOf(theirs("version").stdout));
  const keys = (text: string) => Object.keys(JSON.parse(text) as object);
  assert.deepEqual(keys((await run("version", "--json")).out), keys(theirs("version", "--json").stdout));
  assert.match(theirs("--version").stdout, /^gator version /);
});
