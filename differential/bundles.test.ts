import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { packTarball, unpackTarball } from "@sallyport/opa";
import { type Outcome, runIn } from "../packages/cli/src/opa/opa.fixture.ts";
import { findOpa } from "./opa-server.ts";

// Bundles of ours are read by a real OPA, and its by us; what was changed after it was signed is refused by both, in the same words.

const opa = findOpa();
const options = { skip: "missing" in opa && opa.missing };

const source = {
  "src/.manifest": `{"revision":"7","roots":["a"],"metadata":{"z":1,"m":{"k":[1,2]}},"rego_version":1,"file_rego_versions":{"/a/old.rego":0}}`,
  "src/a/p.rego": `package a

default allow := false

allow if input.user == data.a.b.owner

# METADATA
# entrypoint: true
main := {"allow": allow, "n": data.a.b.n}
`,
  "src/a/old.rego": "package a.old\n\nr { input.x }\n",
  "src/a/b/data.json": `{"owner":"ann","n":12345678901234567890}`,
  "input.json": `{"user":"ann"}`,
};

let folder = "";

before(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-bundles-"));
  for (const [path, text] of Object.entries({ ...source, ...keys() })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});

after(() => rmSync(folder, { recursive: true, force: true }));

function keys(): { readonly [file: string]: string } {
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding, privateKeyEncoding });
  const curves = ["P-256", "P-384", "P-521"].flatMap((namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve, publicKeyEncoding, privateKeyEncoding });
    return [[`${namedCurve}.pem`, privateKey] as const, [`${namedCurve}.pub`, publicKey] as const];
  });
  return { "rs.pem": rsa.privateKey, "rs.pub": rsa.publicKey, ...Object.fromEntries(curves) };
}

type Side = (line: string) => Promise<Outcome>;

const sides: { readonly [name: string]: Side } = {
  ours: (line) => runIn(folder, line.split(" ")),
  theirs: async (line) => {
    const { status, stdout, stderr } = spawnSync("missing" in opa ? "" : opa.file, line.split(" "), {
      cwd: folder,
      encoding: "utf8",
    });
    return { status: status ?? -1, out: stdout, err: stderr };
  },
};

const [makers, readers] = [Object.entries(sides), Object.entries(sides)];

async function done(side: Side, line: string): Promise<string> {
  const { status, out, err } = await side(line);
  equal(status, 0, `${line}: ${out}${err}`);
  return out;
}

const tarball = (name: string): Buffer => readFileSync(join(folder, name));

for (const target of ["rego", "plan"])
  test(`bundles with target ${target}`, options, async () => {
    const manifests: unknown[] = [];
    for (const [maker, build] of makers) {
      const file = `${maker}-${target}.tar.gz`;
      await done(build, `build -b src -t ${target} -e a/main -o ${file}`);
      for (const [, read] of readers)
        equal(
          (await done(read, `eval -b ${file} -i input.json --format raw data.a.main`)).trim(),
          '{"allow":true,"n":12345678901234567890}',
        );
      const files = await unpackTarball(tarball(file));
      const text = (path: string) =>
        Buffer.from(files.find((each) => each.path.endsWith(path))?.bytes ?? []).toString();
      manifests.push([files.map(({ path }) => path.replace(/^\//, "")).sort(), JSON.parse(text(".manifest"))]);
      const inspected = await Promise.all(readers.map(([, read]) => done(read, `inspect ${file} -f json`)));
      deepEqual(JSON.parse(inspected[0] as string), JSON.parse(inspected[1] as string));
    }
    deepEqual(manifests[0], manifests[1]);
    await done(sides["ours"] as Side, `build -b src -t ${target} -e a/main -o again.tar.gz`);
    deepEqual(tarball("again.tar.gz"), tarball(`ours-${target}.tar.gz`));
  });

const signings: readonly (readonly [algorithm: string, key: string, verification: string, wrong: string])[] = [
  ["HS256", "secret", "secret", "another"],
  ["HS384", "secret", "secret", "another"],
  ["HS512", "secret", "secret", "another"],
  ["RS256", "rs.pem", "rs.pub", "P-256.pub"],
  ["RS384", "rs.pem", "rs.pub", "P-256.pub"],
  ["RS512", "rs.pem", "rs.pub", "P-256.pub"],
  ["PS256", "rs.pem", "rs.pub", "P-256.pub"],
  ["PS384", "rs.pem", "rs.pub", "P-256.pub"],
  ["PS512", "rs.pem", "rs.pub", "P-256.pub"],
  ["ES256", "P-256.pem", "P-256.pub", "rs.pub"],
  ["ES384", "P-384.pem", "P-384.pub", "rs.pub"],
  ["ES512", "P-521.pem", "P-521.pub", "rs.pub"],
];

for (const [algorithm, key, verification, wrong] of signings)
  test(`bundles signed with ${algorithm}`, options, async () => {
    for (const [maker, build] of makers) {
      const file = `${maker}-signed.tar.gz`;
      await done(build, `build -b src -o ${file} --signing-key ${key} --signing-alg ${algorithm}`);
      for (const [reader, read] of readers) {
        const verify = (bundle: string, by: string) =>
          read(`build -b ${bundle} -o ${reader}.tar.gz --verification-key ${by} --signing-alg ${algorithm}`);
        equal((await verify(file, verification)).status, 0, `${reader} reads what is ${maker}`);
        notEqual((await verify(file, wrong)).status, 0, `${reader} takes another key`);
      }
      for (const [how, wanted] of algorithm.endsWith("256") ? changes : []) {
        const files = (await unpackTarball(tarball(file))).map(({ path, bytes }) => ({
          path,
          bytes: Buffer.from(bytes),
        }));
        writeFileSync(join(folder, "changed.tar.gz"), await packTarball(how(files)));
        const line = `build -b changed.tar.gz -o x.tar.gz --verification-key ${verification} --signing-alg ${algorithm}`;
        const [ours, theirs] = await Promise.all(readers.map(([, read]) => read(line)));
        match(ours?.err || ours?.out || "", wanted);
        deepEqual(ours, theirs);
      }
    }
  });

interface Entry {
  readonly path: string;
  readonly bytes: Buffer;
}

const changes: readonly (readonly [how: (files: readonly Entry[]) => readonly Entry[], wanted: RegExp])[] = [
  [
    (files) => files.map((each) => (each.path.endsWith("data.json") ? { ...each, bytes: Buffer.from("{}") } : each)),
    /data.json: digest mismatch/,
  ],
  [
    (files) =>
      files.map((each) => (each.path.endsWith("p.rego") ? { ...each, bytes: Buffer.from("package a\n") } : each)),
    /p.rego: digest mismatch/,
  ],
  [(files) => [...files, { path: "src/a/evil.rego", bytes: Buffer.from("package a\n") }], /not included in bundle sig/],
  [(files) => files.filter(({ path }) => !path.endsWith("old.rego")), /specified in bundle signatures but not found/],
  [(files) => files.filter(({ path }) => !path.endsWith(".signatures.json")), /missing .signatures.json/],
];
