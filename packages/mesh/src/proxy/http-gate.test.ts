import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import type { Authorizer } from "../policy/call.ts";
import { normalPath } from "./http-call.ts";
import { exchange, received, type Started, startOne } from "./proxy.fixture.ts";
import type { InboundPort } from "./proxy-config.ts";

/** Refuses `/secret` and what is below it; and, of what is no request, all. */
const authorizer: Authorizer = {
  readsHttp: true,
  decide: ({ http }) =>
    http !== undefined && !http.path.startsWith("/secret")
      ? { allowed: true, reason: "" }
      : { allowed: false, reason: "no rule means it" },
};

async function gate(t: TestContext, port: number, inbound?: InboundPort): Promise<Started> {
  const proxy = await startOne("inbound", port, {
    authorizer,
    inbound: inbound ?? { mode: "PERMISSIVE", protocol: "http" },
  });
  t.after(() => proxy.drain(0));
  return proxy;
}

/** Tells what it was asked, and how often it was connected to. */
async function application(t: TestContext): Promise<{ port: number; server: Server; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.pipe(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as { port: number }).port, server, seen };
}

const head = "host: web\r\nconnection: close\r\n\r\n";
const requests: readonly (readonly [string, string, RegExp, readonly string[]])[] = [
  ["one that is allowed", `GET /open?a=b HTTP/1.1\r\n${head}`, /^HTTP\/1\.1 200 /, ["GET /open?a=b"]],
  ["one that is not", `GET /secret HTTP/1.1\r\n${head}`, /^HTTP\/1\.1 403 [\s\S]*RBAC: access denied$/, []],
  ["one by a way around", `GET /open/%2e%2e/secret HTTP/1.1\r\n${head}`, /^HTTP\/1\.1 403 /, []],
  [
    "the second of two in one go",
    `GET /a HTTP/1.1\r\nhost: web\r\n\r\nGET /secret HTTP/1.1\r\n${head}`,
    /200 [\s\S]* 403 /,
    ["GET /a"],
  ],
  [
    "one with two lengths",
    `POST /a HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n${head}`,
    /^HTTP\/1\.1 400 /,
    [],
  ],
  ["one with a fragment", `GET /a#b HTTP/1.1\r\n${head}`, /^HTTP\/1\.1 400 /, []],
  ["a tunnel", `CONNECT web:80 HTTP/1.1\r\n${head}`, /^HTTP\/1\.1 405 /, []],
  [
    "an upgrade that the application does not make",
    `GET /a HTTP/1.1\r\nupgrade: x\r\nhost: web\r\nconnection: upgrade\r\n\r\nGET /secret HTTP/1.1\r\n${head}`,
    /200 (?![\s\S]*HTTP\/1)/,
    ["GET /a"],
  ],
  [
    "an upgrade that is not allowed",
    `GET /secret HTTP/1.1\r\nupgrade: x\r\nhost: web\r\nconnection: upgrade\r\n\r\n`,
    /^HTTP\/1\.1 403 /,
    [],
  ],
  [
    "a body in chunks",
    `POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n${head}3\r\nabc\r\n0\r\n\r\n`,
    /200 [\s\S]*abc/,
    ["POST /a"],
  ],
  ["none, where HTTP is declared", "hello\r\n\r\n", /^HTTP\/1\.1 400 /, []],
];

for (const [name, text, expected, reached] of requests)
  test(`a request: ${name}`, async (t) => {
    const { port, seen } = await application(t);
    const proxy = await gate(t, port);
    assert.match(await exchange(proxy.port, text), expected);
    assert.deepEqual(seen, reached);
  });

test("requests are told with who asked, and counted", async (t) => {
  const { port } = await application(t);
  const proxy = await gate(t, port);
  await exchange(proxy.port, `GET /open HTTP/1.1\r\n${head}`);
  await exchange(proxy.port, `GET /secret HTTP/1.1\r\n${head}`);
  const told = proxy.log.flatMap(({ decision, request }) =>
    request === undefined ? [] : [[decision, request.path, request.status]],
  );
  assert.deepEqual(told, [
    ["allowed", "/open", 200],
    ["denied", "/secret", 403],
  ]);
  assert.match(proxy.metrics.render(), /istio_requests_total\{.*response_code="403"\} 1/);
});

test("an upgrade that the application makes goes on in its protocol", async (t) => {
  const { port, server } = await application(t);
  server.on("upgrade", (_request, socket, first) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
    socket.write(first);
    socket.pipe(socket);
  });
  const proxy = await gate(t, port);
  const socket = connect(proxy.port, "127.0.0.1");
  socket.write("GET /a HTTP/1.1\r\nupgrade: x\r\nhost: web\r\nconnection: upgrade\r\n\r\n");
  await once(socket, "data");
  socket.end("raw");
  assert.equal(await received(socket), "raw");
});

test("what is no HTTP on a port that is not declared is decided as TCP", async (t) => {
  const { port, seen } = await application(t);
  const proxy = await gate(t, port, { mode: "PERMISSIVE", protocol: "auto" });
  assert.equal(await exchange(proxy.port, "\x00\x01hello there"), "RESET");
  assert.match(await exchange(proxy.port, `GET /open HTTP/1.1\r\n${head}`), /^HTTP\/1\.1 200 /);
  assert.deepEqual(seen, ["GET /open"]);
});

test("streams of HTTP/2 are decided each, with trailers; calls of gRPC are refused in its own words", async (t) => {
  const server = createHttp2Server().listen(0, "127.0.0.1");
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.pipe(stream);
  });
  await once(server, "listening");
  const proxy = await gate(t, (server.address() as { port: number }).port, { mode: "PERMISSIVE", protocol: "grpc" });
  const session = connectHttp2(`http://127.0.0.1:${proxy.port}`);
  t.after(() => {
    session.destroy();
    server.close();
  });
  // The drain at the end of the test resets it.
  session.on("error", () => {});
  const ask = async (path: string, type: string) => {
    const stream = session.request({ ":path": path, ":method": "POST", "content-type": type });
    let [body, trailers]: [string, object] = ["", {}];
    stream.setEncoding("utf8").on("data", (text) => (body += text));
    stream.on("trailers", (given) => (trailers = { status: given["grpc-status"] }));
    stream.end("hello");
    const [headers] = await once(stream, "response");
    await once(stream, "close");
    return [headers[":status"], headers["grpc-status"], body, trailers];
  };
  assert.deepEqual(await ask("/open", "application/grpc"), [200, undefined, "hello", { status: "0" }]);
  assert.deepEqual(await ask("/secret", "text/plain"), [403, undefined, "RBAC: access denied", {}]);
  assert.deepEqual(await ask("/a/../secret", "application/grpc+proto"), [200, "7", "", {}]);
});

const paths: readonly (readonly [string, string | undefined])[] = [
  ["/a/../b?c=..", "/b"],
  ["/a/./b//c", "/a/b//c"],
  ["/a\\b", "/a/b"],
  ["/%2e%2E/a", "/a"],
  ["/a%2fb", "/a%2fb"],
  ["//host/a", "//host/a"],
  ["*", "*"],
  ["http://web/a/../b", "/b"],
  ["http://web", "/"],
  ["web:80", undefined],
  ["/a#b", undefined],
];

for (const [target, path] of paths) test(`the path of ${target}`, () => assert.equal(normalPath(target)?.path, path));
