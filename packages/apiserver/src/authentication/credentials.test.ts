import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { exportJWK, SignJWT } from "jose";
import { createRequest } from "../certificates/request.fixture.ts";
import { type Bed, withServer } from "../server.fixture.ts";
import type { OidcOptions } from "./oidc.ts";
import { WebhookError } from "./webhook-client.ts";

const self = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

async function whoIs(call: Bed["call"], headers: { readonly [name: string]: string }, anonymous = true) {
  const { code, body } = await call(self, { anonymous, headers, body: {} });
  return code === 201 ? body.status.userInfo : code;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const encoded = (data: { readonly [key: string]: string }) =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));

/** A bootstrap token's secret, with some of its data changed. */
const bootstrapSecret = (data: { readonly [key: string]: string }, type = "bootstrap.kubernetes.io/token") => ({
  metadata: { name: "bootstrap-token-abcdef" },
  type,
  data: encoded({
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    ...data,
  }),
});

const bootstrapCases: readonly (readonly [what: string, secret: object, groups: readonly string[] | undefined])[] = [
  ["a good one", bootstrapSecret({}), ["system:bootstrappers"]],
  [
    "with groups",
    bootstrapSecret({ "auth-extra-groups": "system:bootstrappers:a" }),
    ["system:bootstrappers", "system:bootstrappers:a"],
  ],
  ["with a group that is none of them", bootstrapSecret({ "auth-extra-groups": "system:masters" }), undefined],
  ["expired", bootstrapSecret({ expiration: "2001-01-01T00:00:00Z" }), undefined],
  ["not for authentication", bootstrapSecret({ "usage-bootstrap-authentication": "false" }), undefined],
  ["another secret", bootstrapSecret({ "token-secret": "0123456789abcdee" }), undefined],
  ["another type", bootstrapSecret({}, "Opaque"), undefined],
];

test("bootstrap tokens", () =>
  withServer(
    async ({ call }) => {
      const secrets = "/api/v1/namespaces/kube-system/secrets";
      for (const [what, body, groups] of bootstrapCases) {
        await call(secrets, { body });
        const user = await whoIs(call, bearer("abcdef.0123456789abcdef"));
        const wanted =
          groups === undefined
            ? 401
            : { username: "system:bootstrap:abcdef", groups: [...groups, "system:authenticated"] };
        assert.deepEqual(user, wanted, what);
        await call(`${secrets}/bootstrap-token-abcdef`, { method: "DELETE" });
      }
    },
    { authentication: { bootstrapTokens: true } },
  ));

const closed: readonly Parameters<typeof withServer>[1][] = [
  { authentication: { anonymous: false } },
  { authentication: { anonymous: true }, authorizationModes: ["RBAC", "AlwaysAllow"] },
];

for (const options of closed) {
  test(`those without credentials are refused: ${JSON.stringify(options)}`, () =>
    withServer(async ({ call }) => {
      assert.equal((await call("/version", { anonymous: true })).code, 401);
      assert.equal((await call("/version")).code, 200);
    }, options));
}

test("a websocket's token is one of its protocols", () =>
  withServer(
    async ({ call }) => {
      const carrier = `base64url.bearer.authorization.k8s.io.${Buffer.from("jane-token").toString("base64url")}`;
      const user = await whoIs(call, { "sec-websocket-protocol": `v5.channel.k8s.io, ${carrier}` });
      assert.equal(user.username, "jane");
    },
    { authentication: { tokens: [{ token: "jane-token", user: { username: "jane", groups: [] } }] } },
  ));

const issuerUrl = "https://issuer.invalid";

