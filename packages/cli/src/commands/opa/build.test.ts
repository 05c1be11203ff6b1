import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createEffects } from "@sallyport/effects";
import { unpackTarball } from "@sallyport/opa";
import { PlanFile } from "@sallyport/rego";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const policy = `package authz
import data.roles

# METADATA
# entrypoint: true
allow if {
	some role in roles[input.user]
	role == "admin"
	helper(input.x)
}

helper(x) if x > data.limit

unused := 1
`;

const files = {
  "b/x.rego": policy,
  "b/data.json": `{"limit": 3, "roles": {"a": ["admin"], "b": ["dev"]}}`,
  "c/.manifest": `{"roots":["c"],"revision":"r1","metadata":{"x":1}}`,
  "c/x.rego": "package c\np  :=  1",
  "d/.manifest": `{"roots":["d"],"rego_version":0}`,
  "d/x.rego": "package d\np { input.x }",
  "broken/x.rego": "package broken\np := x",
};

/** The files of a bundle, by their places. */
async function contents(path = "bundle.tar.gz"): Promise<{ readonly [path: string]: string }> {
  const entries = await unpackTarball(readFileSync(path));
  return Object.fromEntries(entries.map((each) => [each.path, Buffer.from(each.bytes).toString()]));
}

const refused: readonly (readonly [line: string, message: string])[] = [
  ["-t wasm -b c", "error: wasm compilation requires at least one entrypoint"],
  ["-t wasm -e x/y -b c", 'error: entrypoint "x/y" does not refer to a rule or policy decision'],
  ["-t plan -b c", "error: plan compilation requires at least one entrypoint"],
  ["-O 1 -b c", "error: bundle optimizations require at least one entrypoint"],
  ["-O 1 -e no/thing -b c", "error: undefined entrypoint data.no.thing"],
  ["-b broken", "error: 1 error occurred: broken/x.rego:2: rego_unsafe_var_error: var x is unsafe"],
  ["-b none", `error: load error: error reading "none": stat none: no such file or directory`],
  ["-b c c", "error: bundle merge failed: manifest has overlapped roots: 'c' and 'c'"],
  ["--signing-key k c", "error: enable bundle mode (ie. --bundle) to verify or sign bundle files or directories"],
  [
    "-b --verification-key k --signing-alg HS256 c",
    "error: load error: bundle c: bundle missing .signatures.json file",
  ],
];

test("what cannot be built is refused in OPA's words", () =>
  inFolder(files, async () => {
    for (const [line, message] of refused) {
      const { status, out, err } = await runLine(`build ${line}`);
      assert.deepEqual([status, err, out.split("\n")[0]], [1, "", message], line);
    }
  }));

test("a path is needed", async () => {
  const { status, out, err } = await runLine("build");
  assert.deepEqual([status, out, err.split("\n")[0]], [1, "", "Error: expected at least one path"]);
});

test("bundles are merged; places begin with their paths, modules are laid out", () =>
  inFolder(files, async () => {
    assert.deepEqual(await runLine("build -b c d"), { status: 0, out: "", err: "" });
    assert.deepEqual(await contents(), {
      "data.json": "{}\n",
      "c/x.rego": "package c\n\np := 1\n",
      "d/x.rego": "package d\n\np {\n\tinput.x\n}\n",
      ".manifest": `{"revision":"","roots":["c","d"],"rego_version":1,"file_rego_versions":{"/d/x.rego":0}}\n`,
    });
  }));

test("a single bundle keeps its manifest, with another revision when asked for", () =>
  inFolder(files, async () => {
    await runLine("build -b c");
    const manifest = `{"revision":"r1","roots":["c"],"rego_version":1,"metadata":{"x":1}}\n`;
    assert.equal((await contents())[".manifest"], manifest);
    await runLine("build -r r2 -b c -o other.tar.gz");
    assert.equal((await contents("other.tar.gz"))[".manifest"], manifest.replace("r1", "r2"));
  }));

test("folders that are no bundles lose their manifest, and it is said", () =>
  inFolder(files, async () => {
    const { err } = await runLine("build c");
    assert.equal(err, `Warning: .manifest file found in "c" but -b flag not specified. Manifest will be ignored.\n`);
    assert.equal((await contents())[".manifest"], `{"revision":"","roots":[""],"rego_version":1}\n`);
  }));

test("optimized for its entry points a bundle answers the same", () =>
  inFolder(files, async () => {
    await runLine("build -O 1 -b b");
    const optimized = await contents();
    assert.deepEqual(Object.keys(optimized), ["data.json", "b/x.rego", "optimized/authz.rego", ".manifest"]);
    assert.equal(optimized["b/x.rego"], "package authz\n\nimport data.roles\n\nunused := 1\n");
    const eachInput = ["-I", "-b", "bundle.tar.gz", "-f", "raw", "data.authz.allow"].join(" ");
    for (const [input, answer] of [
      [`{"user":"a","x":4}`, "true\n"],
      [`{"user":"a","x":3}`, ""],
      [`{"user":"b","x":4}`, ""],
    ])
      assert.equal((await runLine(`eval ${eachInput}`, { stdin: input as string })).out, answer, input);
  }));

test("the plan answers as the policy does", () =>
  inFolder(files, async () => {
    await runLine("build -t plan -e authz/unused -b b");
    const plan = new PlanFile(JSON.parse((await contents())["plan.json"] ?? ""));
    assert.deepEqual(plan.entryPoints, ["authz/unused", "authz/allow"]);
    const data = JSON.parse(files["b/data.json"]);
    const effects = createEffects({});
    const answer = (x: number) => plan.evaluate("authz/allow", { data, effects, input: { user: "a", x } });
    assert.equal(answer(4).length, 1);
    assert.equal(answer(3).length, 0);
  }));

test("what was signed is verified, and nothing else", () =>
  inFolder(files, async () => {
    await runLine("build -b --signing-key k --signing-alg HS256 c -o s.tar.gz");
    const verify = (key: string) => runLine(`build -b --verification-key ${key} --signing-alg HS256 s.tar.gz`);
    assert.equal((await verify("k")).status, 0);
    const fault = "error: load error: bundle s.tar.gz: failed to verify JWT signature: invalid HMAC signature\n";
    assert.deepEqual(await verify("other"), { status: 1, out: fault, err: "" });
    assert.match((await runLine("build -b s.tar.gz")).out, /verification key not provided\n$/);
  }));
