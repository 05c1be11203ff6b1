import { createHmac, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCa, createLeaf, type KeyPair } from "@sallyport/pki";

/** Credentials of all kinds, and the flags by which a server takes them. */
export interface AccessWorld {
  readonly flags: { readonly [name: string]: string };
  /** The same by a structured configuration: tokens read with CEL, and anonymous requests for some paths alone. */
  readonly configured: { readonly [name: string]: string };
  readonly certificates: { readonly [name: string]: { readonly cert: string; readonly key: string } };
  readonly tokens: { readonly [name: string]: string };
  readonly close: () => void;
}

const clientId = "differential";

/** Static tokens: user, uid and groups. */
const users: readonly (readonly [token: string, user: string, uid: string, ...groups: readonly string[]])[] = [
  ["differential", "admin", "admin", "system:masters"],
  ["joe-token", "joe", "7", "dev", "ops"],
  ["plain-token", "plain", ""],
  ["viewer-token", "viewer", "8"],
  ["editor-token", "editor", "9"],
  ["granter-token", "granter", "10"],
  ["mimic-token", "mimic", "11"],
];

/** Makes authorities, issuers and services on this machine. They answer until it is closed. */
export async function createAccessWorld(): Promise<AccessWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-access-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const life = { now: Date.now(), days: 2 };
  const [clients, proxies, others] = await Promise.all(
    ["clients", "proxies", "others"].map((each) => createCa(`CN=${each}`, life)),
  );
  if (clients === undefined || proxies === undefined || others === undefined) throw new Error("no authorities");
  const issuer = await startIssuer(others);
  const reviewer = await startReviewer(others);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signing = file("sa.key", String(privateKey.export({ type: "pkcs1", format: "pem" })));
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "a",
        cluster: { server: `${reviewer.url}/review`, "certificate-authority": file("others.crt", others.certificate) },
      },
    ],
    users: [{ name: "a", user: {} }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    "current-context": "a",
  };
  const common = {
    "client-ca-file": file("clients.crt", clients.certificate),
    "token-auth-file": file("tokens.csv", `${users.map(lineOf).join("\n")}\n`),
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": signing,
    "service-account-signing-key-file": signing,
  };
  return {
    configured: {
      ...common,
      "authorization-mode": "RBAC",
      "authentication-config": file(
        "authentication.json",
        JSON.stringify(configurationOf(issuer.url, others.certificate)),
      ),
    },
    flags: {
      ...common,
      "enable-bootstrap-token-auth": "true",
      "api-audiences": "https://kubernetes.default.svc,api",
      "authorization-mode": "Node,RBAC",
      "oidc-issuer-url": issuer.url,
      "oidc-client-id": clientId,
      "oidc-ca-file": file("issuer.crt", others.certificate),
      "oidc-username-claim": "sub",
      "oidc-username-prefix": "oidc:",
      "oidc-groups-claim": "groups",
      "oidc-groups-prefix": "oidc:",
      "oidc-required-claim": "org=us",
      "authentication-token-webhook-config-file": file("reviewer.json", JSON.stringify(kubeconfig)),
      "authentication-token-webhook-version": "v1",
      "requestheader-client-ca-file": file("proxies.crt", proxies.certificate),
      "requestheader-allowed-names": "proxy",
      "requestheader-username-headers": "X-Remote-User",
      "requestheader-uid-headers": "X-Remote-Uid",
      "requestheader-group-headers": "X-Remote-Group",
      "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    },
    certificates: await certificatesOf(clients, proxies, others),
    tokens: issuer.tokens,
    close: () => {
      issuer.close();
      reviewer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An AuthenticationConfiguration. */
function configurationOf(url: string, certificateAuthority: string): object {
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    anonymous: { enabled: true, conditions: [{ path: "/healthz" }, { path: "/readyz" }] },
    jwt: [
      {
        issuer: { url, audiences: [clientId, "other"], audienceMatchPolicy: "MatchAny", certificateAuthority },
        claimValidationRules: [
          { claim: "org", requiredValue: "us" },
          { expression: "claims.exp - claims.iat <= 7200", message: "lives too long" },
        ],
        claimMappings: {
          username: { expression: "'jwt:' + claims.sub" },
          groups: { expression: "has(claims.groups) ? claims.groups : []" },
          uid: { claim: "sub" },
          extra: [{ key: "example.com/org", valueExpression: "claims.org" }],
        },
        userValidationRules: [
          { expression: "!user.username.startsWith('jwt:system:')", message: "no system users" },
          { expression: "user.groups.all(g, !g.startsWith('system:'))", message: "no system groups" },
        ],
      },
    ],
  };
}

function lineOf([token, user, uid, ...groups]: (typeof users)[number]): string {
  return `${token},${user},${uid}${groups.length === 0 ? "" : `,"${groups.join(",")}"`}`;
}

async function certificatesOf(
  clients: KeyPair,
  proxies: KeyPair,
  others: KeyPair,
): Promise<AccessWorld["certificates"]> {
  const now = Date.now();
  const life = { now, days: 2 };
  const old = { now: now - 10 * 24 * 60 * 60 * 1000, days: 2 };
  const server = { names: ["localhost"], addresses: ["127.0.0.1"] };
  const made: { readonly [name: string]: Promise<KeyPair> } = {
    ann: createLeaf(clients, "CN=ann, O=dev, O=ops", life),
    nameless: createLeaf(clients, "O=dev", life),
    expired: createLeaf(clients, "CN=late", old),
    server: createLeaf(clients, "CN=server", life, server),
    foreign: createLeaf(others, "CN=foreign", life),
    proxy: createLeaf(proxies, "CN=proxy", life),
    stranger: createLeaf(proxies, "CN=stranger", life),
    node: createLeaf(clients, "CN=system:node:n1, O=system:nodes", life),
    halfNode: createLeaf(clients, "CN=system:node:n1", life),
    oddNode: createLeaf(clients, "CN=n1, O=system:nodes", life),
  };
  const pairs = await Promise.all(Object.entries(made).map(async ([name, pair]) => [name, await pair] as const));
  return Object.fromEntries(pairs.map(([name, { certificate, key }]) => [name, { cert: certificate, key }]));
}

interface Service {
  readonly url: string;
  readonly close: () => void;
}

/** What a service answers to a path and a body. */
type Answering = (path: string, body: Any) => { readonly code: number; readonly body: unknown };

// biome-ignore lint/suspicious/noExplicitAny: reviews are free-form JSON
type Any = any;

async function startService(ca: KeyPair, answer: (url: string) => Answering): Promise<Service> {
  const names = { names: ["localhost"], addresses: ["127.0.0.1"] };
  const { certificate, key } = await createLeaf(ca, "CN=service", { now: Date.now(), days: 2 }, names);
  let url = "";
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const { code, body } = answer(url)(request.url ?? "", text === "" ? undefined : JSON.parse(text));
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, close };
}

async function startIssuer(ca: KeyPair): Promise<Service & { readonly tokens: { readonly [name: string]: string } }> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k", alg: "RS256", use: "sig" };
  const service = await startService(ca, (url) => (path) => {
    if (path === "/.well-known/openid-configuration")
      return {
        code: 200,
        body: { issuer: url, jwks_uri: `${url}/keys`, id_token_signing_alg_values_supported: ["RS256"] },
      };
    return path === "/keys" ? { code: 200, body: { keys: [jwk] } } : { code: 404, body: {} };
  });
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: service.url,
    aud: clientId,
    sub: "olga",
    org: "us",
    groups: ["dev"],
    exp: now + 3600,
    iat: now,
  };
  const signed = (more: object, key: KeyObject = privateKey, header: object = {}) =>
    jwt({ alg: "RS256", kid: "k", ...header }, { ...claims, ...more }, key);
  const tokens = {
    good: signed({}),
    groupText: signed({ groups: "one" }),
    groupNumber: signed({ groups: [5] }),
    noGroups: signed({ groups: undefined }),
    otherOrg: signed({ org: "them" }),
    noOrg: signed({ org: undefined }),
    otherClient: signed({ aud: "other" }),
    manyClients: signed({ aud: ["other", clientId], azp: clientId }),
    otherIssuer: signed({ iss: "https://other.example.com" }),
    expired: signed({ exp: now - 60 }),
    endless: signed({ exp: undefined }),
    early: signed({ nbf: now + 600 }),
    noName: signed({ sub: undefined }),
    numberName: signed({ sub: 5 }),
    otherKey: signed({}, other),
    otherKid: signed({}, other, { kid: "z" }),
    unsigned: `${encoded({ alg: "none" })}.${encoded(claims)}.`,
    symmetric: symmetric(claims),
    system: signed({ sub: "system:x" }),
    systemGroup: signed({ groups: ["system:masters"] }),
    long: signed({ exp: now + 10_000 }),
    marked: signed({ jti: "j" }),
  };
  return { ...service, tokens };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function jwt(header: object, claims: object, key: KeyObject): string {
  const text = `${encoded(header)}.${encoded(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key).toString("base64url")}`;
}

function symmetric(claims: object): string {
  const text = `${encoded({ alg: "HS256" })}.${encoded(claims)}`;
  return `${text}.${createHmac("sha256", "secret").update(text).digest("base64url")}`;
}

/** What the token webhook says of tokens. */
const reviews: { readonly [token: string]: object } = {
  "hook-good": {
    authenticated: true,
    user: { username: "wendy", uid: "w", groups: ["hooked"], extra: { "example.com/a": ["b"] } },
    audiences: ["api"],
  },
  "hook-nameless": { authenticated: true, user: {} },
  "hook-elsewhere": { authenticated: true, user: { username: "eve" }, audiences: ["elsewhere"] },
  "hook-wrong": { authenticated: false, error: "never heard of it" },
};

function startReviewer(ca: KeyPair): Promise<Service> {
  return startService(ca, () => (_path, { apiVersion, kind, spec }) => {
    if (spec.token === "hook-broken") return { code: 500, body: {} };
    return { code: 200, body: { apiVersion, kind, status: reviews[spec.token] ?? { authenticated: false } } };
  });
}
