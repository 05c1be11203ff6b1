import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeBuildFolder } from "./build-folder.fixture.ts";
import { buildLibrary } from "./build-library.ts";

const root = join(import.meta.dirname, "..");
const folder = makeBuildFolder("build-library");
const library = join(folder, "node_modules/@sallyport/rego");

before(async () => {
  mkdirSync(library, { recursive: true });
  cpSync(join(root, "packages/rego/package.json"), join(library, "package.json"));
  await buildLibrary("rego", join(library, "dist"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const consumer = `
  import { compile } from "@sallyport/rego";
  const { policy } = compile([{ file: "p.rego", text: "package p\\n\\nallow if input.user == data.admin\\n" }]);
  console.log(policy?.evaluate("p/allow", { input: { user: "ann" }, data: { admin: "ann" } }));
`;

test("the built engine answers a program that knows nothing of its sources", () => {
  const file = join(folder, "consumer.mjs");
  writeFileSync(file, consumer);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", env: {} });
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "true\n");
});

test("the built engine imports its dependencies, and nothing of Node", () => {
  const text = readFileSync(join(library, "dist/index.js"), "utf8");
  const imported = [...text.matchAll(/^(?:import|\} from|export .* from) .*?"([^"]+)";$/gm)].map(
    ([, name = ""]) => name,
  );
  assert.deepEqual([...new Set(imported.filter((name) => !name.startsWith(".")))].sort(), ["re2js", "yaml"]);
});

for (const [what, code, fault] of [
  ["are known to who compiles against them", consumer, undefined],
  [
    "refuse what is no option",
    consumer.replace("input:", "inputs:"),
    /'inputs' does not exist in type 'EvaluateOptions'/,
  ],
] as const) {
  test(`declarations of the built engine ${what}`, () => {
    writeFileSync(join(folder, "consumer.mts"), code);
    const words = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2024",
      "--types",
      "node",
      "consumer.mts",
    ];
    const { status, stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), words, { encoding: "utf8", cwd: folder });
    if (fault === undefined) assert.equal(status, 0, stdout);
    else assert.match(stdout, fault);
  });
}
