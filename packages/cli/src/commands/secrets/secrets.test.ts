import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { nodeArguments } from "../../../../../scripts/node-arguments.ts";

// No secret in any output but the one that was asked for: each command is run on what holds canaries, and on what breaks it.

const folder = mkdtempSync(join(tmpdir(), "sallyport-secrets-"));
after(() => rmSync(folder, { recursive: true, force: true }));
cpSync(fileURLToPath(new URL("../../../../secrets/testdata/sealed", import.meta.url)), folder, { recursive: true });
cpSync(fileURLToPath(new URL("../../../../secrets/testdata/sops/key.txt", import.meta.url)), join(folder, "age.txt"));

const canary = "canary0Quartz7Lemur";
const canaries = [
  canary,
  Buffer.from(canary).toString("base64").slice(0, 20),
  Buffer.from(` ${canary}`).toString("base64").slice(3, 20),
];
const recipient = /age1\w+/.exec(readFileSync(join(folder, "age.txt"), "utf8"))?.[0] as string;

function run(
  line: string,
  input = "",
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const env = {
    ...process.env,
    HOME: folder,
    SOPS_AGE_KEY: undefined,
    SOPS_AGE_KEY_FILE: undefined,
    XDG_CONFIG_HOME: undefined,
  };
  return spawnSync(process.execPath, [...nodeArguments, "secrets", ...line.split(" ")], {
    cwd: folder,
    env,
    input,
    encoding: "utf8",
  });
}

function requireSilent(line: string, { stdout, stderr }: ReturnType<typeof run>): void {
  for (const each of canaries) {
    assert.ok(!stdout.includes(each), `${line}: ${stdout}`);
    assert.ok(!stderr.includes(each), `${line}: ${stderr}`);
  }
  assert.doesNotMatch(stderr, /\n\s+at /, line);
}

const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {password: ${canary}}\n`;

test("secrets: sealed, opened, and sealed for sops, by the command line", () => {
  const sealed = run("seal --cert cert.pem -", secret);
  requireSilent("seal", sealed);
  assert.equal(sealed.status, 0, sealed.stderr);
  const opened = run("open --key key.pem -", sealed.stdout);
  assert.match(opened.stdout, new RegExp(Buffer.from(canary).toString("base64")));
  requireSilent("open", { ...opened, stdout: "" });

  writeFileSync(join(folder, "prod.yaml"), secret);
  writeFileSync(
    join(folder, ".sops.yaml"),
    `creation_rules: [{path_regex: ^prod, age: ${recipient}, encrypted_regex: Data$}]\n`,
  );
  const inPlace = run("seal --sops -i prod.yaml");
  assert.equal(inPlace.status, 0, inPlace.stderr);
  const text = readFileSync(join(folder, "prod.yaml"), "utf8");
  assert.match(text, /^kind: Secret$/m);
  requireSilent("seal --sops", { ...inPlace, stdout: text });
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
  const clear = run("open --age-key age.txt prod.yaml");
  assert.equal(clear.status, 0, clear.stderr);
  assert.match(clear.stdout, new RegExp(`password: ${canary}\\b`));
});

test("secrets: what goes wrong is one line without a secret in it, and status 2", () => {
  const sealed = run("seal --cert cert.pem -", secret).stdout;
  const sops = run(`seal --sops --age ${recipient} --format yaml -`, secret).stdout;
  const otherKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });
  writeFileSync(join(folder, "other.pem"), otherKey);
  writeFileSync(join(folder, "canary.pem"), `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----\n`);
  writeFileSync(join(folder, "canary.txt"), `AGE-SECRET-KEY-${canary}\n`);
  const faults: readonly (readonly [line: string, input: string, message: RegExp])[] = [
    ["seal --cert canary.pem -", secret, /^sallyport: canary\.pem: no certificate there/],
    [
      "seal --cert cert.pem -",
      secret.replace("stringData", "data"),
      /^sallyport: -:1: data\.password: expected base64\n$/,
    ],
    ["seal --cert cert.pem -", secret.replace(", namespace: b", ""), /^sallyport: -:1: the Secret has no namespace/],
    ["seal -", secret, /^sallyport: name the controller's certificate/],
    ["seal --sops -", secret, /^sallyport: -: nobody to seal it for/],
    ["seal --sops --age age1x --format json -", secret, /^sallyport: -: no valid JSON\n$/],
    [`seal --sops --age ${canary.slice(0, 4)} --format yaml -`, secret, /expected a recipient of age/],
    ["open --key other.pem -", sealed, /^sallyport: -:1: spec\.encryptedData\.password: no key opens it/],
    ["open --key canary.pem -", sealed, /^sallyport: canary\.pem: a private key cannot be read/],
    [
      "open --key key.pem -",
      sealed.replace("namespace: b", "namespace: c"),
      /^sallyport: -:1: spec\.encryptedData\.password: no key opens it/,
    ],
    ["open --age-key canary.txt -", sops, /^sallyport: -: a key of age cannot be read/],
    ["open -", sops, /^sallyport: a file of sops needs a key of age/],
    ["open --age-key age.txt -", sops.replace("tag:", "tag:AA"), /^sallyport: -: apiVersion: /],
    ["open --key key.pem -", secret, /^sallyport: -:1: a Secret of v1: expected a SealedSecret/],
  ];
  for (const [line, input, message] of faults) {
    const ran = run(line, input);
    requireSilent(line, ran);
    assert.match(ran.stderr, message, line);
    assert.deepEqual([ran.status, ran.stdout], [2, ""], line);
  }
});

test("secrets: a scan tells of a secret in each output, and never what it is", () => {
  const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  .env: |\n    DB_PASSWORD=${canary}\n  url: postgres://a:${canary}@b\n  b64: ${Buffer.from(`password: ${canary}`).toString("base64")}\n`;
  for (const output of ["text", "table", "json", "sarif", "github", "baseline"]) {
    const ran = run(`scan -o ${output} -`, `${manifest}---\n${secret}`);
    requireSilent(output, ran);
    assert.equal(ran.status, 1, output);
    assert.ok(ran.stdout.length > 50 && ran.stderr === "", output);
  }
  assert.equal(run("scan -", "a: b\n").status, 0);
  const bad = run("scan --rules age.txt -", manifest);
  assert.deepEqual(
    [bad.status, /^sallyport: --rules age\.txt: expected a map/.test(bad.stderr)],
    [2, true],
    bad.stderr,
  );
});

test("secrets: the least roles of an audit log, by either name", () => {
  const event = {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    stage: "ResponseComplete",
    verb: "get",
    user: { username: "jane" },
    objectRef: { resource: "secrets", namespace: "prod", name: "db", apiVersion: "v1" },
    annotations: { "authorization.k8s.io/decision": "allow" },
  };
  writeFileSync(join(folder, "audit.log"), `${JSON.stringify(event)}\n`);
  writeFileSync(
    join(folder, "rbac.yaml"),
    `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: prod}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: prod}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: User, name: jane}]
`,
  );
  const [ran, again] = [run("suggest --rbac rbac.yaml audit.log"), run("who-can --suggest audit.log rbac.yaml")];
  assert.deepEqual([ran.status, again.status, again.stdout], [0, 0, ran.stdout], again.stderr);
  assert.match(ran.stdout, /resourceNames:\n +- db/);
  assert.match(ran.stdout, /^# .*list secrets/m);
});