/** An issuer within this process: its documents, and tokens with some claims changed. */
async function localIssuer(options: Partial<OidcOptions> = {}) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const documents: { readonly [url: string]: unknown } = {
    [`${issuerUrl}/.well-known/openid-configuration`]: { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` },
    [`${issuerUrl}/keys`]: { keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "RS256", use: "sig" }] },
  };
  const oidc: OidcOptions = {
    issuerUrl,
    clientId: "us",
    usernameClaim: "sub",
    usernamePrefix: "",
    groupsPrefix: "",
    groupsClaim: "groups",
    requiredClaims: {},
    signingAlgorithms: ["RS256"],
    get: async (url) => documents[url],
    now: Date.now,
    ...options,
  };
  const seconds = Math.floor(Date.now() / 1000);
  const sign = (claims: object) =>
    new SignJWT({ iss: issuerUrl, aud: "us", sub: "ann", exp: seconds + 60, ...claims })
      .setProtectedHeader({ alg: "RS256", kid: "k" })
      .sign(privateKey);
  return { oidc, sign, seconds };
}

const oidcCases: readonly (readonly [
  what: string,
  options: Partial<OidcOptions>,
  claims: object,
  user: { readonly username: string; readonly groups?: readonly string[] } | 401,
])[] = [
  ["a name with its issuer", {}, {}, { username: `${issuerUrl}#ann` }],
  ["no prefix", { usernamePrefix: "-" }, { groups: ["dev"] }, { username: "ann", groups: ["dev"] }],
  [
    "prefixes, and a group alone",
    { usernamePrefix: "u:", groupsPrefix: "g:" },
    { groups: "dev" },
    { username: "u:ann", groups: ["g:dev"] },
  ],
  ["mail", { usernameClaim: "email" }, { email: "a@b.c", email_verified: true }, { username: "a@b.c" }],
  ["mail that is not verified", { usernameClaim: "email" }, { email: "a@b.c", email_verified: false }, 401],
  ["a required claim", { requiredClaims: { org: "x" } }, { org: "x" }, { username: `${issuerUrl}#ann` }],
  ["another value of it", { requiredClaims: { org: "x" } }, { org: "y" }, 401],
  ["another client", {}, { aud: "them" }, 401],
  ["another issuer", {}, { iss: "https://other.invalid" }, 401],
  ["an expired one", {}, { exp: 1000 }, 401],
  ["one that never expires", {}, { exp: undefined }, 401],
  ["a signature that is not taken", { signingAlgorithms: ["ES256"] }, {}, 401],
  ["an issuer that is away", { get: () => Promise.reject(new Error("away")) }, {}, 401],
];

for (const [what, options, claims, wanted] of oidcCases) {
  test(`OpenID Connect: ${what}`, async () => {
    const { oidc, sign } = await localIssuer(options);
    await withServer(
      async ({ call }) => {
        const user = await whoIs(call, bearer(await sign(claims)));
        const groups = wanted === 401 ? [] : [...(wanted.groups ?? []), "system:authenticated"];
        assert.deepEqual(user, wanted === 401 ? 401 : { username: wanted.username, groups });
      },
      { authentication: { oidc } },
    );
  });
}

test("a token webhook knows tokens; its answers are remembered, its faults are not permissions", async () => {
  let asked = 0;
  const post = async (body: object) => {
    asked++;
    const { token } = (body as { readonly spec: { readonly token: string } }).spec;
    if (token === "broken") throw new WebhookError("away");
    return token === "good"
      ? { status: { authenticated: true, user: { username: "eve", uid: "7", groups: ["a"], extra: { k: ["v"] } } } }
      : { status: { authenticated: false } };
  };
  await withServer(
    async ({ call }) => {
      const user = { username: "eve", uid: "7", groups: ["a", "system:authenticated"], extra: { k: ["v"] } };
      assert.deepEqual(await whoIs(call, bearer("good")), user);
      assert.deepEqual(await whoIs(call, bearer("good")), user);
      assert.equal(asked, 1);
      assert.equal(await whoIs(call, bearer("bad")), 401);
      assert.equal(await whoIs(call, bearer("broken")), 401);
    },
    { authentication: { webhook: { post, version: "v1", ttlMs: 60_000, now: Date.now } } },
  );
});

const impersonations: readonly (readonly [
  what: string,
  headers: { readonly [name: string]: string },
  user: unknown,
])[] = [
  [
    "all that there is",
    {
      "impersonate-user": "bob",
      "impersonate-group": "g1,x",
      "impersonate-uid": "7",
      "impersonate-extra-scopes%2fA": "v1",
    },
    { username: "bob", uid: "7", groups: ["g1,x", "system:authenticated"], extra: { "scopes/a": ["v1"] } },
  ],
  [
    "a service account",
    { "impersonate-user": "system:serviceaccount:a:b" },
    {
      username: "system:serviceaccount:a:b",
      groups: ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"],
    },
  ],
  ["nobody", { "impersonate-user": "system:anonymous" }, 403],
  ["a group without a user", { "impersonate-group": "x" }, 400],
];

test("impersonation by an administrator", () =>
  withServer(async ({ call }) => {
    for (const [what, headers, wanted] of impersonations)
      assert.deepEqual(await whoIs(call, headers, false), wanted, what);
  }));

test("impersonation needs each part allowed", () =>
  withServer(
    async ({ call }) => {
      const rbac = "/apis/rbac.authorization.k8s.io/v1";
      const rules = [
        { apiGroups: [""], resources: ["users"], resourceNames: ["bob"], verbs: ["impersonate"] },
        { apiGroups: ["authentication.k8s.io"], resources: ["userextras/scopes"], verbs: ["impersonate"] },
      ];
      await call(`${rbac}/clusterroles`, { body: { metadata: { name: "i" }, rules } });
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "i" };
      const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "joe" }];
      await call(`${rbac}/clusterrolebindings`, { body: { metadata: { name: "i" }, roleRef, subjects } });
      const as = (headers: { readonly [name: string]: string }) => whoIs(call, { ...bearer("joe-token"), ...headers });
      assert.equal((await as({ "impersonate-user": "bob" })).username, "bob");
      assert.equal((await as({ "impersonate-user": "bob", "impersonate-extra-scopes": "a" })).username, "bob");
      assert.equal(await as({ "impersonate-user": "ann" }), 403);
      assert.equal(await as({ "impersonate-user": "bob", "impersonate-group": "system:masters" }), 403);
      assert.equal(await as({ "impersonate-user": "bob", "impersonate-uid": "1" }), 403);
      assert.equal(await as({ "impersonate-user": "bob", "impersonate-extra-other": "a" }), 403);
    },
    { authentication: { tokens: [{ token: "joe-token", user: { username: "joe", groups: [] } }] } },
  ));

test("a request for a certificate is of who sends it, whatever it says", () =>
  withServer(async ({ call }) => {
    const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    const spec = {
      request: await createRequest("CN=x"),
      signerName: "example.com/any",
      usages: ["client auth"],
      username: "system:admin",
      groups: ["system:masters"],
    };
    const headers = { "impersonate-user": "bob", "impersonate-group": "system:masters", "impersonate-uid": "7" };
    const { body } = await call(path, { body: { metadata: { name: "a" }, spec }, headers });
    const { username, uid, groups } = body.spec;
    assert.deepEqual(
      { username, uid, groups },
      { username: "bob", uid: "7", groups: ["system:masters", "system:authenticated"] },
    );
    const forged = { ...body, spec: { ...body.spec, username: "system:admin" } };
    const changed = await call(`${path}/a`, { method: "PUT", body: forged });
    assert.deepEqual([changed.code, changed.body.spec.username], [200, "bob"]);
  }, {}));
