import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { InputError, parseManifests } from "../manifests.ts";
import { openManifests, resealManifests, sealManifests } from "./seal-manifests.ts";
import { privateKeysOfFiles, sealingKeyOfFile } from "./sealing-key-files.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-seal-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const canary = "canary-19c4";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const manifests = (text: string) => parseManifests("a.yaml", text);
const secret = (fields: string) => manifests(`{apiVersion: v1, kind: Secret, ${fields}}`);

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const controllerKeys = `
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: old}, data: {tls.key: ${base64(
    generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }) as string,
  )}}}
  - {apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: new}, data: {tls.key: ${base64(pem)}}}
`;

test("secrets seal: opens with any of the controller's keys, from manifests or PEM", () => {
  const keys = privateKeysOfFiles([file("keys.yaml", controllerKeys)]);
  assert.equal(keys.length, 2);
  const sealed = sealManifests(secret(`metadata: {name: a}, stringData: {p: ${canary}}`), {
    publicKey,
    namespace: "n",
  });
  for (const each of [keys, privateKeysOfFiles([file("key.pem", pem)])]) {
    const [opened] = openManifests(manifests(JSON.stringify(sealed[0])), each);
    assert.deepEqual(opened, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "a", namespace: "n" },
      data: { p: base64(canary) },
    });
  }
  const renewed = resealManifests(manifests(JSON.stringify(sealed[0])), keys, publicKey);
  assert.notDeepEqual(renewed[0]?.spec.encryptedData, sealed[0]?.spec.encryptedData);
  assert.equal(openManifests(manifests(JSON.stringify(renewed[0])), keys)[0]?.data?.["p"], base64(canary));
});

const faults: { readonly [message: string]: () => unknown } = {
  "a.yaml:1: a ConfigMap: only Secrets are sealed": () =>
    sealManifests(manifests("{apiVersion: v1, kind: ConfigMap}"), { publicKey }),
  "a.yaml:1: data: expected a map": () => sealManifests(secret(`data: [${canary}]`), { publicKey }),
  "a.yaml:1: stringData.p: expected a string": () =>
    sealManifests(secret("metadata: {name: a, namespace: n}, stringData: {p: 1234}"), { publicKey }),
  "a.yaml:1: a Secret of v1: expected a SealedSecret of bitnami.com/v1alpha1": () =>
    openManifests(secret(`stringData: {p: ${canary}}`), [privateKey]),
  "a.yaml:1: the SealedSecret has no metadata or no spec.encryptedData": () =>
    openManifests(manifests("{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret}"), [privateKey]),
  "a.yaml:1: spec.encryptedData.p: expected base64": () =>
    openManifests(
      manifests(
        `{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {}, spec: {encryptedData: {p: "${canary}!"}}}`,
      ),
      [privateKey],
    ),
  "a.yaml:1: spec.encryptedData.p: the value is cut off: it has no session key": () =>
    openManifests(
      manifests(`{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {}, spec: {encryptedData: {p: ""}}}`),
      [privateKey],
    ),
  [`${folder}/key.pem: no certificate there: expected PEM with BEGIN CERTIFICATE`]: () =>
    sealingKeyOfFile(file("key.pem", pem), new Date()),
  [`${folder}/broken.pem: the certificate cannot be read: its PEM holds no certificate in DER`]: () =>
    sealingKeyOfFile(file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), new Date()),
  [`${folder}/empty.yaml: no private key there: expected PEM with BEGIN PRIVATE KEY`]: () =>
    privateKeysOfFiles([file("empty.yaml", "")]),
  [`${folder}/broken.key: a private key cannot be read: expected an RSA key in PEM without a passphrase`]: () =>
    privateKeysOfFiles([file("broken.key", `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----\n`)]),
  [`${folder}/ec.pem: a key is of type ec: sealed-secrets uses RSA`]: () =>
    privateKeysOfFiles([
      file(
        "ec.pem",
        generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
          type: "pkcs8",
          format: "pem",
        }) as string,
      ),
    ]),
  [`${folder}/none: no such file or directory`]: () => privateKeysOfFiles([join(folder, "none")]),
};

for (const [message, act] of Object.entries(faults))
  test(`secrets seal: ${message.replace(folder, "")}`, () => {
    assert.doesNotMatch(message, new RegExp(canary));
    assert.throws(act, new InputError(message));
  });
