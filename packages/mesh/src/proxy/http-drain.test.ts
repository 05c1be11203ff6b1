import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import type { Authorizer } from "../policy/call.ts";
import { received, type Started, startOne, until } from "./proxy.fixture.ts";

const authorizer: Authorizer = { readsHttp: true, decide: () => ({ allowed: true, reason: "" }) };
const drainMs = 60_000;

/** A proxy before an application that answers `hello` once `release` is called. */
async function gate(protocol: "http" | "http2", port: number): Promise<Started> {
  return startOne("inbound", port, { authorizer, inbound: { mode: "PERMISSIVE", protocol } });
}

async function listening(
  t: TestContext,
  server: { listen: (port: number, host: string) => unknown; close: () => void },
) {
  server.listen(0, "127.0.0.1");
  await once(server as never, "listening");
  t.after(() => server.close());
  return (server as unknown as { address: () => { port: number } }).address().port;
}

test("a drain asks clients of HTTP/2 for no more requests, and answers those that are there", async (t) => {
  const waiting: ServerHttp2Stream[] = [];
  const server = createHttp2Server().on("stream", (stream) => void waiting.push(stream));
  const proxy = await gate("http2", await listening(t, server));
  const session = connectHttp2(`http://127.0.0.1:${proxy.port}`);
  const stream = session.request({ ":path": "/" }).setEncoding("utf8");
  await until(() => waiting.length === 1);
  const drained = proxy.drain(drainMs);
  const [code] = await once(session, "goaway");
  assert.equal(code, 0);
  for (const each of waiting) {
    each.respond({ ":status": 200 });
    each.end("hello");
  }
  assert.deepEqual(await stream.toArray(), ["hello"]);
  await drained;
  assert.deepEqual(
    proxy.log.map(({ request, reason }) => [request?.status, reason]),
    [
      [200, undefined],
      [undefined, undefined],
    ],
  );
});

test("a drain ends connections of HTTP/1.1 that wait for nothing, and others after their answer, which says so", async (t) => {
  const waiting: ServerResponse[] = [];
  const server = createServer(({ url }, response) => {
    if (url === "/now") response.end("now");
    else waiting.push(response);
  });
  const proxy = await gate("http", await listening(t, server));
  const say = (path: string) => {
    const socket = connect({ port: proxy.port, host: "127.0.0.1" });
    socket.write(`GET ${path} HTTP/1.1\r\nhost: web\r\n\r\n`);
    return received(socket);
  };
  const [idle, busy] = [say("/now"), say("/later")];
  await until(() => waiting.length === 1 && proxy.log.length === 1);
  const drained = proxy.drain(drainMs);
  assert.match(await idle, /^HTTP\/1\.1 200 OK[\s\S]*now$/);
  for (const response of waiting) response.end("later");
  assert.match(await busy, /^HTTP\/1\.1 200 OK[\s\S]*connection: close[\s\S]*later$/i);
  await drained;
});
