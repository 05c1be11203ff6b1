import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { scopes } from "./scope.ts";
import { openSealedSecret, type SealedSecret, type SecretManifest, sealSecret } from "./sealed-secret.ts";
import { privateKeysOfPem, sealingKeyOf } from "./sealing-keys.ts";

// testdata/sealed: what kubeseal 0.40 made of secret.yaml for cert.pem, in each scope. The key is for these files alone.
const folder = new URL("../../testdata/sealed/", import.meta.url);
const path = (name: string) => fileURLToPath(new URL(name, folder));
const read = (name: string) => readFileSync(path(name), "utf8");
const keys = privateKeysOfPem(read("key.pem"));
const publicKey = sealingKeyOf(read("cert.pem"), new Date());
const secret = parse(read("secret.yaml")) as SecretManifest;
const data = { binary: "AAEC/w==", empty: "", password: "aHVudGVyMg==", url: "cG9zdGdyZXM6Ly9kYg==" };

for (const scope of scopes)
  test(`sealed: what kubeseal sealed opens, and ours has its form: ${scope}`, () => {
    const theirs = parse(read(`${scope}.yaml`)) as SealedSecret;
    assert.deepEqual(openSealedSecret(theirs, keys).data, data);
    const ours = sealSecret(secret, publicKey, scope);
    const withoutValues = ({ spec, ...rest }: SealedSecret) => ({
      ...rest,
      spec: { ...spec, encryptedData: Object.keys(spec.encryptedData) },
    });
    assert.deepEqual(withoutValues(ours), withoutValues(theirs));
  });

const kubeseal = process.env["SALLYPORT_KUBESEAL"];

for (const scope of scopes)
  test(`sealed: kubeseal opens what was sealed here: ${scope}`, {
    skip: kubeseal === undefined && "no kubeseal: SALLYPORT_KUBESEAL names one",
  }, () => {
    const input = JSON.stringify(sealSecret(secret, publicKey, scope));
    const line = ["--recovery-unseal", "--recovery-private-key", path("key.pem"), "-o", "json"];
    const { stdout, stderr, status } = spawnSync(kubeseal as string, line, { input, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    const opened = JSON.parse(stdout) as SecretManifest;
    // It writes an empty value as null.
    assert.deepEqual({ ...opened.data, empty: opened.data?.["empty"] ?? "" }, data);
    assert.equal(opened.metadata.annotations?.["note"], "kept");
  });
