import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { isObject, jsonText, type RegoVersion } from "@sallyport/rego";
import type { Bundle, BundleFile } from "./bundle.ts";
import { applyPatch } from "./delta.ts";
import { mergeBundles } from "./merge.ts";
import { readBundle } from "./read.ts";
import { rootConflict } from "./roots.ts";
import { packTarball, unpackTarball } from "./tarball.ts";
import { bundleFiles } from "./write.ts";

type Files = { readonly [path: string]: string };

function filesOf(files: Files): readonly BundleFile[] {
  return Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
}

function read(files: Files, regoVersion: RegoVersion = "v1"): Bundle {
  return readBundle(filesOf(files), { regoVersion });
}

function faultOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

const refused: readonly (readonly [string, Files])[] = [
  ["manifest has overlapped roots: 'a' and 'a/b'", { ".manifest": `{"roots":["a","a/b"]}` }],
  [
    "manifest roots [a] do not permit data at path '/b' (hint: check bundle directory structure)",
    { ".manifest": `{"roots":["a"]}`, "data.json": `{"b":1}` },
  ],
  [
    "manifest roots [a] do not permit 'package b.c' in module 'x.rego'",
    { ".manifest": `{"roots":["a"]}`, "x.rego": "package b.c" },
  ],
  [
    'bundle contains multiple manifest files: "/a/.manifest" and "/b/.manifest"',
    { "a/.manifest": "{}", "b/.manifest": "{}" },
  ],
  ["bundle load failed on manifest decode: unexpected EOF", { ".manifest": `{"roots":["a"` }],
  ["bundle load failed on manifest decode: roots must be a list of strings", { ".manifest": `{"roots":"a"}` }],
  [
    "bundle load failed on /data.json: invalid character 'x' looking for beginning of object key string",
    { "data.json": "{x" },
  ],
  ["bundle load failed on /data.json: root value must be object", { "data.json": "[1]" }],
  [
    "bundle load failed on /data.json: failed to insert data file from path ",
    { "a/data.json": `{"c":1}`, "data.json": `{"a":1}` },
  ],
  ["unknown bundle rego-version 2 for file '/x.rego'", { ".manifest": `{"rego_version":2}`, "x.rego": "package x" }],
  [
    "delta bundle expected to contain only patch file but found /data.json",
    { "patch.json": `{"data":[]}`, "data.json": "{}" },
  ],
  [
    "manifest roots [x] do not permit data patch at path 'a/b'",
    { ".manifest": `{"roots":["x"]}`, "patch.json": `{"data":[{"op":"upsert","path":"a/b","value":1}]}` },
  ],
  [
    "manifest references wasm module '/a.wasm' but the module file does not exist",
    { ".manifest": `{"wasm":[{"entrypoint":"a","module":"/a.wasm"}]}` },
  ],
];

test("bundles that do not hold together are refused in OPA's words", () => {
  for (const [message, files] of refused)
    assert.equal(
      faultOf(() => read(files)),
      message,
    );
});

test("documents lie at the path of their folder, whatever their format", () => {
  const { data, dataFiles } = read({
    "a/b/data.json": `{"n": 1}`,
    "a/data.yaml": "k: [1, 2.50, yes]",
    "a/other.json": "{}",
  });
  assert.equal(jsonText(data), `{"a":{"b":{"n":1},"k":[1,2.5,true]}}`);
  assert.deepEqual(dataFiles, ["/a/b/data.json", "/a/data.yaml"]);
});

test("a key named __proto__ is a key like others", () => {
  const { data } = read({ "data.json": `{"__proto__": {"x": 1}}`, "constructor/data.json": `{"y": 2}` });
  assert.equal(jsonText(data), `{"__proto__":{"x":1},"constructor":{"y":2}}`);
  assert.equal(({} as { x?: number }).x, undefined);
});

const versions: readonly (readonly [string, RegoVersion, boolean])[] = [
  [`{}`, "v0", true],
  [`{}`, "v1", false],
  [`{"rego_version":0}`, "v1", true],
  [`{"rego_version":1}`, "v0", false],
  [`{"rego_version":1,"file_rego_versions":{"/p/x.rego":0}}`, "v1", true],
  [`{"rego_version":1,"file_rego_versions":{"/p/*.rego":0}}`, "v1", true],
  [`{"rego_version":1,"file_rego_versions":{"/*.rego":0}}`, "v1", false],
  [`{"rego_version":1,"file_rego_versions":{"/{p,q}/x.rego":0}}`, "v1", true],
];

test("the version of Rego is that of the file, else of the manifest, else the default", () => {
  for (const [manifest, fallback, accepted] of versions) {
    const fault = faultOf(() => read({ ".manifest": manifest, "p/x.rego": "package p\nr { input.x }" }, fallback));
    assert.equal(fault === "", accepted, `${manifest} ${fallback}: ${fault}`);
  }
});

