import assert from "node:assert/strict";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Authorizer } from "../policy/call.ts";
import type { ProxyLimits } from "./limits.ts";
import { exchange, openConnections, received, type Started, startOne, startServer, until } from "./proxy.fixture.ts";

const authorizer: Authorizer = { readsHttp: true, decide: () => ({ allowed: true, reason: "" }) };

async function gate(
  t: TestContext,
  port: number,
  protocol: "http" | "http2",
  limits: Partial<ProxyLimits> = {},
): Promise<Started> {
  const proxy = await startOne("inbound", port, { authorizer, inbound: { mode: "PERMISSIVE", protocol }, limits });
  t.after(() => proxy.drain(0));
  return proxy;
}

/** Sends, and is gone without a word. */
async function sendAndReset(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.write(bytes, () => setImmediate(resolve)));
  socket.resetAndDestroy();
}

const request = Buffer.from("POST /cart HTTP/1.1\r\nhost: web\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
const answer = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
const bodyBytes = 5;

/** Answers `answer`, or as many bytes of it as `cut.after` says, and resets the connection then. Counts who is there. */
async function startApplication(t: TestContext, cut: { after: number }) {
  const open = new Set<Socket>();
  const { port, close } = await startServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    let got = 0;
    socket.on("data", (chunk) => {
      got += chunk.length;
      if (got < request.length - bodyBytes) return;
      socket.write(answer.subarray(0, cut.after), () => {
        if (cut.after < answer.length) setImmediate(() => socket.resetAndDestroy());
        else socket.end();
      });
    });
    socket.on("end", () => socket.end());
  });
  t.after(close);
  return { port, open };
}

test("a request of HTTP/1.1 that is reset after any byte leaves no connection, to either side", async (t) => {
  const { port, open } = await startApplication(t, { after: answer.length });
  const proxy = await gate(t, port, "http");
  for (let after = 1; after <= request.length; after++) await sendAndReset(proxy.port, request.subarray(0, after));
  await until(() => openConnections(proxy) === 0 && open.size === 0);
  assert.match(await exchange(proxy.port, request), /^HTTP\/1\.1 200 OK[\s\S]*hello$/);
});

test("an answer of HTTP/1.1 that is reset after any byte is never told as a whole one", async (t) => {
  const cut = { after: 0 };
  const { port, open } = await startApplication(t, cut);
  const proxy = await gate(t, port, "http");
  for (cut.after = 1; cut.after < answer.length; cut.after++) {
    const told = await exchange(proxy.port, request);
    if (cut.after < answer.length - bodyBytes) assert.match(told, /^HTTP\/1\.1 503 /, `${cut.after}`);
    else assert.doesNotMatch(told, /hello/, `${cut.after}`);
  }
  assert.match(await exchange(proxy.port, request), /^HTTP\/1\.1 200 OK[\s\S]*hello$/);
  await until(() => openConnections(proxy) === 0 && open.size === 0);
});

/** An application of HTTP/2 that answers what it was sent. */
async function startHttp2(t: TestContext): Promise<{ readonly port: number; readonly open: Set<object> }> {
  const open = new Set<object>();
  const server = createHttp2Server();
  server.on("session", (session) => {
    open.add(session);
    session.on("error", () => {});
    session.on("close", () => open.delete(session));
  });
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { port: (server.address() as { port: number }).port, open };
}

/** What came back; why none came whole. */
function callHttp2(port: number): Promise<string> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const end = (text: string) => {
      session.destroy();
      resolve(text);
    };
    session.on("error", (error) => end(`failed: ${error.message}`));
    session.on("close", () => end("failed: closed"));
    const stream = session.request({ ":method": "POST", ":path": "/cart" });
    let text = "";
    stream.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    stream.on("error", (error) => end(`failed: ${error.message}`));
    stream.on("end", () => end(stream.rstCode === 0 ? `${stream.sentHeaders && text}` : `failed: ${stream.rstCode}`));
    stream.end("hello");
  });
}

/** Between two ends: what the first says is kept; of what the second says `cut.after` bytes pass, and both are reset then. */
async function startBetween(t: TestContext, port: number, cut: { after: number }) {
  const said: Buffer[] = [];
  const between = await startServer((near) => {
    const far = connect({ port, host: "127.0.0.1" });
    let left = cut.after;
    far.on("error", () => near.destroy()).on("close", () => near.destroy());
    near.on("error", () => far.destroy()).on("close", () => far.destroy());
    near.on("data", (chunk) => {
      said.push(chunk);
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      near.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0)
        setImmediate(() => {
          near.resetAndDestroy();
          far.resetAndDestroy();
        });
    });
  });
  t.after(between.close);
  return { port: between.port, said };
}

test("a request of HTTP/2 that is reset after any byte leaves no connection, to either side", async (t) => {
  const { port, open } = await startHttp2(t);
  const proxy = await gate(t, port, "http2");
  const { port: recorded, said } = await startBetween(t, proxy.port, { after: Number.POSITIVE_INFINITY });
  assert.equal(await callHttp2(recorded), "hello");
  const whole = Buffer.concat(said);
  for (let after = 1; after <= whole.length; after++) await sendAndReset(proxy.port, whole.subarray(0, after));
  await until(() => openConnections(proxy) === 0 && open.size === 0);
  assert.equal(await callHttp2(proxy.port), "hello");
});

test("a client of HTTP/2 that says no more, without HTTP/2's farewell, is not kept", async (t) => {
  const { port, open } = await startHttp2(t);
  const proxy = await gate(t, port, "http2");
  const { port: recorded, said } = await startBetween(t, proxy.port, { after: Number.POSITIVE_INFINITY });
  assert.equal(await callHttp2(recorded), "hello");
  await exchange(proxy.port, said[0] as Buffer);
  await until(() => openConnections(proxy) === 0 && open.size === 0);
});

test("an answer of HTTP/2 that is reset after any byte is never told as a whole one", async (t) => {
  const { port, open } = await startHttp2(t);
  const cut = { after: 0 };
  const between = await startBetween(t, port, cut);
  const proxy = await gate(t, between.port, "http2");
  let whole = false;
  for (cut.after = 1; !whole && cut.after < 1000; cut.after++) {
    const told = await callHttp2(proxy.port);
    whole = told === "hello";
    assert.ok(whole || /^failed: |^upstream connect error$/.test(told) || told === "", `${cut.after}: ${told}`);
  }
  assert.ok(whole, "with all of its bytes it comes");
  await until(() => openConnections(proxy) === 0 && open.size === 0);
});

test("a client that goes away while its request waits takes it away from the application", async (t) => {
  const open = new Set<Socket>();
  const { port, close } = await startServer((socket) => {
    open.add(
      socket
        .on("close", () => open.delete(socket))
        .on("end", () => socket.end())
        .resume(),
    );
  });
  t.after(close);
  const proxy = await gate(t, port, "http");
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  const all = received(socket);
  socket.write(request);
  await until(() => open.size === 1);
  socket.resetAndDestroy();
  await all;
  await until(() => open.size === 0 && openConnections(proxy) === 0);
});

test("a head that comes too slowly is answered 408", async (t) => {
  const { port } = await startApplication(t, { after: answer.length });
  const proxy = await gate(t, port, "http", { requestHeadMs: 200 });
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  socket.write(`GET /cart HTTP/1.1\r\nhost: web\r\n`);
  assert.match(await received(socket), /^HTTP\/1\.1 408 /);
  await until(() => openConnections(proxy) === 0);
});
