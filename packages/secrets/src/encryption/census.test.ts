import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeObject } from "../kms/encrypted-object.ts";
import { aesgcm } from "./aesgcm.ts";
import { auditConfiguration } from "./audit.ts";
import { Census, judged } from "./census.ts";
import { decodeConfiguration } from "./configuration.ts";
import { extendedNonceGcm } from "./extended-nonce.ts";
import { identity } from "./identity.ts";
import { prefixed } from "./prefixed.ts";
import { EncryptionRules } from "./rules.ts";
import { sealOf, sealText } from "./seal-of.ts";

const latin = (text: string) => Buffer.from(text, "latin1");
const key = "/registry/secrets/a/b";
const kmsValue = encodeObject({
  encryptedData: extendedNonceGcm(new Uint8Array(32)).seal(Buffer.from("a"), key),
  keyId: "key-7",
  encryptedDekSource: Uint8Array.of(1),
  annotations: new Map(),
  sourceType: 1,
});

for (const [stored, words] of [
  [latin("{}"), "plaintext"],
  [latin("k8s\0abc"), "plaintext"],
  [latin("k8s:enc:aesgcm:v1:one:xyz"), "aesgcm one"],
  [Buffer.from("k8s:enc:secretbox:v1:schlüssel:x"), "secretbox schlüssel"],
  [latin("k8s:enc:kms:v1:vault:xx"), "kms v1 vault"],
  [Buffer.concat([latin("k8s:enc:kms:v2:vault:"), kmsValue]), "kms v2 vault (key-7)"],
  [latin("k8s:enc:kms:v2:vault:xx"), "kms v2 vault"],
  [latin("k8s:enc:"), "unknown "],
] as const)
  test(`a value that lies as ${words} says so`, async () => {
    assert.equal(sealText(await sealOf(stored)), words);
  });

test("values are judged as a server would read them, and counted", async () => {
  const secret = (byte: number) => ({
    prefix: `k8s:enc:aesgcm:v1:k${byte}:`,
    transformer: aesgcm(new Uint8Array(32).fill(byte)),
  });
  const none = "no matching prefix found";
  const rules = new EncryptionRules(
    new Map([["secrets", prefixed([secret(1), secret(2), { prefix: "", transformer: identity }], none)]]),
  );
  const sealed = async (byte: number) => prefixed([secret(byte)], none).seal(Buffer.from("v"), key);
  const [census, keeping] = [new Census(), new Census({ keepsObjects: true })];
  for (const value of [await sealed(1), await sealed(1), await sealed(2), latin("v"), await sealed(3)]) {
    const lying = { key, group: "", resource: "secrets", value };
    const judgement = await judged(lying, rules);
    if (judgement.state !== "unreadable") assert.equal(Buffer.from(judgement.value).toString(), "v");
    const fault = judgement.state === "unreadable" ? judgement.fault : undefined;
    for (const each of [census, keeping]) each.add(lying, judgement.seal, judgement.state, fault);
  }
  assert.deepEqual(
    census.lines.map(({ seal, state, count, fault }) => [seal, state, count, fault]),
    [
      ["aesgcm k1", "current", 2, undefined],
      ["aesgcm k2", "stale", 1, undefined],
      ["aesgcm k3", "unreadable", 1, none],
      ["plaintext", "stale", 1, undefined],
    ],
  );
  assert.deepEqual(census.objects, []);
  assert.deepEqual(
    keeping.objects.map((each) => [each.key, each.seal, each.state, each.fault]),
    [
      [key, "aesgcm k1", "current", undefined],
      [key, "aesgcm k1", "current", undefined],
      [key, "aesgcm k2", "stale", undefined],
      [key, "plaintext", "stale", undefined],
      [key, "aesgcm k3", "unreadable", none],
    ],
  );
});

const random = Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 37) % 251)).toString("base64");
const other = Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 41) % 251)).toString("base64");
const keys = (...secrets: readonly string[]) => ({ keys: secrets.map((secret, i) => ({ name: `k${i}`, secret })) });
const kms = (apiVersion: string) => ({ kms: { apiVersion, name: "k", endpoint: "unix:///k" } });

for (const [name, providers, codes] of [
  ["KMS v2", [kms("v2")], []],
  ["KMS v1", [kms("v1")], ["kms-v1"]],
  ["identity alone", [{ identity: {} }], ["identity-first"]],
  ["identity first", [{ identity: {} }, { secretbox: keys(random) }], ["identity-first", "one-key"]],
  [
    "secretbox, and plaintext is read",
    [{ secretbox: keys(random) }, { identity: {} }],
    ["local-keys", "identity-read", "one-key"],
  ],
  ["aescbc", [{ aescbc: keys(random) }], ["local-keys", "aescbc", "one-key"]],
  ["aescbc on its way out", [kms("v2"), { aescbc: keys(random) }], ["aescbc"]],
  [
    "one key behind one of another provider",
    [{ secretbox: keys(random) }, { aescbc: keys(other) }],
    ["local-keys", "aescbc"],
  ],
  ["aesgcm", [{ aesgcm: keys(random) }], ["local-keys", "aesgcm-rotation", "one-key"]],
  ["one key twice", [{ secretbox: keys(random, random) }], ["local-keys", "same-key"]],
  [
    "many keys",
    [{ secretbox: keys(random, other, `${random.slice(4)}AAAA`.slice(0, 44)) }],
    ["local-keys", "old-keys"],
  ],
  [
    "a key of one letter",
    [{ secretbox: keys(Buffer.alloc(32, "a").toString("base64")) }],
    ["weak-key", "local-keys", "one-key"],
  ],
] as const)
  test(`audit: ${name}`, () => {
    const document = {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources: ["secrets", "configmaps"], providers }],
    };
    const findings = auditConfiguration(decodeConfiguration(document), { mode: 0o600 });
    assert.deepEqual(
      findings.map(({ code }) => code),
      codes,
    );
    assert.ok(!JSON.stringify(findings).includes(random.slice(0, 12)));
  });

test("audit: what no rule is about, and who can read the file", () => {
  const document = (resources: readonly string[]) =>
    decodeConfiguration({
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "EncryptionConfiguration",
      resources: [{ resources, providers: [kms("v2")] }],
    });
  const codes = (resources: readonly string[], mode: number, reloads?: boolean) =>
    auditConfiguration(document(resources), { mode }, reloads).map(({ severity, code }) => `${severity} ${code}`);
  assert.deepEqual(codes(["pods"], 0o600), ["high missing-secrets", "low missing-configmaps"]);
  assert.deepEqual(codes(["*."], 0o644), ["high readable-file"]);
  assert.deepEqual(codes(["*.*"], 0o640), ["medium readable-file"]);
});
