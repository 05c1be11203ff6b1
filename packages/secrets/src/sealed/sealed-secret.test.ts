import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { hybridDecrypt, hybridEncrypt } from "./hybrid.ts";
import { type Scope, scopeOf, scopes } from "./scope.ts";
import { SealError } from "./seal-error.ts";
import { openSealedSecret, resealSecret, type SealedSecret, type SecretManifest, sealSecret } from "./sealed-secret.ts";

const [old, current] = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 })) as [
  { publicKey: KeyObject; privateKey: KeyObject },
  { publicKey: KeyObject; privateKey: KeyObject },
];
const canary = "canary-7f2e";
const base64 = (text: string) => Buffer.from(text).toString("base64");

const secret: SecretManifest = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: {
    name: "db",
    namespace: "shop",
    uid: "3b0b",
    labels: { app: "shop" },
    annotations: {
      "kubectl.kubernetes.io/last-applied-configuration": `{"stringData":{"password":"${canary}"}}`,
      a: "b",
    },
  },
  type: "Opaque",
  immutable: true,
  data: { password: base64(canary), empty: "" },
  stringData: { user: "admin" },
};

for (const scope of scopes)
  test(`sealed: ${scope}: what is sealed opens to the same Secret`, () => {
    const sealed = sealSecret(secret, current.publicKey, scope);
    assert.doesNotMatch(JSON.stringify(sealed), new RegExp(`${canary}|${base64(canary)}|last-applied|3b0b`));
    const annotations = sealed.metadata.annotations ?? {};
    assert.deepEqual([scopeOf(annotations), Object.keys(annotations).length], [scope, scope === "strict" ? 0 : 1]);
    assert.deepEqual(openSealedSecret(sealed, [old.privateKey, current.privateKey]), {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "db", namespace: "shop", labels: { app: "shop" }, annotations: { a: "b", ...annotations } },
      type: "Opaque",
      immutable: true,
      data: { empty: "", password: base64(canary), user: base64("admin") },
    });
  });

const other = "no key opens it: it was sealed for another key, or for another name, namespace or scope";

/** Where it was sealed and where it is opened: name, namespace, scope; and whether it opens. */
const moves: readonly (readonly [Scope, Partial<SecretManifest["metadata"]>, boolean])[] = [
  ["strict", { name: "other" }, false],
  ["strict", { namespace: "other" }, false],
  ["strict", { annotations: { "sealedsecrets.bitnami.com/cluster-wide": "true" } }, false],
  ["namespace-wide", { name: "other" }, true],
  ["namespace-wide", { namespace: "other" }, false],
  ["cluster-wide", { name: "other", namespace: "elsewhere" }, true],
];

for (const [scope, change, opens] of moves)
  test(`sealed: ${scope}, moved to ${JSON.stringify(change)}: ${opens ? "opens" : "does not open"}`, () => {
    const sealed = sealSecret(secret, current.publicKey, scope);
    const moved: SealedSecret = { ...sealed, metadata: { ...sealed.metadata, ...change } };
    const open = () => openSealedSecret(moved, [current.privateKey]);
    if (opens) assert.equal(open().data?.["password"], base64(canary));
    else assert.throws(open, new SealError(`spec.encryptedData.empty: ${other}`));
  });

test("sealed: each bit that is changed, and each cut, is refused without a word of the value", () => {
  const sealed = hybridEncrypt(current.publicKey, Buffer.from(canary), "a/b");
  for (let at = 0; at < sealed.length; at += 7) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] as number) ^ (1 << (at % 8));
    for (const each of [changed, sealed.subarray(0, at)])
      assert.throws(
        () => hybridDecrypt([current.privateKey], each, "a/b"),
        (error: Error) => error instanceof SealError && !error.message.includes(canary),
      );
  }
  assert.equal(hybridDecrypt([current.privateKey], sealed, "a/b").toString(), canary);
});

test("sealed: renewed for another key: the old one opens it no more", () => {
  const sealed = sealSecret(secret, old.publicKey);
  const renewed = resealSecret(sealed, [current.privateKey, old.privateKey], current.publicKey);
  assert.deepEqual(
    { ...renewed, spec: { ...renewed.spec, encryptedData: {} } },
    { ...sealed, spec: { ...sealed.spec, encryptedData: {} } },
  );
  assert.equal(openSealedSecret(renewed, [current.privateKey]).data?.["password"], base64(canary));
  assert.throws(() => openSealedSecret(renewed, [old.privateKey]), new SealError(`spec.encryptedData.empty: ${other}`));
});

test("sealed: templates over the opened values", () => {
  const sealed = sealSecret(secret, current.publicKey);
  const withTemplates = (data: { readonly [key: string]: string }): SealedSecret => ({
    ...sealed,
    spec: { ...sealed.spec, template: { ...sealed.spec.template, data } },
  });
  const opened = openSealedSecret(
    withTemplates({ url: 'db://{{ .user }}:{{index . "password"}}@db/{{.none}}{{ index . "none" }}', plain: "1" }),
    [current.privateKey],
  );
  assert.equal(opened.data?.["url"], base64(`db://admin:${canary}@db/<no value>`));
  assert.equal(opened.data?.["plain"], base64("1"));
  assert.throws(
    () => openSealedSecret(withTemplates({ url: "{{ .user | quote }}" }), [current.privateKey]),
    new SealError(
      'spec.template.data.url: a template with more than {{ .key }} and {{ index . "key" }}: only the controller fills it',
    ),
  );
});

const { namespace: _, ...nameOnly } = secret.metadata;
const { name: __, ...namespaceOnly } = secret.metadata;
const bad: readonly (readonly [string, SecretManifest, Scope | undefined, string])[] = [
  [
    "no namespace",
    { ...secret, metadata: nameOnly },
    undefined,
    "the Secret has no namespace, with which it is sealed: name one, or seal it cluster-wide",
  ],
  [
    "no name",
    { ...secret, metadata: namespaceOnly },
    "strict",
    "the Secret has no name, with which it is sealed: name it, or seal it namespace-wide",
  ],
  ["data in clear", { ...secret, data: { password: `${canary}!` } }, undefined, "data.password: expected base64"],
  [
    "no data",
    { apiVersion: "v1", kind: "Secret", metadata: secret.metadata },
    undefined,
    "the Secret has no data: there is nothing to seal",
  ],
];

for (const [name, manifest, scope, message] of bad)
  test(`sealed: ${name}`, () =>
    assert.throws(() => sealSecret(manifest, current.publicKey, scope), new SealError(message)));