test("what is written can be read again, byte by byte the same each time", async () => {
  const bundle = read({
    ".manifest": `{"revision":"7","roots":["a"],"metadata":{"z":1}}`,
    "a/x.rego": "package a\np := 1\n",
    "a/data.json": `{"n":12345678901234567890}`,
  });
  const files = bundleFiles(bundle, ({ text }) => text);
  assert.deepEqual(
    files.map(({ path }) => path),
    ["data.json", "a/x.rego", ".manifest"],
  );
  const archive = await packTarball(files);
  assert.deepEqual(await packTarball(files), archive);
  const again = readBundle(await unpackTarball(archive));
  assert.equal(jsonText(again.data), `{"a":{"n":12345678901234567890}}`);
  assert.deepEqual(again.manifest, bundle.manifest);
  assert.equal(again.modules[0]?.text, "package a\np := 1\n");
});

test("names longer than a tar header survive", async () => {
  const path = `${"deep/".repeat(60)}x.rego`;
  const [file] = await unpackTarball(await packTarball(filesOf({ [path]: "package x" })));
  assert.equal(file?.path, path);
});

test("archives that are none, are cut or too large are refused", async () => {
  const archive = await packTarball(filesOf({ "data.json": "{}" }));
  const fault = (why: string) => ({ message: `bundle read failed: archive read failed: ${why}` });
  await assert.rejects(unpackTarball(Buffer.from("foo\n")), fault("unexpected EOF"));
  await assert.rejects(unpackTarball(Buffer.from("no archive at all\n")), fault("gzip: invalid header"));
  await assert.rejects(unpackTarball(archive.slice(0, 40)), fault("unexpected EOF"));
  await assert.rejects(unpackTarball(gzipSync(Buffer.alloc(5000)), 4000), {
    message: "bundle exceeded max size (4000 bytes)",
  });
});

test("several bundles become one when they own different documents", () => {
  const a = read({ ".manifest": `{"revision":"r1","roots":["a"]}`, "x.rego": "package a\np := 1" });
  const b = read({
    ".manifest": `{"roots":["b"],"rego_version":0}`,
    "y.rego": "package b\np { true }",
    "b/data.json": `{"n":1}`,
  });
  const { manifest, modules, data } = mergeBundles([a, b]);
  assert.deepEqual(manifest, { revision: "", roots: ["a", "b"], regoVersion: 1, fileRegoVersions: { "/y.rego": 0 } });
  assert.deepEqual([modules.length, jsonText(data)], [2, `{"b":{"n":1}}`]);
  assert.deepEqual(mergeBundles([a]).manifest, { revision: "r1", roots: ["a"], regoVersion: 1 });
  const fault = faultOf(() => mergeBundles([a, a]));
  assert.equal(fault, "bundle merge failed: manifest has overlapped roots: 'a' and 'a'");
});

const conflicts: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  ["", [["a"], ["b"], ["c/d"], ["c/e"]]],
  ["[b1, b2] (root a is in multiple bundles)", [["a"], ["a", "c"], ["d"]]],
  ["[b1, b2, b3] (a overlaps a/b, root a is in multiple bundles)", [["a"], ["a", "b"], ["a/b", "d"]]],
];

test("bundles that own the same documents are told by their names", () => {
  const owners = (roots: readonly (readonly string[])[]) =>
    roots.map((each, i) => ({ name: `b${i + 1}`, roots: each }));
  for (const [message, roots] of conflicts)
    assert.equal(
      rootConflict(owners(roots)) ?? "",
      message === "" ? "" : `detected overlapping roots in manifests for these bundles: ${message}`,
    );
  assert.equal(
    rootConflict(owners([["a"], [""], ["c"], [""]])),
    "bundles [b1, b2, b3, b4] have overlapping roots and cannot be activated simultaneously because bundle(s) [b2, b4] specify empty root paths ('') which overlap with any other bundle root",
  );
});

const before = `{"a":{"b":1},"l":[1,2]}`;
const patches: readonly (readonly [string, string])[] = [
  [`{"op":"upsert","path":"/a/c","value":2}`, `{"a":{"b":1,"c":2},"l":[1,2]}`],
  [`{"op":"upsert","path":"x/y/z","value":2}`, `{"a":{"b":1},"l":[1,2],"x":{"y":{"z":2}}}`],
  [`{"op":"upsert","path":"l/-","value":3}`, `{"a":{"b":1},"l":[1,2,3]}`],
  [`{"op":"replace","path":"l/0","value":9}`, `{"a":{"b":1},"l":[9,2]}`],
  [`{"op":"remove","path":"/l/0"}`, `{"a":{"b":1},"l":[2]}`],
  [`{"op":"remove","path":"a"}`, `{"l":[1,2]}`],
  [`{"op":"upsert","path":"a~1b","value":1}`, `{"a":{"b":1},"a/b":1,"l":[1,2]}`],
  [`{"op":"remove","path":"q"}`, "storage_not_found_error: document does not exist"],
  [`{"op":"replace","path":"a/q","value":1}`, "storage_not_found_error: document does not exist"],
  [`{"op":"upsert","path":"l/7","value":1}`, "storage_not_found_error: document does not exist"],
  [`{"op":"foo","path":"a"}`, "bad patch operation: foo"],
];

