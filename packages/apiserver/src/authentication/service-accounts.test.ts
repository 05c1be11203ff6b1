import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { type Answer, type Bed, withServer } from "../server.fixture.ts";
import { serviceAccountKeys } from "./service-account-keys.ts";

const accounts = "/api/v1/namespaces/default/serviceaccounts";
const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } };

function request(call: Bed["call"], spec: object, account = "default", rest: object = {}): Promise<Answer> {
  return call(`${accounts}/${account}/token`, { body: { spec, ...rest } });
}

/** Who the server takes the holder of a token for. */
async function whoIs(call: Bed["call"], token: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  return call("/apis/authentication.k8s.io/v1/selfsubjectreviews", { anonymous: true, headers, body });
}

test("a token that was requested is taken, and its keys are where discovery says", () =>
  withServer(async ({ call }) => {
    const { code, body } = await request(call, {});
    assert.equal(code, 201);
    const { token } = body.status;
    const claims = decodeJwt(token);
    assert.deepEqual(Object.keys(claims), ["aud", "exp", "iat", "iss", "jti", "kubernetes.io", "nbf", "sub"]);
    assert.equal(Number(claims.exp) - Number(claims.iat), 3600);
    const { userInfo } = (await whoIs(call, token)).body.status;
    assert.equal(userInfo.username, "system:serviceaccount:default:default");
    assert.deepEqual(userInfo.groups, [
      "system:serviceaccounts",
      "system:serviceaccounts:default",
      "system:authenticated",
    ]);
    assert.deepEqual(userInfo.extra, { "authentication.kubernetes.io/credential-id": [`JTI=${claims.jti}`] });
    const document = (await call("/.well-known/openid-configuration")).body;
    assert.equal(document.issuer, claims.iss);
    const jwks = (await call(new URL(document.jwks_uri).pathname)).body;
    await jwtVerify(token, createLocalJWKSet(jwks), { issuer: claims.iss as string, audience: String(claims.aud) });
  }));

const refusals: readonly (readonly [what: string, spec: object, code: number, message: string, rest?: object])[] = [
  [
    "too short a life",
    { expirationSeconds: 1 },
    422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes',
  ],
  [
    "too long a life",
    { expirationSeconds: 6000000000 },
    422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 6000000000: may not specify a duration larger than 2^32 seconds',
  ],
  [
    "a pod that is not there",
    { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "nix" } },
    404,
    'pods "nix" not found',
  ],
  ["a pod without a name", { boundObjectRef: { kind: "Pod" } }, 400, "Name parameter required."],
  [
    "an object of another kind",
    { boundObjectRef: { kind: "Foo", apiVersion: "v1", name: "x" } },
    400,
    "cannot bind token to object of type /v1, Kind=Foo",
  ],
  [
    "another name",
    {},
    422,
    'TokenRequest.authentication.k8s.io "default" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
    { metadata: { name: "other" } },
  ],
];

test("token requests that are refused", () =>
  withServer(async ({ call }) => {
    for (const [what, spec, code, message, rest] of refusals) {
      const answer = await request(call, spec, "default", rest);
      assert.deepEqual([answer.code, answer.body.message], [code, message], what);
    }
    const lost = await request(call, {}, "nix");
    assert.deepEqual([lost.code, lost.body.message], [404, 'serviceaccounts "nix" not found']);
  }));

test("a token dies with its pod, its service account and its audience", () =>
  withServer(async ({ call }) => {
    await call("/api/v1/namespaces/default/pods", { body: pod });
    const ref = { kind: "Pod", apiVersion: "v1", name: "p" };
    const { token } = (await request(call, { boundObjectRef: ref })).body.status;
    const { extra } = (await whoIs(call, token)).body.status.userInfo;
    assert.deepEqual(extra["authentication.kubernetes.io/pod-name"], ["p"]);
    await call("/api/v1/namespaces/default/pods/p?gracePeriodSeconds=0", { method: "DELETE" });
    assert.equal((await whoIs(call, token)).code, 401);
    await call("/api/v1/namespaces/default/pods", { body: pod });
    assert.equal((await whoIs(call, token)).code, 401, "a pod of the same name is another pod");

    const elsewhere = (await request(call, { audiences: ["vault"] })).body.status.token;
    assert.equal((await whoIs(call, elsewhere)).code, 401);
    const review = async (audiences: readonly string[]) =>
      (await call("/apis/authentication.k8s.io/v1/tokenreviews", { body: { spec: { token: elsewhere, audiences } } }))
        .body.status;
    assert.deepEqual((await review(["vault", "other"])).audiences, ["vault"]);
    assert.deepEqual(await review([]), {
      user: {},
      error:
        '[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["https://kubernetes.default.svc"]]',
    });

    await call(accounts, { body: { metadata: { name: "robot" } } });
    const robot = (await request(call, {}, "robot")).body.status.token;
    assert.equal((await whoIs(call, robot)).code, 201);
    await call(`${accounts}/robot`, { method: "DELETE" });
    assert.equal((await whoIs(call, robot)).code, 401);
  }));

