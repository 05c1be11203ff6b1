import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { authorizationPolicy } from "../../policy/policies.fixture.ts";
import { certificateOf, exchange, GivenSource, startOne } from "../proxy.fixture.ts";
import { startAsking, startHttp } from "./provider.fixture.ts";

const head = "host: web\r\nconnection: close\r\n";
const get = `GET /a?b=c HTTP/1.1\r\n${head}authorization: me\r\nx-user: mallory\r\nx-team: red\r\n\r\n`;
const post = `POST /a HTTP/1.1\r\n${head}content-length: 5\r\n\r\nhello`;

/** What the application was asked, and what the provider answers to what it was asked. */
interface Case {
  readonly name: string;
  readonly request?: string;
  readonly settings?: object;
  readonly answer: (url: string) => readonly [status: number, headers: Record<string, string>, text?: string];
  readonly expected: RegExp;
  readonly asked?: RegExp;
  readonly reached?: RegExp;
}

const cases: readonly Case[] = [
  {
    name: "that allows",
    answer: () => [200, {}],
    expected: /^HTTP\/1\.1 200 /,
    reached: /^GET \/a\?b=c .*x-user: mallory/,
  },
  {
    name: "is told method, path and host, and of headers authorization alone",
    answer: () => [200, {}],
    expected: /200/,
    asked: /^GET \/a\?b=c authorization: me, host: web, content-length: 0, connection: keep-alive$/,
    reached: /./,
  },
  {
    name: "is told what its settings name and add, below its path",
    settings: {
      pathPrefix: "/check",
      includeRequestHeadersInCheck: ["X-*"],
      includeAdditionalHeadersInCheck: { "x-user": "fixed", "X-Mesh": "1" },
    },
    answer: () => [200, {}],
    expected: /200/,
    asked: /^GET \/check\/a\?b=c .*x-user: fixed, x-team: red, x-mesh: 1/,
    reached: /./,
  },
  {
    name: "that refuses answers the client itself",
    answer: () => [302, { location: "https://login", "set-cookie": "a=b" }, "go there"],
    expected: /^HTTP\/1\.1 302 [\s\S]*location: https:\/\/login\r\nset-cookie: a=b[\s\S]*go there$/,
  },
  {
    name: "whose headers to the client are named",
    settings: { headersToDownstreamOnDeny: ["x-why"] },
    answer: () => [401, { location: "/login", "set-cookie": "a=b", "x-why": "late" }],
    expected: /^HTTP\/1\.1 401 (?![\s\S]*set-cookie)[\s\S]*location: \/login\r\nx-why: late/,
  },
  {
    name: "whose headers replace those of the client",
    settings: {
      headersToUpstreamOnAllow: ["x-user", "host", "content-length"],
      headersToDownstreamOnAllow: ["x-seen"],
    },
    answer: () => [200, { "x-user": "ann", "x-team": "blue", "x-seen": "yes" }],
    expected: /^HTTP\/1\.1 200 [\s\S]*x-seen: yes/,
    reached: /^GET (?!.*mallory).*host: web.*x-team: red.*x-user: ann/,
  },
  {
    name: "is told the body, which goes on",
    request: post,
    settings: { includeRequestBodyInCheck: { maxRequestBytes: 5 } },
    answer: () => [200, {}],
    expected: /hello$/,
    asked: /^POST \/a x-envoy-auth-partial-body: false, .*content-length: 5.* hello$/,
    reached: /hello/,
  },
  {
    name: "is told the beginning of a larger body, all of which goes on",
    request: post,
    settings: { includeRequestBodyInCheck: { maxRequestBytes: 3, allowPartialMessage: true } },
    answer: () => [200, {}],
    expected: /hello$/,
    asked: /partial-body: true.* hel$/,
    reached: /hello/,
  },
  {
    name: "is not told a larger body, which is refused",
    request: post,
    settings: { includeRequestBodyInCheck: { maxRequestBytes: 3 } },
    answer: () => [200, {}],
    expected: /^HTTP\/1\.1 413 /,
  },
  { name: "that answers 500 has refused", answer: () => [500, {}], expected: /^HTTP\/1\.1 403 / },
  {
    name: "that answers 500 has refused as its settings say",
    settings: { statusOnError: "503" },
    answer: () => [500, {}],
    expected: /^HTTP\/1\.1 503 /,
  },
  {
    name: "that fails open lets pass",
    settings: { failOpen: true },
    answer: () => [503, {}],
    expected: /^HTTP\/1\.1 200 /,
    reached: /^GET/,
  },
  {
    name: "that is slow has refused",
    settings: { timeout: "0.1s" },
    answer: () => [0, {}],
    expected: /^HTTP\/1\.1 403 /,
  },
  {
    name: "that answers more than is read has refused",
    answer: () => [200, {}, "x".repeat(2 ** 20 + 1)],
    expected: /^HTTP\/1\.1 403 /,
  },
];

