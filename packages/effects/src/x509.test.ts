import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compile, jsonText, lookup, type RegoPolicy, type Value } from "@sallyport/rego";
import { createEffects } from "./effects.ts";

const policy = compile([{ file: "p.rego", text: "package p" }]).policy as RegoPolicy;

/** What a query's term is, as JSON, or the message of its error. */
function answerOf(term: string, input: Value, nowNs?: bigint): string {
  const effects = createEffects();
  try {
    const [bindings] = policy.query(`x := ${term}`, {
      input,
      effects: nowNs === undefined ? effects : { ...effects, nowNs },
      strictBuiltinErrors: true,
    });
    return bindings === undefined ? "undefined" : jsonText(lookup(bindings, "x") as Value);
  } catch (error) {
    return (error as Error).message;
  }
}

interface Fixture {
  /** When the answers were made: the certificates are valid then. */
  readonly nowNs: string;
  readonly input: { readonly [name: string]: string };
  /** Answers of `opa eval --strict-builtin-errors` 1.19.1. */
  readonly cases: readonly { readonly query: string; readonly answer: string }[];
}

const fixture = JSON.parse(readFileSync(new URL("./testdata/certificates.json", import.meta.url), "utf8")) as Fixture;

for (const { query, answer } of fixture.cases) {
  test(query, () => assert.equal(answerOf(query, fixture.input, BigInt(fixture.nowNs)), answer));
}

function pem(key: KeyObject, type: "pkcs1" | "pkcs8" | "sec1"): string {
  return key.export({ format: "pem", type } as { format: "pem"; type: "pkcs8" }).toString();
}

const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
const keys: readonly [name: string, key: KeyObject, types: readonly ("pkcs1" | "pkcs8" | "sec1")[]][] = [
  ["RSA", rsa, ["pkcs1", "pkcs8"]],
  ["P-256", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, ["sec1", "pkcs8"]],
  ["P-384", generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey, ["sec1", "pkcs8"]],
  ["P-521", generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey, ["sec1", "pkcs8"]],
  ["Ed25519", generateKeyPairSync("ed25519").privateKey, ["pkcs8"]],
  ["X25519", generateKeyPairSync("x25519").privateKey, ["pkcs8"]],
];

for (const [name, key, types] of keys) {
  for (const type of types) {
    test(`the JWK of a ${name} key from ${type} is the one that Node exports`, () => {
      const answer = answerOf("crypto.x509.parse_rsa_private_key(input)", pem(key, type));
      assert.deepEqual(JSON.parse(answer), key.export({ format: "jwk" }));
    });
  }
}

test("parse_private_keys has the numbers of each key, and passes other blocks over", () => {
  const [, ec] = keys[1] as (typeof keys)[number];
  const text = [pem(rsa, "pkcs1"), createPublicKey(rsa).export({ format: "pem", type: "spki" }), pem(ec, "sec1")].join(
    "",
  );
  const [first, second, ...others] = JSON.parse(answerOf("crypto.parse_private_keys(input)", text));
  assert.deepEqual(Object.keys(first).toSorted(), ["D", "E", "N", "Precomputed", "Primes"]);
  assert.deepEqual(Object.keys(second).toSorted(), ["Curve", "D", "X", "Y"]);
  assert.deepEqual(others, []);
});

const faults: readonly [term: string, input: string, message: string][] = [
  ["crypto.x509.parse_rsa_private_key(input)", "", "input PEM data was empty"],
  ["crypto.x509.parse_rsa_private_key(input)", "-", "illegal base64 data at input byte 0"],
  [
    "crypto.x509.parse_rsa_private_key(input)",
    pem(rsa, "pkcs8").replaceAll("PRIVATE KEY", "RSA PRIVATE KEY"),
    "x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key format)",
  ],
  [
    "crypto.x509.parse_rsa_private_key(input)",
    pem(rsa, "pkcs1").replaceAll("RSA", "EC"),
    "x509: failed to parse private key (use ParsePKCS1PrivateKey instead for this key format)",
  ],
  [`crypto.x509.parse_keypair(input, "YQ==")`, fixture.input.leaf as string, "tls: failed to parse private key"],
  [
    "crypto.x509.parse_keypair(input, input)",
    fixture.input.leaf as string,
    "tls: found a certificate rather than a key in the PEM for the private key",
  ],
  [
    "crypto.x509.parse_keypair(input, input)",
    pem(rsa, "pkcs1"),
    "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
  ],
  [
    `crypto.x509.parse_keypair(split(input, " + ")[0], split(input, " + ")[1])`,
    `${fixture.input.leaf} + ${pem(rsa, "pkcs1")}`,
    "tls: private key type does not match public key type",
  ],
  [
    `crypto.x509.parse_keypair(split(input, " + ")[0], split(input, " + ")[1])`,
    `${fixture.input.pss} + ${pem(rsa, "pkcs8")}`,
    "tls: private key does not match public key",
  ],
];

for (const [term, input, message] of faults) {
  test(message, () => assert.equal(answerOf(term, input).replace(/^crypto\.[\w.]+: /, ""), message));
}

test("keys whose numbers do not belong together are refused", () => {
  const { n, e, d, p, q, dp, dq, qi } = rsa.export({ format: "jwk" });
  const numbers = [n, e, d, p, q, dp, dq, qi].map((each) => Buffer.from(each as string, "base64url"));
  const twice = numbers.map((each, i) => (i === 4 ? (numbers[3] ?? each) : each));
  const integers = [Buffer.of(0), ...twice].map((each) =>
    element(2, (each[0] ?? 0) < 128 ? each : Buffer.concat([Buffer.of(0), each])),
  );
  const der = element(0x30, Buffer.concat(integers));
  const text = `-----BEGIN RSA PRIVATE KEY-----\n${der.toString("base64")}\n-----END RSA PRIVATE KEY-----\n`;
  assert.match(answerOf("crypto.parse_private_keys(input)", text), /crypto\/rsa: p \* q != n$/);
});

/** DER of a value of less than 64 KiB. */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
