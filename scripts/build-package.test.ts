import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { version } from "../packages/cli/src/version.ts";
import { makeBuildFolder } from "./build-folder.fixture.ts";
import { buildPackage } from "./build-package.ts";

const folder = makeBuildFolder("build-package");

before(() => buildPackage(folder));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]) {
  const words = [join(folder, "bin/sallyport.js"), ...args];
  return spawnSync(process.execPath, words, { encoding: "utf8", cwd: folder, input: "" });
}

test("the package runs without its sources, natively stored objects and all", () => {
  assert.ok(!existsSync(join(folder, "src")));
  assert.equal(run("--version").stdout, `${version}\n`);
  const backup = run("backup", "--data", "none", "none.backup");
  assert.match(backup.stderr, /^sallyport: \S+none\/store: no store is there; name its folder with --data\n$/);
});

test("the package finds the tour's files and lessons", () => {
  const { status, stderr } = run("tour", "nowhere");
  assert.equal(status, 2);
  assert.match(stderr, /nowhere/);
  assert.ok(existsSync(join(folder, "tour/gate")));
});

test("the package depends on native code alone, at the version that is pinned", () => {
  const own = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const room = JSON.parse(readFileSync(join(import.meta.dirname, "../packages/apiserver/package.json"), "utf8"));
  assert.deepEqual(own.dependencies, { lmdb: room.dependencies.lmdb });
  assert.equal(own.version, version);
});

test("licences of what was built in come with it", () => {
  const text = readFileSync(join(folder, "THIRD-PARTY-LICENSES"), "utf8");
  for (const name of ["commander", "jose", "re2js", "yaml", "@peculiar/x509"])
    assert.match(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"));
});