for (const { name, request = get, settings = {}, answer, expected, asked, reached } of cases)
  test(`a provider ${name}`, async (t) => {
    const [seen, told]: string[][] = [[], []];
    const lines = (raw: readonly string[]) =>
      raw.flatMap((text, i) => (i % 2 === 0 ? [`${text.toLowerCase()}: ${raw[i + 1]}`] : [])).join(", ");
    const application = await startHttp(t, ({ method, url, rawHeaders }, response, body) => {
      seen?.push(`${method} ${url} ${lines(rawHeaders)} ${body}`);
      response.end(body);
    });
    const port = await startHttp(t, ({ method, url = "", rawHeaders }, response, body) => {
      told?.push(`${method} ${url} ${lines(rawHeaders)} ${body}`.trim());
      const [status, headers, text] = answer(url);
      if (status > 0) response.writeHead(status, headers).end(text);
    });
    const proxy = await startAsking(t, application, { kind: "envoyExtAuthzHttp", port, settings });
    assert.match(await exchange(proxy.port, request), expected);
    if (asked !== undefined) assert.match(told?.[0] ?? "", asked);
    assert.equal(seen?.length, reached === undefined ? 0 : 1);
    if (reached !== undefined) assert.match(seen?.[0] ?? "", reached);
  });

test("a provider that is not there has refused, and the log says why", async (t) => {
  const application = await startHttp(t, (_, response) => response.end());
  const proxy = await startAsking(t, application, { kind: "envoyExtAuthzHttp", port: 1 });
  assert.match(await exchange(proxy.port, get), /^HTTP\/1\.1 403 /);
  const told = proxy.log.find(({ request }) => request !== undefined);
  assert.equal(told?.decision, "denied");
  assert.match(told?.reason ?? "", /^CUSTOM by shop\/c, rule 0: the provider "p" cannot be asked: .*ECONNREFUSED/);
});

test("a provider that speaks no HTTP, or goes away, has refused", async (t) => {
  const application = await startHttp(t, (_, response) => response.end());
  for (const text of ["nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", ""]) {
    const server = createServer((socket) => {
      socket.on("error", () => {}).once("data", () => socket.end(text));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    t.after(() => server.close());
    const { port } = server.address() as { port: number };
    const proxy = await startAsking(t, application, { kind: "envoyExtAuthzHttp", port });
    assert.match(await exchange(proxy.port, get), /^HTTP\/1\.1 403 /, JSON.stringify(text));
  }
});

test("a DENY policy reads the headers that the provider has set", async (t) => {
  const application = await startHttp(t, (_, response) => response.end());
  const port = await startHttp(t, (_, response) => response.writeHead(200, { "x-user": "ann" }).end());
  const more = [
    authorizationPolicy("shop/d", "DENY", [{ when: [{ key: "request.headers[x-user]", values: ["ann"] }] }]),
  ];
  const settings = { headersToUpstreamOnAllow: ["x-user"] };
  const proxy = await startAsking(t, application, { kind: "envoyExtAuthzHttp", port, settings, more });
  assert.match(await exchange(proxy.port, get), /^HTTP\/1\.1 403 [\s\S]*RBAC: access denied$/);
});

test("a provider of the mesh is asked in mutual TLS, and must be who it should be", async (t) => {
  const application = await startHttp(t, (_, response) => response.end("reached"));
  const plain = await startHttp(t, (_, response) => response.end());
  const beside = await startOne("inbound", plain, {
    source: new GivenSource(certificateOf("authz")),
    inbound: { mode: "STRICT", protocol: "http" },
  });
  t.after(() => beside.drain(0));
  for (const [account, expected] of [
    ["authz", /reached$/],
    ["other", /^HTTP\/1\.1 403 /],
  ] as const) {
    const identities = [`spiffe://cluster.local/ns/shop/sa/${account}`];
    const target = { ip: "127.0.0.1", port: beside.port, protocol: "http", tls: "mutual", identities } as const;
    const provider = { name: "p", envoyExtAuthzHttp: { service: "authz", port: 80 } };
    const given = { provider: { provider, target } };
    const proxy = await startAsking(t, application, { kind: "envoyExtAuthzHttp", port: 80, given });
    assert.match(await exchange(proxy.port, get), expected);
  }
});

test("requests of one connection are decided in their order, though the provider takes its time for one", async (t) => {
  const seen: string[] = [];
  const application = await startHttp(t, ({ url = "" }, response) => {
    seen.push(url);
    response.end(url);
  });
  const port = await startHttp(t, ({ url }, response) => void setTimeout(() => response.end(), url === "/1" ? 50 : 0));
  const proxy = await startAsking(t, application, { kind: "envoyExtAuthzHttp", port });
  const answer = await exchange(proxy.port, `GET /1 HTTP/1.1\r\nhost: web\r\n\r\nGET /2 HTTP/1.1\r\n${head}\r\n`);
  assert.match(answer, /\/1HTTP[\s\S]*\/2$/);
  assert.deepEqual(seen, ["/1", "/2"]);
});
