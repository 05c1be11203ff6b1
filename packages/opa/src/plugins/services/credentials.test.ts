import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { compile, type JsonObject, jsonText, type Value } from "@sallyport/rego";
import { jwtVerify } from "jose";
import { type CredentialContext, type Credentials, credentialsOf, type Outgoing } from "./credentials.ts";
import { servicesOf } from "./service.ts";

const folder = mkdtempSync(join(tmpdir(), "credentials-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

interface World {
  readonly credentials: Credentials;
  /** What was asked for beside the request itself. */
  readonly sent: (Outgoing & { readonly text: string })[];
  clock: number;
}

function world(
  config: JsonObject,
  answers: readonly (readonly [status: number, text: string])[] = [],
  more: Partial<CredentialContext> = {},
): World {
  const sent: World["sent"] = [];
  const state = { clock: now };
  const credentials = credentialsOf({ credentials: config } as Value, {
    url: "https://bucket.example.com",
    isOci: false,
    keys: {},
    environment: {},
    now: () => state.clock,
    send: async (request) => {
      sent.push({ ...request, text: Buffer.from(request.body ?? []).toString() });
      const [status, text] = answers[sent.length - 1] ?? [500, "nobody asked for more"];
      return { status, text };
    },
    ...more,
  });
  return Object.assign(state, { credentials, sent });
}

const request: Outgoing = {
  method: "GET",
  url: "https://bucket.example.com/bundles/authz.tar.gz?a=1",
  headers: { "User-Agent": "Open-Policy-Agent/1", Prefer: "modes=snapshot,delta" },
  body: undefined,
};

const refusals: readonly (readonly [config: JsonObject, message: RegExp])[] = [
  [{ bearer: { token: "a" }, oauth2: {} }, /a maximum one credential method must be specified/],
  [{ plugin: "mine" }, /credentials\.plugin: there are no plugins of one's own here/],
  [{ basic: {} }, /credentials\.basic is unknown; known: bearer, oauth2, client_tls/],
  [{ bearer: {} }, /credentials\.bearer: a token or a token_path is needed/],
  [{ bearer: { token: "a", token_path: "b" } }, /a token or a token_path is needed/],
  [{ client_tls: { private_key: "k" } }, /client certificate is needed when client TLS is enabled/],
  [{ client_tls: { cert: "c" } }, /private key is needed when client TLS is enabled/],
  [{ oauth2: { token_url: "http://a" } }, /token_url required to use https scheme/],
  [{ oauth2: { token_url: "https://a", grant_type: "password" } }, /must be either client_credentials or jwt_bearer/],
  [{ oauth2: { token_url: "https://a" } }, /please provide one of client_secret, signing_key/],
  [{ oauth2: { token_url: "https://a", client_secret: "s" } }, /client_id and client_secret required/],
  [{ oauth2: { token_url: "https://a", client_secret: "s", signing_key: "k" } }, /can only use one of/],
  [{ oauth2: { token_url: "https://a", signing_key: "k" } }, /signing_key refers to non-existent key/],
  [{ oauth2: { token_url: "https://a", grant_type: "jwt_bearer" } }, /signing_key required for jwt_bearer grant type/],
  [{ oauth2: { token_url: "https://a", aws_kms: {} } }, /aws_kms: keys of a cloud's store are not used here/],
  [{ gcp_metadata: {} }, /audience or scopes is required/],
  [{ gcp_metadata: { audience: "a", scopes: ["b"] } }, /either audience or scopes can be set, not both/],
  [{ s3_signing: {} }, /a AWS credential service must be specified/],
  [{ s3_signing: { metadata_credentials: {} } }, /at least aws_region must be specified/],
  [{ s3_signing: { environment_credentials: {}, service: "ecr" } }, /must be used with service type "oci"/],
  [
    { s3_signing: { environment_credentials: {}, signature_version: "4a" } },
    /signature_version "4a" is not written here/,
  ],
  [{ s3_signing: { sso_credentials: {} } }, /sso_credentials are for people/],
  [{ s3_signing: { assume_role_credentials: {} } }, /aws_signing: one of environment_credentials/],
];

for (const [config, message] of refusals) {
  test(`credentials that cannot be: ${JSON.stringify(config)}`, () => {
    const read = () => servicesOf({ services: { main: { url: "https://a", credentials: config } } }, {});
    assert.throws(read, message);
    assert.throws(read, /service "main": /);
  });
}

test("bearer: the file is read for each request, and the scheme may be another", async () => {
  const token_path = fileOf("token", "one\n");
  const { credentials } = world({ bearer: { token_path, scheme: "Token" } });
  assert.deepEqual(await credentials.headersOf(request), { Authorization: "Token one" });
  fileOf("token", "two\n");
  assert.deepEqual(await credentials.headersOf(request), { Authorization: "Token two" });
});

test("oauth2: a token for the client's secret is kept until ten seconds before its end", async () => {
  const answer = (token: string) =>
    [200, JSON.stringify({ access_token: token, token_type: "Bearer", expires_in: 60 })] as const;
  const config = {
    token_url: "https://idp/token",
    client_id: "opa",
    client_secret: "s3cret",
    scopes: ["a", "b"],
    additional_headers: { "X-Own": "1" },
    additional_parameters: { audience: "x y" },
  };
  const state = world({ oauth2: config }, [answer("one"), answer("two")]);
  assert.deepEqual(await state.credentials.headersOf(request), { Authorization: "Bearer one" });
  state.clock += 49_000;
  assert.deepEqual(await state.credentials.headersOf(request), { Authorization: "Bearer one" });
  state.clock += 2_000;
  assert.deepEqual(await state.credentials.headersOf(request), { Authorization: "Bearer two" });
  const [first, , third] = state.sent;
  assert.equal(third, undefined);
  assert.equal(first?.text, "audience=x+y&grant_type=client_credentials&scope=a+b");
  assert.deepEqual(first?.headers, {
    "Content-Type": "application/x-www-form-urlencoded",
    Authorization: `Basic ${Buffer.from("opa:s3cret").toString("base64")}`,
    "X-Own": "1",
  });
});

for (const [status, text, message] of [
  [400, '{"error":"invalid_client"}', /error in response from OAuth2 token endpoint: \{"error":"invalid_client"\}/],
  [200, '{"access_token":"a","token_type":"mac"}', /unknown token type returned from token endpoint/],
] as const) {
  test(`oauth2: refused by the endpoint, ${status} ${text}`, async () => {
    const config = { token_url: "https://idp/token", client_id: "opa", client_secret: "s3cret" };
    await assert.rejects(world({ oauth2: config }, [[status, text]]).credentials.headersOf(request), message);
  });
}

test("oauth2: assertions are signed with the named key, and good for ten minutes", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keys = { own: { algorithm: "ES256", private_key: privateKey.export({ type: "pkcs8", format: "pem" }) } };
  const common = { token_url: "https://idp/token", signing_key: "own", additional_claims: { iss: "opa", aud: "idp" } };
  const answer = [200, '{"access_token":"a","token_type":"bearer","expires_in":9}'] as const;
  for (const [config, field, grant] of [
    [
      { ...common, grant_type: "jwt_bearer", scopes: ["read"] },
      "assertion",
      "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ],
    [
      { ...common, client_id: "c", include_jti_claim: true, thumbprint: "00ff" },
      "client_assertion",
      "client_credentials",
    ],
  ] as const) {
    const { credentials, sent } = world({ oauth2: config as unknown as JsonObject }, [answer], {
      keys: keys as unknown as Value,
    });
    await credentials.headersOf(request);
    const form = new URLSearchParams(sent[0]?.text);
    assert.equal(form.get("grant_type"), grant);
    const { payload, protectedHeader } = await jwtVerify(form.get(field) ?? "", publicKey, {
      currentDate: new Date(now),
    });
    assert.equal(payload.iss, "opa");
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 600);
    assert.equal(protectedHeader["x5t"], field === "assertion" ? undefined : "AP8");
    assert.equal(payload["scope"], field === "assertion" ? "read" : undefined);
    assert.equal(typeof payload.jti, field === "assertion" ? "undefined" : "string");
  }
});

test("oauth2: a key that is none is told of without its text", () => {
  const keys = {
    own: { algorithm: "RS256", private_key: "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----" },
  };
  const config = { token_url: "https://idp/token", grant_type: "jwt_bearer", signing_key: "own" };
  assert.throws(
    () => world({ oauth2: config }, [], { keys }),
    (error: Error) => /no private key for RS256 in PEM/.test(error.message) && !error.message.includes("c2VjcmV0"),
  );
});

test("gcp_metadata: identity and access tokens, and what the service says otherwise", async () => {
  const access = world({ gcp_metadata: { scopes: ["a", "b"] } }, [[200, '{"access_token":"t"}']]);
  assert.deepEqual(await access.credentials.headersOf(request), { Authorization: "Bearer t" });
  const place = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default";
  assert.equal(access.sent[0]?.url, `${place}/token?scopes=a,b`);
  assert.deepEqual(access.sent[0]?.headers, { "Metadata-Flavor": "Google" });
  const identity = world({ gcp_metadata: { audience: "https://x", endpoint: "http://md" } }, [[404, ""]]);
  await assert.rejects(
    identity.credentials.headersOf(request),
    /error retrieving identity token from gcp metadata service: error retrieving gcp ID token from http:\/\/md\/computeMetadata\/v1\/instance\/service-accounts\/default\/identity\?audience=https:\/\/x 404: not found/,
  );
});

test("azure_managed_identity: of a machine, and of an app service", async () => {
  const machine = world({ azure_managed_identity: { client_id: "c" } }, [[200, '{"access_token":"t"}']]);
  assert.deepEqual(await machine.credentials.headersOf(request), { Authorization: "Bearer t" });
  assert.equal(
    machine.sent[0]?.url,
    "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F&client_id=c",
  );
  assert.deepEqual(machine.sent[0]?.headers, { Metadata: "true" });
  const environment = { IDENTITY_ENDPOINT: "http://app/token", IDENTITY_HEADER: "h" };
  const app = world({ azure_managed_identity: {} }, [[200, '{"access_token":"t"}']], { environment });
  await app.credentials.headersOf(request);
  assert.match(app.sent[0]?.url ?? "", /^http:\/\/app\/token\?api-version=2019-08-01&/);
  assert.deepEqual(app.sent[0]?.headers, { "x-identity-header": "h" });
});

const awsEnvironment = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "eu-west-1" };

/** The signature by the engine's own builtin, which OPA's cases hold right. */
function signedByBuiltin(outgoing: Outgoing, service: string, token: string): JsonObject {
  const { policy } = compile([
    {
      file: "sign.rego",
      text: `package s\n\nr := providers.aws.sign_req(input.request, input.config, ${now}000000).headers\n`,
    },
  ]);
  const crypto = { hash: hashOf, hmac: hmacOf } as never;
  const effects = { nowNs: 0n, randomBytes: () => new Uint8Array(), env: {}, crypto };
  const { "User-Agent": _, ...headers } = outgoing.headers;
  const config = {
    aws_service: service,
    aws_region: "eu-west-1",
    aws_access_key: "AKID",
    aws_secret_access_key: "secret",
    ...(token !== "" && { aws_session_token: token }),
  };
  const input = {
    request: {
      method: outgoing.method,
      url: outgoing.url,
      headers,
      raw_body: Buffer.from(outgoing.body ?? []).toString(),
    },
    config,
  };
  const signed = JSON.parse(jsonText(policy?.evaluate("s/r", { input, effects }) ?? null));
  // Between its parts a space is allowed.
  return { ...signed, Authorization: signed.Authorization.replaceAll(",", ", ") };
}

function hashOf(name: string, bytes: Uint8Array): Uint8Array {
  return createHash(name).update(bytes).digest();
}

function hmacOf(name: string, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac(name, key).update(bytes).digest();
}

for (const [service, token, body] of [
  ["s3", "", undefined],
  ["s3", "session", undefined],
  ["execute-api", "", Buffer.from('{"a":1}')],
] as const) {
  test(`s3_signing: ${service}${token === "" ? "" : " with a session"} as the builtin signs it`, async () => {
    const environment = { ...awsEnvironment, AWS_SESSION_TOKEN: token };
    const config = { s3_signing: { environment_credentials: {}, service } };
    const outgoing = { ...request, method: body === undefined ? "GET" : "POST", body };
    const headers = await world(config, [], { environment }).credentials.headersOf(outgoing);
    const wanted = signedByBuiltin(outgoing, service, token);
    assert.equal(headers["Authorization"], wanted["Authorization"]);
    assert.equal(headers["X-Amz-Date"], "20260102T030405Z");
    assert.equal(headers["X-Amz-Security-Token"], token || undefined);
  });
}

test("s3_signing: nobody else is told who we are", async () => {
  const { credentials } = world({ s3_signing: { environment_credentials: {} } }, [], { environment: awsEnvironment });
  assert.deepEqual(await credentials.headersOf({ ...request, url: "https://elsewhere.example.com/" }), {});
});

test("s3_signing: the next kind is asked where one has no keys; all faults are told", async () => {
  const path = fileOf(
    "aws",
    "[default]\naws_access_key_id = A\n\n[opa]\naws_access_key_id = AKID\naws_secret_access_key = secret\n",
  );
  const kinds = { environment_credentials: {}, profile_credentials: { path, profile: "opa", aws_region: "eu-west-1" } };
  const headers = await world({ s3_signing: kinds }).credentials.headersOf(request);
  assert.equal(headers["Authorization"], signedByBuiltin(request, "s3", "")["Authorization"]);
  const faulty = { environment_credentials: {}, profile_credentials: { path, profile: "nobody" } };
  await assert.rejects(
    world({ s3_signing: faulty }).credentials.headersOf(request),
    /all AWS credential providers failed: no AWS_ACCESS_KEY_ID set in environment; failed to get profile: section "nobody" does not exist/,
  );
});

const role = {
  Code: "Success",
  AccessKeyId: "AKID",
  SecretAccessKey: "secret",
  Token: "session",
  Expiration: "2026-01-02T04:00:00Z",
};

test("s3_signing: keys of a machine's role, kept until five minutes before their end", async () => {
  const answers = [
    [200, "imds"],
    [200, JSON.stringify(role)],
    [200, "imds"],
    [403, ""],
  ] as const;
  const config = { s3_signing: { metadata_credentials: { aws_region: "eu-west-1", iam_role: "opa" } } };
  const state = world(config, answers);
  const headers = await state.credentials.headersOf(request);
  assert.equal(headers["Authorization"], signedByBuiltin(request, "s3", "session")["Authorization"]);
  await state.credentials.headersOf(request);
  assert.deepEqual(
    state.sent.map(({ method, url, headers: sent }) => [method, url, sent]),
    [
      ["PUT", "http://169.254.169.254/latest/api/token", { "X-aws-ec2-metadata-token-ttl-seconds": "60" }],
      [
        "GET",
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/opa",
        { "X-aws-ec2-metadata-token": "imds" },
      ],
    ],
  );
  state.clock = Date.parse("2026-01-02T03:55:01Z");
  await assert.rejects(state.credentials.headersOf(request), /security-credentials\/opa: HTTP status 403/);
});

test("s3_signing: keys of a container's role", async () => {
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1/creds",
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "t",
  };
  const config = { s3_signing: { metadata_credentials: { aws_region: "eu-west-1" } } };
  const state = world(config, [[200, JSON.stringify(role)]], { environment });
  await state.credentials.headersOf(request);
  assert.deepEqual(state.sent[0]?.headers, { Authorization: "t" });
  assert.equal(state.sent[0]?.url, "http://127.0.0.1/creds");
});

const sts =
  "<R><Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken><Expiration>2026-01-02T04:00:00Z</Expiration></Credentials></R>";

test("s3_signing: a role for a service account's token, and for other keys", async () => {
  const file = fileOf("web-token", "jwt");
  const environment = { ...awsEnvironment, AWS_ROLE_ARN: "arn:aws:iam::1:role/opa", AWS_WEB_IDENTITY_TOKEN_FILE: file };
  const web = world({ s3_signing: { web_identity_credentials: {} } }, [[200, sts]], { environment });
  const headers = await web.credentials.headersOf(request);
  assert.equal(headers["Authorization"], signedByBuiltin(request, "s3", "session")["Authorization"]);
  assert.equal(web.sent[0]?.url, "https://sts.eu-west-1.amazonaws.com/");
  assert.equal(new URLSearchParams(web.sent[0]?.text).get("WebIdentityToken"), "jwt");
  const assumed = world(
    { s3_signing: { assume_role_credentials: { aws_signing: { environment_credentials: {} } } } },
    [[200, sts]],
    { environment },
  );
  await assumed.credentials.headersOf(request);
  assert.match(
    assumed.sent[0]?.headers["Authorization"] ?? "",
    /^AWS4-HMAC-SHA256 Credential=AKID\/20260102\/eu-west-1\/sts\/aws4_request/,
  );
  assert.equal(new URLSearchParams(assumed.sent[0]?.text).get("Action"), "AssumeRole");
});

test("s3_signing: what gives keys out is not quoted in faults", async () => {
  const environment = { ...awsEnvironment, AWS_ROLE_ARN: "r", AWS_WEB_IDENTITY_TOKEN_FILE: fileOf("web-token", "jwt") };
  const web = world({ s3_signing: { web_identity_credentials: {} } }, [[403, "canary"]], { environment });
  await assert.rejects(web.credentials.headersOf(request), (error: Error) => !error.message.includes("canary"));
});
