import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { test } from "node:test";
import type { FieldError, KubeObject } from "@sallyport/kube";
import { createCa, createLeaf } from "@sallyport/pki";
import { issuedChainErrors } from "./issued-pod-certificate.ts";
import { keyPairFault } from "./key-pair.ts";
import { podKeyErrors } from "./pod-key.ts";
import { createRequest } from "./request.fixture.ts";
import { trustBundleFaults } from "./trust-bundle.ts";

const now = Date.now();
const [ca, other] = await Promise.all(["CN=a", "CN=b"].map((name) => createCa(name, { now, days: 1 })));
assert.ok(ca !== undefined && other !== undefined);
const leaf = await createLeaf(ca, "CN=leaf", { now, days: 1 });
const headed = ca.certificate.replace("-----\n", "-----\na: b\n\n");

const bundles: readonly [what: string, pem: string, ...faults: readonly string[]][] = [
  ["two authorities", `${ca.certificate}\n${other.certificate}\n`],
  ["none", "x", "at least one trust anchor must be provided"],
  ["a key", `${ca.key}\n`, "entry 0 has bad block type: PRIVATE KEY"],
  ["a header", `${headed}\n`, "entry 0 has PEM block headers"],
  [
    "no certificate",
    "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n",
    "entry 0 does not parse as X.509",
  ],
  ["no authority", `${ca.certificate}\n${leaf.certificate}\n`, "entry 1 does not have the CA bit set"],
  ["one twice", `${ca.certificate}\n${ca.certificate}\n`, "duplicate trust anchor (indices [0 1])"],
];

for (const [what, pem, ...faults] of bundles)
  test(`trust anchors: ${what}`, () => assert.deepEqual(trustBundleFaults(pem), faults));

const base64 = (text: string) => Buffer.from(text).toString("base64");

const pairs: readonly [what: string, certificate: string, key: string, fault: string | undefined][] = [
  ["that belong together", leaf.certificate, leaf.key, undefined],
  ["that do not", leaf.certificate, ca.key, "tls: private key does not match public key"],
  ["no certificate", "", leaf.key, "tls: failed to find any PEM data in certificate input"],
];

for (const [what, certificate, key, fault] of pairs)
  test(`a certificate and a key ${what}`, () => assert.equal(keyPairFault(base64(certificate), base64(key)), fault));

const shown = (errors: readonly FieldError[]) => errors.map(({ field, message }) => `${field}: ${message}`);

function proven(publicKey: KeyObject, privateKey: KeyObject, podUID = "u"): Parameters<typeof podKeyErrors>[0] {
  const pkixPublicKey = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const algorithm = publicKey.asymmetricKeyType === "ed25519" ? null : "sha256";
  const proofOfPossession = sign(algorithm, Buffer.from("u"), privateKey).toString("base64");
  return { pkixPublicKey, proofOfPossession, podUID };
}

const request = Buffer.from(await createRequest("CN=x"), "base64")
  .toString("latin1")
  .replace(/-----[^-]*-----/g, "");
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const small = generateKeyPairSync("ec", { namedCurve: "secp224r1" });
const edwards = generateKeyPairSync("ed25519");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

const keys: readonly [what: string, spec: Parameters<typeof podKeyErrors>[0], ...errors: readonly string[]][] = [
  ["a request", { stubPKCS10Request: request.replace(/\s/g, "") }],
  ["no request", { stubPKCS10Request: "YQ==" }, "spec.stubPKCS10Request: Invalid value: must be a valid PKCS#10 CSR"],
  ["a key of P-256", proven(ec.publicKey, ec.privateKey)],
  ["a key of Ed25519", proven(edwards.publicKey, edwards.privateKey)],
  [
    "a proof of something else",
    proven(ec.publicKey, ec.privateKey, "other"),
    "spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature",
  ],
  [
    "another curve",
    proven(small.publicKey, small.privateKey),
    'spec.pkixPublicKey: Invalid value: "curve P-224": elliptic public keys must use curve P256 or P384',
  ],
  [
    "a short key of RSA",
    proven(rsa.publicKey, rsa.privateKey),
    'spec.pkixPublicKey: Invalid value: "2048-bit modulus": RSA keys must have modulus size 3072 or 4096',
  ],
  [
    "no key",
    { pkixPublicKey: "YQ==", proofOfPossession: "YQ==" },
    'spec.pkixPublicKey: Invalid value: "YQ==": must be a valid PKIX-serialized public key',
  ],
];

for (const [what, spec, ...errors] of keys)
  test(`a pod's key: ${what}`, () => assert.deepEqual(shown(podKeyErrors(spec)), errors));

test("An issued chain is of the key that was asked for, and its times are the certificate's", () => {
  const object = (status: object) =>
    ({
      spec: { maxExpirationSeconds: 86_400, ...proven(ec.publicKey, ec.privateKey) },
      status,
    }) as unknown as KubeObject;
  assert.deepEqual(shown(issuedChainErrors(object({ certificateChain: "x" }), now)), [
    'status.certificateChain: Invalid value: "x": issued certificate chain must contain at least one certificate',
  ]);
  const [error] = issuedChainErrors(object({ certificateChain: leaf.certificate }), now);
  assert.match(error?.message ?? "", /leaf certificate was not issued to the requested public key$/);
});
