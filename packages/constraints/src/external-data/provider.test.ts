import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { readProvider } from "./provider.ts";

const pem = btoa("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
const providerOf = (spec: object, name = "p"): KubeObject => ({
  apiVersion: "externaldata.gatekeeper.sh/v1beta1",
  kind: "Provider",
  metadata: { name },
  spec,
});

test("a provider as it is read; without a timeout five seconds", () => {
  const { authority, ...read } = readProvider(providerOf({ url: "https://p:8090/validate", caBundle: pem }));
  assert.deepEqual(read, { name: "p", url: "https://p:8090/validate", timeoutSeconds: 5 });
  assert.match(authority, /^-----BEGIN CERTIFICATE/);
  assert.equal(readProvider(providerOf({ url: "https://p/", caBundle: pem, timeout: 3 })).timeoutSeconds, 3);
});

const refused: ReadonlyArray<[spec: object, fault: string]> = [
  [{ caBundle: pem }, "invalid provider url. value: "],
  [{ url: "http://p/", caBundle: pem }, "only HTTPS scheme is supported for Providers"],
  [{ url: "https://p/" }, "caBundle should be set for HTTPS scheme"],
  [{ url: "https://p/", caBundle: "§" }, "failed to base64 decode caBundle: illegal base64 data"],
  [{ url: "https://p/", caBundle: btoa("no certificate") }, "bad caBundle"],
  [{ url: "https://p/", caBundle: pem, timeout: -1 }, "provider timeout should be a positive integer. value: -1"],
];

for (const [spec, fault] of refused)
  test(`a provider is refused: ${fault}`, () => {
    assert.throws(() => readProvider(providerOf(spec)), { message: fault });
  });
