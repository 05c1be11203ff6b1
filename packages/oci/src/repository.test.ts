import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { parseChallenge, tokenUrl } from "./challenge.ts";
import { parseReference } from "./reference.ts";
import { type RegistryRequest, Repository, type Send } from "./repository.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const digestOf = (text: string, algorithm = "sha256") =>
  `${algorithm}:${createHash(algorithm).update(text).digest("hex")}`;

interface Stored {
  readonly status?: number;
  readonly text?: string;
  readonly headers?: { readonly [name: string]: string };
}

/** Answers by `METHOD URL`; one list of answers for each, the last of which stays. */
function registry(stored: { readonly [request: string]: readonly Stored[] }): { send: Send; sent: RegistryRequest[] } {
  const sent: RegistryRequest[] = [];
  const send: Send = async (request) => {
    const place = `${request.method} ${request.url.replace("https://r/v2/org/p/", "")}`;
    const before = sent.filter(({ method, url }) => method === request.method && url === request.url).length;
    sent.push(request);
    const answers = stored[place] ?? [{ status: 404 }];
    const { status = 200, text = "", headers = {} } = answers[Math.min(before, answers.length - 1)] as Stored;
    return { status, headers: new Headers(headers), bytes: bytesOf(text) };
  };
  return { send, sent };
}

const layer = "the layer";
const manifestText = JSON.stringify({ layers: [{ mediaType: "application/x", digest: digestOf(layer), size: 9 }] });
const manifest = digestOf(manifestText);

test("a tag is resolved, and what is fetched is held against its digest", async () => {
  const { send, sent } = registry({
    "HEAD manifests/v1": [{ headers: { "docker-content-digest": manifest, "content-type": "application/m" } }],
    [`GET manifests/${manifest}`]: [{ text: manifestText }],
    [`GET blobs/${digestOf(layer)}`]: [{ text: layer }],
  });
  const repository = new Repository("https://r", "org/p", send);
  const descriptor = await repository.resolve("v1");
  assert.deepEqual(descriptor, { digest: manifest, mediaType: "application/m" });
  const { layers } = await repository.manifest(descriptor);
  assert.deepEqual(layers, [{ mediaType: "application/x", digest: digestOf(layer) }]);
  assert.equal(new TextDecoder().decode(await repository.blob(layers[0] as never, 1000)), layer);
  assert.equal(sent[1]?.headers["Accept"], "application/m");
  assert.equal(sent[2]?.limitBytes, 1000);
});

test("digests of SHA-512 are held too", async () => {
  const digest = digestOf(layer, "sha512");
  const { send } = registry({ [`GET blobs/${digest}`]: [{ text: layer }] });
  assert.equal((await new Repository("https://r", "org/p", send).blob({ digest, mediaType: "" }, 100)).length, 9);
});

const digest = digestOf("another");
const faults: readonly (readonly [
  what: string,
  stored: Parameters<typeof registry>[0],
  ask: (repository: Repository) => Promise<unknown>,
  message: RegExp,
])[] = [
  [
    "no such tag",
    {},
    (it) => it.resolve("v2"),
    /^RegistryError: HEAD https:\/\/r\/v2\/org\/p\/manifests\/v2: HTTP status 404$/,
  ],
  [
    "no digest",
    { "HEAD manifests/v1": [{}] },
    (it) => it.resolve("v1"),
    /missing Docker-Content-Digest header in response/,
  ],
  [
    "a digest that is a path",
    { "HEAD manifests/v1": [{ headers: { "docker-content-digest": "sha256:../../x" } }] },
    (it) => it.resolve("v1"),
    /invalid digest "sha256:\.\.\/\.\.\/x"/,
  ],
  [
    "another manifest",
    { [`GET manifests/${digest}`]: [{ text: manifestText }] },
    (it) => it.manifest({ digest, mediaType: "" }),
    /what was sent for sha256:\w+ is sha256:/,
  ],
  [
    "another layer",
    { [`GET blobs/${digest}`]: [{ text: layer }] },
    (it) => it.blob({ digest, mediaType: "" }, 100),
    /what was sent for sha256:\w+ is sha256:/,
  ],
  [
    "a layer that is a path",
    { [`GET manifests/${digestOf('{"layers":[{"digest":"../x"}]}')}`]: [{ text: '{"layers":[{"digest":"../x"}]}' }] },
    (it) => it.manifest({ digest: digestOf('{"layers":[{"digest":"../x"}]}'), mediaType: "" }),
    /invalid digest "\.\.\/x" in the manifest/,
  ],
];

for (const [what, stored, ask, message] of faults) {
  test(`refused: ${what}`, () =>
    assert.rejects(ask(new Repository("https://r", "org/p", registry(stored).send)), message));
}

const challenge = { "www-authenticate": 'Bearer realm="https://auth/token",service="r",scope="repository:org/p:pull"' };

test("a token is fetched when it is asked for, and shown from then on", async () => {
  const found = { headers: { "docker-content-digest": manifest } };
  const { send, sent } = registry({
    "HEAD manifests/v1": [{ status: 401, headers: challenge }, found],
    "GET https://auth/token?service=r&scope=repository%3Aorg%2Fp%3Apull": [{ text: '{"token":"t"}' }],
    [`GET manifests/${manifest}`]: [{ text: manifestText }],
  });
  const repository = new Repository("https://r", "org/p", send);
  await repository.manifest(await repository.resolve("v1"));
  assert.deepEqual(
    sent.map(({ headers }) => headers["Authorization"]),
    [undefined, undefined, "Bearer t", "Bearer t"],
  );
});