test("a forged or altered token is refused", () =>
  withServer(async ({ call }) => {
    const { token } = (await request(call, {})).body.status;
    const [head, , signature] = token.split(".");
    const claims = { ...decodeJwt(token), sub: "system:serviceaccount:kube-system:default" };
    const altered = `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${token.split(".")[1]}.`;
    for (const each of [altered, unsigned, `${token}x`, "nonsense"]) assert.equal((await whoIs(call, each)).code, 401);
  }));

test("an expired token is refused", async () => {
  let ahead = 0;
  const effects = {
    now: () => Date.now() + ahead,
    ticks: () => performance.now() * 1000,
    randomBytes: (size: number) => new Uint8Array(size),
  };
  await withServer(
    async ({ call }) => {
      const { token } = (await request(call, { expirationSeconds: 600 })).body.status;
      ahead = 500_000;
      assert.equal((await whoIs(call, token)).code, 201);
      ahead = 601_000;
      assert.equal((await whoIs(call, token)).code, 401);
    },
    { effects },
  );
});

test("after a change of keys, tokens of the old one are taken as long as its public part is given", () => {
  const pems = [1, 2].map(() => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    return {
      key: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
      pub: publicKey.export({ type: "spki", format: "pem" }).toString(),
    };
  }) as [{ key: string; pub: string }, { key: string; pub: string }];
  const old = serviceAccountKeys(pems[0].key, []);
  const changed = serviceAccountKeys(pems[1].key, [pems[0].pub]);
  assert.deepEqual(
    changed.verification.map(({ id }) => id),
    [changed.signingId, old.signingId],
  );
  assert.deepEqual(changed.algorithm, "RS256");
  assert.throws(() => serviceAccountKeys("no key", []), /does not contain a valid RSA or ECDSA private key/);
});

test("a secret that asks for a token gets one, which lives as long as the secret and the account", () =>
  withServer(async ({ call }) => {
    const secrets = "/api/v1/namespaces/default/secrets";
    const annotations = { "kubernetes.io/service-account.name": "robot" };
    const type = "kubernetes.io/service-account-token";
    const secretOf = async (name: string, isDone: (answer: Answer) => boolean) => {
      for (let i = 0; i < 200; i++) {
        const answer = await call(`${secrets}/${name}`);
        if (isDone(answer)) return answer;
        await new Promise((done) => setTimeout(done, 10));
      }
      throw new Error("nothing happened");
    };
    await call(accounts, { body: { metadata: { name: "robot" } } });
    for (const name of ["a", "b"]) await call(secrets, { body: { metadata: { name, annotations }, type } });
    const [a, b] = await Promise.all(["a", "b"].map((name) => secretOf(name, ({ body }) => body.data?.token)));
    const tokenOf = (answer: Answer | undefined) => Buffer.from(answer?.body.data.token, "base64").toString("utf8");
    assert.equal(Buffer.from(a?.body.data.namespace, "base64").toString("utf8"), "default");
    assert.match(Buffer.from(a?.body.data["ca.crt"], "base64").toString("utf8"), /BEGIN CERTIFICATE/);
    assert.equal((await whoIs(call, tokenOf(a))).body.status.userInfo.username, "system:serviceaccount:default:robot");
    await call(`${secrets}/a`, { method: "DELETE" });
    assert.equal((await whoIs(call, tokenOf(a))).code, 401);
    assert.equal((await whoIs(call, tokenOf(b))).code, 201);
    await call(`${accounts}/robot`, { method: "DELETE" });
    assert.equal((await whoIs(call, tokenOf(b))).code, 401);
    await secretOf("b", ({ code }) => code === 404);
  }));
