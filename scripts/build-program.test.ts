import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { isBuilt } from "../packages/cli/bin/is-built.js";
import { makeBuildFolder } from "./build-folder.fixture.ts";
import { buildPrograms } from "./build-program.ts";
import { nodeArguments } from "./node-arguments.ts";

const folder = makeBuildFolder("build-program");
const built = join(folder, "dist", "sallyport.cjs");
const cache = join(folder, "cache");
const runner = pathToFileURL(join(import.meta.dirname, "../packages/cli/bin/run-built.js"));

let programs: Awaited<ReturnType<typeof buildPrograms>> = [];
before(async () => {
  programs = await buildPrograms(join(folder, "dist"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], cacheFolder = cache, program = built) {
  const start = join(folder, "start.mjs");
  writeFileSync(
    start,
    `import { runBuilt } from ${JSON.stringify(runner)};
     runBuilt(${JSON.stringify(program)}, ${JSON.stringify(cacheFolder)}, process.argv.slice(2));`,
  );
  const words = [start, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8", cwd: folder });
  return { status, stdout, stderr };
}

const pod = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "root", namespace: "default" },
  spec: { containers: [{ name: "app", image: "app", securityContext: { privileged: true } }] },
});

const commands: readonly (readonly string[])[] = [
  ["opa", "eval", "1 + 1", "--format", "raw"],
  ["opa", "eval", "x ="],
  ["opa", "eval", 'x := time.parse_duration_ns("1µs")', "--format", "pretty"],
  ["gator", "test", "--filename", "none"],
  ["check", "pod.json"],
  ["plugins", "--json"],
];

for (const args of commands) {
  test(`built and from its sources: sallyport ${args.join(" ")}`, () => {
    writeFileSync(join(folder, "pod.json"), pod);
    const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeArguments, ...args], {
      encoding: "utf8",
      cwd: folder,
    });
    assert.deepEqual(run(args), { status, stdout, stderr });
    assert.notEqual(`${stdout}${stderr}`, "");
  });
}

const alone: readonly (readonly string[])[] = [
  ["mesh", "proxy", "--help"],
  ["mesh", "proxy", "--config", "none.json"],
  ["mesh", "proxy", "--config", "none.json", "--certificates", "."],
  ["mesh", "sidecar", "--help"],
  ["mesh", "sidecar", "--ca-address", "nowhere"],
];

for (const args of alone)
  test(`a script of its own and from its sources: sallyport ${args.join(" ")}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeArguments, ...args], {
      encoding: "utf8",
      cwd: folder,
    });
    assert.deepEqual(run(args, cache, join(folder, "dist", `mesh-${args[1]}.cjs`)), { status, stdout, stderr });
  });

test("what runs beside each pod holds nothing of other commands", () => {
  for (const { packages } of programs.slice(0, 2)) {
    const names = packages.map((each) => basename(each));
    assert.ok(names.includes("commander"));
    assert.ok(!names.includes("undici") && !names.includes("yaml"));
  }
});

test("a proxy with certificates in files loads no gRPC: it is memory beside each pod", () => {
  const text = readFileSync(join(folder, "dist", "mesh-proxy.cjs"), "utf8");
  const begin = /"node_modules\/@grpc\/grpc-js\/build\/src\/index\.js"\([^)]*\) \{/;
  const program = join(folder, "dist", "without-grpc.cjs");
  writeFileSync(program, text.replace(begin, '$& throw new Error("gRPC is loaded");'));
  const config = join(folder, "proxy.json");
  writeFileSync(
    config,
    JSON.stringify({ listeners: [{ direction: "inbound", port: 1, destination: { ip: "127.0.0.1", port: 2 } }] }),
  );
  const ran = (...args: readonly string[]) =>
    run(["mesh", "proxy", "--config", config, ...args], cache, program).stderr;
  assert.match(ran("--certificates", "none"), /--certificates none: no such folder/);
  assert.match(ran("--ca-address", "nowhere:1"), /gRPC is loaded/);
});

test("the code of a first run is kept and taken by the next one", () => {
  const kept = join(folder, "kept");
  run(["opa", "version"], kept);
  const [build = ""] = readdirSync(kept);
  const file = join(kept, build, "opa-version.bin");
  const first = readFileSync(file);
  run(["opa", "version"], kept);
  assert.ok(readFileSync(file).equals(first), "not written again");
});

test("kept code that is damaged is refused and made anew; that of other builds is removed", () => {
  const kept = join(folder, "damaged");
  run(["opa", "version"], kept);
  const [build = ""] = readdirSync(kept);
  const file = join(kept, build, "opa-version.bin");
  writeFileSync(file, "no code");
  mkdirSync(join(kept, "0123456789abcdef"));
  const { status, stdout } = run(["opa", "version"], kept);
  assert.equal(status, 0);
  assert.match(stdout, /^Version: /);
  assert.ok(statSync(file).size > 100_000);
  assert.deepEqual(readdirSync(kept), [build]);
});

test("where nothing may be written the program runs all the same, and leaves nothing", () => {
  const file = join(folder, "no-folder");
  writeFileSync(file, "");
  const { status, stderr } = run(["opa", "version"], file);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
});

test("words that are no commands name no files", () => {
  const kept = join(folder, "words");
  run(["../../evil"], kept);
  assert.deepEqual(
    readdirSync(kept).flatMap((build) => readdirSync(join(kept, build))),
    ["other.bin"],
  );
});

test("a build is out of date when a source is newer, or a folder that has lost one", () => {
  const tree = join(folder, "tree");
  const source = join(tree, "packages", "room", "src", "a.ts");
  const program = join(tree, "packages", "cli", "dist", "sallyport.cjs");
  for (const file of [source, program]) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
  }
  const setTime = (path: string, seconds: number) => utimesSync(path, seconds, seconds);
  const folders = [dirname(source), dirname(program)];
  for (const path of [source, ...folders]) setTime(path, 1000);
  setTime(program, 2000);
  const packages = join(tree, "packages");
  assert.equal(isBuilt(packages), true);
  setTime(source, 3000);
  assert.equal(isBuilt(packages), false);
  setTime(source, 1000);
  setTime(dirname(source), 3000);
  assert.equal(isBuilt(packages), false);
  rmSync(program);
  assert.equal(isBuilt(packages), false);
});
