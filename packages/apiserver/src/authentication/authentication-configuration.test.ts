import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { exportJWK, SignJWT } from "jose";
import { withServer } from "../server.fixture.ts";
import { type AuthenticationConfiguration, jwtIssuers } from "./authentication-configuration.ts";

const claimMappings = { username: { claim: "sub", prefix: "x:" } };
const issuer = { url: "https://issuer.example", audiences: ["sallyport"] };
const own = ["https://kubernetes.default.svc"];

function faultsOf(configuration: AuthenticationConfiguration): string {
  const found = jwtIssuers(configuration, { ownIssuers: own, reader: () => async () => ({}), now: Date.now });
  return "errors" in found ? found.errors.map(({ field, message }) => `${field}: ${message}`).join("\n") : "";
}

const of = (change: object) => ({ jwt: [{ issuer: { ...issuer, ...change }, claimMappings }] });
const faults: { readonly [what: string]: readonly [configuration: AuthenticationConfiguration, faults: string] } = {
  "a good one": [of({}), ""],
  "no URL": [of({ url: "" }), "jwt[0].issuer.url: Required value"],
  "a URL without TLS": [
    of({ url: "http://a" }),
    'jwt[0].issuer.url: Invalid value: "http://a": URL scheme must be https',
  ],
  "our own issuer": [
    of({ url: own[0] }),
    'jwt[0].issuer.url: Invalid value: "https://kubernetes.default.svc": URL must not overlap with disallowed issuers: [https://kubernetes.default.svc]',
  ],
  "no audience": [
    of({ audiences: [] }),
    "jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required",
  ],
  "two audiences without a policy": [
    of({ audiences: ["a", "b"] }),
    'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
  ],
  "the same discovery URL": [
    of({ discoveryURL: "https://issuer.example/" }),
    'jwt[0].issuer.discoveryURL: Invalid value: "https://issuer.example/": discoveryURL must be different from URL',
  ],
  "an issuer twice": [
    {
      jwt: [
        { issuer, claimMappings },
        { issuer, claimMappings },
      ],
    },
    'jwt[1].issuer.url: Duplicate value: "https://issuer.example"',
  ],
};

for (const [what, [configuration, wanted]] of Object.entries(faults))
  test(`an authentication configuration with ${what}`, () => assert.equal(faultsOf(configuration), wanted));

test("tokens of several issuers, and nobody but for some paths", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256" }] };
  const url = "https://b.example";
  const documents: { readonly [url: string]: unknown } = {
    "https://elsewhere.example/d": { issuer: url, jwks_uri: "https://elsewhere.example/k" },
    "https://elsewhere.example/k": keys,
  };
  const configuration: AuthenticationConfiguration = {
    jwt: [
      { issuer, claimMappings },
      {
        issuer: {
          url,
          discoveryURL: "https://elsewhere.example/d",
          audiences: ["a", "b"],
          audienceMatchPolicy: "MatchAny",
        },
        claimMappings: { username: { expression: "claims.sub" }, groups: { expression: "claims.roles" } },
        userValidationRules: [{ expression: "user.username != 'eve'" }],
      },
    ],
  };
  const jwt = jwtIssuers(configuration, {
    ownIssuers: own,
    reader: () => async (place) => documents[place],
    now: Date.now,
  });
  assert.ok(!("errors" in jwt));
  const token = (sub: string, aud: string) =>
    new SignJWT({ roles: ["r"] })
      .setProtectedHeader({ alg: "ES256", kid: "k" })
      .setIssuer(url)
      .setSubject(sub)
      .setAudience(aud)
      .setJti("7")
      .setExpirationTime("1h")
      .sign(privateKey);
  await withServer(
    async ({ call }) => {
      const who = async (sub: string, aud: string) => {
        const headers = { authorization: `Bearer ${await token(sub, aud)}` };
        const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
        const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        const answer = await call(path, { body, headers, anonymous: true });
        return answer.code === 201 ? answer.body.status.userInfo : answer.code;
      };
      assert.deepEqual(await who("ann", "b"), {
        username: "ann",
        groups: ["r", "system:authenticated"],
        extra: { "authentication.kubernetes.io/credential-id": ["JTI=7"] },
      });
      assert.equal(await who("ann", "c"), 401);
      assert.equal(await who("eve", "a"), 401);
      assert.equal((await call("/livez?verbose", { anonymous: true })).code, 200);
      assert.equal((await call("/api", { anonymous: true })).code, 401);
    },
    { authentication: { jwt, anonymousPaths: ["/livez"] } },
  );
});