test("a registry that asks for a name and a password is shown them, and no other", async () => {
  const basic = { "www-authenticate": 'Basic realm="r"' };
  const stored = {
    "GET manifests/v1": [{ status: 401, headers: basic }, { text: manifestText }],
    [`GET blobs/${digestOf(layer)}`]: [{ text: layer }],
  };
  const { send, sent } = registry(stored);
  const repository = new Repository("https://r", "org/p", send, { username: "me", password: "pä" });
  assert.equal((await repository.fetchManifest("v1")).digest, manifest);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await repository.openBlob({ digest: digestOf(layer), mediaType: "" }, 9))
    chunks.push(chunk);
  assert.equal(new TextDecoder().decode(chunks[0]), layer);
  const shown = "Basic bWU6cMOk";
  assert.deepEqual(
    sent.map(({ headers, isStreamed }) => [headers["Authorization"], isStreamed]),
    [
      [undefined, undefined],
      [shown, undefined],
      [shown, true],
    ],
  );
  await assert.rejects(new Repository("https://r", "org/p", registry(stored).send).fetchManifest("v1"), {
    name: "RegistryError",
    status: 401,
  });
});

for (const [origin, realm, shown] of [
  ["https://r", "https://auth/token", "Basic bWU6cA=="],
  ["http://r", "http://auth/token", "Basic bWU6cA=="],
  ["https://r", "http://auth/token", undefined],
] as const)
  test(`a password is shown for a token: of ${origin} at ${realm}`, async () => {
    const asked: RegistryRequest[] = [];
    const send: Send = async (request) => {
      asked.push(request);
      const isToken = request.url.startsWith(realm);
      const isKnown = request.headers["Authorization"] === "Bearer t";
      const headers = new Headers({ "www-authenticate": `Bearer realm="${realm}"` });
      const text = isToken ? '{"token":"t"}' : manifestText;
      return { status: isToken || isKnown ? 200 : 401, headers, bytes: bytesOf(text) };
    };
    await new Repository(origin, "org/p", send, { username: "me", password: "p" }).fetchManifest("v1");
    assert.equal(asked[1]?.headers["Authorization"], shown);
  });

test("a manifest is held against the digest that was asked for, or that is told", async () => {
  const other = { headers: { "docker-content-digest": digest }, text: manifestText };
  const { send } = registry({ "GET manifests/v1": [other], [`GET manifests/${digest}`]: [{ text: manifestText }] });
  const repository = new Repository("https://r", "org/p", send);
  await assert.rejects(repository.fetchManifest("v1"), /what was sent for sha256:\w+ is sha256:/);
  await assert.rejects(repository.fetchManifest(digest), /what was sent for sha256:\w+ is sha256:/);
});

for (const [text, detail] of [
  ['{"errors":[{"code":"DENIED","message":"no\\naccess"}]}', "DENIED: no access"],
  ['{"errors":[{"code":"DENIED"}]}', "DENIED"],
  ['{"errors":[]}', ""],
  ["<html>", ""],
] as const)
  test(`what a registry says of a refusal: ${text}`, async () => {
    const { send } = registry({ "GET manifests/v1": [{ status: 403, text }] });
    await assert.rejects(new Repository("https://r", "org/p", send).fetchManifest("v1"), { status: 403, detail });
  });

test("a token that is refused is not asked for again and again", async () => {
  const { send, sent } = registry({
    "HEAD manifests/v1": [{ status: 401, headers: challenge }],
    "GET https://auth/token?service=r&scope=repository%3Aorg%2Fp%3Apull": [{ text: '{"access_token":"t"}' }],
  });
  await assert.rejects(new Repository("https://r", "org/p", send).resolve("v1"), /HTTP status 401/);
  assert.equal(sent.length, 3);
});

test("challenges: parts in any order, quoted or not; what asks for no token has no place", () => {
  const read = parseChallenge('Bearer scope="a,b", realm="https://x/\\"y", service=z');
  assert.deepEqual({ ...read?.parameters }, { scope: "a,b", realm: 'https://x/"y', service: "z" });
  assert.equal(
    tokenUrl({ scheme: "bearer", parameters: { realm: "https://x" } }, "o/p"),
    "https://x/?scope=repository%3Ao%2Fp%3Apull",
  );
  assert.equal(tokenUrl({ scheme: "basic", parameters: { realm: "https://x" } }, "o/p"), undefined);
  assert.equal(tokenUrl({ scheme: "bearer", parameters: { realm: "nowhere" } }, "o/p"), undefined);
  assert.equal(parseChallenge(""), undefined);
});

const references: readonly (readonly [text: string, ...parts: string[]])[] = [
  ["ghcr.io/org/policies:v1", "ghcr.io", "org/policies", "v1"],
  ["localhost:5000/p", "localhost:5000", "p", "latest"],
  [`r/a/b-c.d__e:v1@${manifest}`, "r", "a/b-c.d__e", manifest],
];

for (const [text, ...parts] of references) {
  test(`reference: ${text}`, () => assert.deepEqual(Object.values(parseReference(text)), parts));
}

for (const [text, message] of [
  ["policies:v1", /missing registry or repository/],
  ["/p", /missing registry or repository/],
  ["r/P", /invalid repository "P"/],
  ["r/../../x", /invalid repository "\.\.\/\.\.\/x"/],
  ["r/p:", /invalid tag ""/],
  ["r/p:a b", /invalid tag "a b"/],
  ["r/p@sha256:12", /invalid digest "sha256:12"/],
] as const) {
  test(`no reference: ${text}`, () => assert.throws(() => parseReference(text), message));
}