test("delta bundles change documents in place, and never half", () => {
  for (const [operation, wanted] of patches) {
    const { patch = [] } = read({ "patch.json": `{"data":[${operation}]}` });
    const data = JSON.parse(before);
    let after = "";
    const fault = faultOf(() => (after = jsonText(applyPatch(data, patch))));
    assert.equal(fault || after, wanted);
    assert.equal(jsonText(data), before);
    assert.ok(isObject(data));
  }
});

test("a signature by a secret is OPA's, letter by letter", () => {
  const bundle = read({ "a/b/data.json": `{"n": 1, "m": "é"}`, "p/a/x.rego": "package a.b\n" });
  const signing = { key: "secret", algorithm: "HS256", keyId: "default" };
  const signed = bundleFiles(mergeBundles([bundle]), ({ text }) => text, signing).find(
    ({ path }) => path === ".signatures.json",
  );
  const { signatures, plugin } = JSON.parse(Buffer.from(signed?.bytes ?? []).toString());
  const [header, payload, signature] = signatures[0].split(".");
  assert.equal(plugin, "_default");
  assert.equal(Buffer.from(header, "base64url").toString(), `{"alg":"HS256","kid":"default","typ":"JWT"}`);
  assert.equal(signature, createHmac("sha256", "secret").update(`${header}.${payload}`).digest("base64url"));
  const { files, keyid } = JSON.parse(Buffer.from(payload, "base64url").toString());
  assert.deepEqual(
    files.map(({ name }: { name: string }) => name),
    ["p/a/x.rego", "data.json", ".manifest"],
  );
  assert.equal(files[2].hash, "5346f36079d22c603bfb61cf2130407c13e66863748888b4775766dc68f2a66e");
  assert.equal(keyid, "default");
});

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const privatePem = (key: typeof rsa.privateKey): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const publicPem = (key: typeof rsa.publicKey): string => key.export({ type: "spki", format: "pem" }).toString();

const keys: readonly (readonly [string, string, string])[] = [
  ["HS256", "s", "s"],
  ["HS512", "s", "s"],
  ["RS256", privatePem(rsa.privateKey), publicPem(rsa.publicKey)],
  ["PS384", privatePem(rsa.privateKey), publicPem(rsa.publicKey)],
  ["ES256", privatePem(ec.privateKey), publicPem(ec.publicKey)],
];

test("a signed bundle is verified by its key, and by no other", () => {
  const content = read({ "x.rego": "package x\n", "data.json": `{ "b": 1.50, "a": 1e3 }` });
  for (const [algorithm, key, publicKey] of keys) {
    const files = bundleFiles(content, ({ text }) => text, { key, algorithm });
    const verify = (changed: Files = {}, verification: object = {}) =>
      readBundle([...files.filter(({ path }) => changed[path] === undefined), ...filesOf(changed)], {
        verification: { keys: { k: { key: publicKey, algorithm } }, keyId: "k", ...verification },
      });
    assert.equal(
      faultOf(() => verify()),
      "",
      algorithm,
    );
    assert.match(
      faultOf(() => verify({ "x.rego": "package y\n" })),
      /^x\.rego: digest mismatch \(want: \w+, got: \w+\)$/,
    );
    assert.equal(
      faultOf(() => verify({ "y.rego": "package y\n" })),
      "file y.rego not included in bundle signature",
    );
    assert.equal(
      faultOf(() => verify({ "y.rego": "package y\n" }, { exclude: ["y.rego"] })),
      "",
    );
    assert.equal(
      faultOf(() => verify({}, { scope: "w" })),
      "scope mismatch",
    );
    assert.equal(
      faultOf(() => verify({}, { keyId: "other" })),
      "verification key corresponding to ID other not found",
    );
  }
  const [[, , secret] = ["", "", ""]] = keys;
  const files = bundleFiles(content, ({ text }) => text, { key: "other", algorithm: "HS256" });
  const verification = { keys: { k: { key: secret, algorithm: "HS256" } }, keyId: "k" };
  assert.equal(
    faultOf(() => readBundle(files, { verification })),
    "failed to verify JWT signature: invalid HMAC signature",
  );
});

const broken: readonly (readonly [string, string | undefined])[] = [
  ["bundle missing .signatures.json file", undefined],
  [".signatures.json: missing JWT (expected exactly one)", `{"signatures":[]}`],
  [".signatures.json: multiple JWTs not supported (expected exactly one)", `{"signatures":["a.b.c","d"]}`],
  ["bundle load failed on signatures decode: unexpected EOF", `{"foo`],
  ["no verifier exists under id foo", `{"signatures":["a.b.c"],"plugin":"foo"}`],
  ["failed to verify JWT signature: invalid compact serialization", `{"signatures":["a.b.c"]}`],
];

test("signatures that are none are told apart", () => {
  for (const [message, text] of broken) {
    const files = filesOf({ "x.rego": "package x\n", ...(text !== undefined && { ".signatures.json": text }) });
    const verification = { keys: { k: { key: "s", algorithm: "HS256" } }, keyId: "k" };
    assert.equal(
      faultOf(() => readBundle(files, { verification })),
      message,
    );
  }
});
