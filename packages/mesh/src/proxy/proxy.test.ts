import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { madeAuthority } from "../identity/x509/certificates.fixture.ts";
import type { MutualTlsMode } from "../policy/call.ts";
import {
  certificateOf,
  echo,
  exchange,
  type Given,
  GivenSource,
  received,
  type Started,
  startOne,
  startServer,
} from "./proxy.fixture.ts";
import type { PortProtocol } from "./proxy-config.ts";

const web = "spiffe://cluster.local/ns/shop/sa/web";

async function startEcho(t: TestContext, serve = echo): Promise<number> {
  const { port, close } = await startServer(serve);
  t.after(close);
  return port;
}

async function inbound(t: TestContext, port: number, given: Given): Promise<Started> {
  const proxy = await startOne("inbound", port, given);
  t.after(() => proxy.drain(0));
  return proxy;
}

/** The workload's own proxy, of which `tls` goes to the other's port in mutual TLS. */
async function outbound(t: TestContext, port: number, given: Given = {}): Promise<Started> {
  const target = { ip: "127.0.0.1", port, protocol: "auto" as const, tls: "mutual" as const, identities: [web] };
  const proxy = await startOne("outbound", port, { outbound: target, ...given });
  t.after(() => proxy.drain(0));
  return proxy;
}

/** What a client of each kind gets back of an echo. */
const clients = {
  plaintext: async (_t: TestContext, port: number) => exchange(port, "hello"),
  mesh: async (t: TestContext, port: number) => exchange((await outbound(t, port)).port, "hello"),
  foreign: async (_t: TestContext, port: number) => {
    const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    socket.on("secureConnect", () => socket.end("hello"));
    return received(socket);
  },
};

type Client = keyof typeof clients;

const modes: readonly (readonly [MutualTlsMode, PortProtocol, Client, expected: RegExp, told: string])[] = [
  ["PERMISSIVE", "auto", "plaintext", /^hello$/, "plaintext allowed"],
  ["PERMISSIVE", "auto", "mesh", /^hello$/, "mutual allowed"],
  ["PERMISSIVE", "http", "mesh", /^hello$/, "mutual allowed"],
  ["PERMISSIVE", "http", "foreign", /^(RESET|E.*)?$/, "plaintext denied"],
  ["STRICT", "auto", "plaintext", /^RESET$/, "plaintext denied"],
  ["STRICT", "auto", "mesh", /^hello$/, "mutual allowed"],
  ["STRICT", "auto", "foreign", /^(RESET|E.*)?$/, "mutual failed"],
  ["DISABLE", "auto", "plaintext", /^hello$/, "plaintext allowed"],
];

for (const [mode, protocol, client, expected, told] of modes)
  test(`${mode} on a port of ${protocol}: a ${client} client`, async (t) => {
    const proxy = await inbound(t, await startEcho(t), { inbound: { mode, protocol } });
    assert.match(await clients[client](t, proxy.port), expected);
    await proxy.drain(2000);
    assert.deepEqual(
      proxy.log.map(({ tls, decision }) => `${tls} ${decision}`),
      [told],
    );
  });

test("an application's own TLS passes PERMISSIVE as it is", async (t) => {
  const own = certificateOf("own");
  const server = createTlsServer({ cert: own.chain, key: own.key, ALPNProtocols: ["h2"] }, (socket) =>
    socket.pipe(socket),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close());
  const proxy = await inbound(t, (server.address() as { port: number }).port, {});
  const socket = connectTls({ port: proxy.port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  await once(socket, "secureConnect");
  assert.equal(socket.alpnProtocol, "h2");
  socket.end("hello");
  assert.equal(await received(socket), "hello");
  await proxy.drain(2000);
  assert.equal(proxy.log[0]?.tls, "foreign");
});

test("both ends are told who the other is, and what passed", async (t) => {
  const server = await inbound(t, await startEcho(t), { inbound: { mode: "STRICT", protocol: "tcp" } });
  const client = await outbound(t, server.port);
  assert.equal(await exchange(client.port, "hello"), "hello");
  await Promise.all([client.drain(2000), server.drain(2000)]);
  const [cart, shop] = ["cluster.local/ns/shop/sa/cart", "cluster.local/ns/shop/sa/web"];
  const [at, from] = [server.log[0], client.log[0]];
  assert.deepEqual([at?.source.principal, at?.bytesIn, at?.bytesOut, at?.tls], [cart, 5, 5, "mutual"]);
  assert.deepEqual([from?.destination.principal, from?.bytesIn, from?.bytesOut], [shop, 5, 5]);
  const metrics = server.metrics.render();
  assert.match(
    metrics,
    new RegExp(`connections_opened_total\\{reporter="destination",source_principal="${cart}".*\\} 1`),
  );
  assert.match(metrics, /istio_tcp_received_bytes_total\{.*\} 5/);
  assert.match(metrics, /sallyport_mesh_connections\{direction="inbound"\} 0/);
});

test("a server that speaks first is heard by mesh clients at once, and by others where plaintext is taken", async (t) => {
  const port = await startEcho(t, (socket) => socket.end("welcome"));
  const proxy = await inbound(t, port, { inbound: { mode: "PERMISSIVE", protocol: "mysql" } });
  for (const to of [proxy.port, (await outbound(t, proxy.port)).port]) {
    const socket = connect({ port: to, host: "127.0.0.1" });
    assert.equal(await received(socket), "welcome");
  }
});

const strangers = madeAuthority("strangers", { notBefore: Date.now() - 1e7, notAfter: Date.now() + 1e7 });
const hour = 3600 * 1000;
const badClients: readonly (readonly [string, GivenSource, RegExp])[] = [
  ["expired", new GivenSource(certificateOf("cart", { notAfter: Date.now() - hour })), /ended at/],
  ["of the future", new GivenSource(certificateOf("cart", { notBefore: Date.now() + hour })), /is not valid before/],
  ["of another trust domain", new GivenSource(certificateOf("cart", { id: "spiffe://else/a" })), /trust domain else/],
  [
    "of two URIs",
    new GivenSource(certificateOf("cart", { uris: ["spiffe://cluster.local/a", "spiffe://cluster.local/b"] })),
    /2 URI names/,
  ],
  ["forged", new GivenSource(certificateOf("cart", {}, strangers)), /signed by nobody/],
];

/** On a busy machine a handshake takes long: a client whose limit ends it resets the connection, and that is told in place of the certificate. */
const patient = { limits: { handshakeMs: 120_000 } };

for (const [name, source, reason] of badClients)
  test(`a certificate that is ${name} gets nobody in, and nobody out`, async (t) => {
    let reached = 0;
    const port = await startEcho(t, (socket) => {
      reached++;
      echo(socket);
    });
    const server = await inbound(t, port, patient);
    const client = await outbound(t, server.port, { source, ...patient });
    assert.notEqual(await exchange(client.port, "hello"), "hello");
    await Promise.all([client.drain(2000), server.drain(2000)]);
    assert.equal(server.log[0]?.decision, "failed");
    assert.match(server.log[0]?.reason ?? "", reason);

    const bad = await inbound(t, port, { source, ...patient });
    const other = await outbound(t, bad.port, patient);
    assert.equal(await exchange(other.port, "hello"), "RESET");
    await other.drain(2000);
    assert.match(other.log[0]?.reason ?? "", reason);
    assert.equal(reached, 0, "no connection came to the application");
  });

test("a server of another identity is told nothing", async (t) => {
  const server = await inbound(t, await startEcho(t), { source: new GivenSource(certificateOf("thief")) });
  const client = await outbound(t, server.port);
  assert.equal(await exchange(client.port, "secret"), "RESET");
  await client.drain(2000);
  assert.match(client.log[0]?.reason ?? "", /the server is .*thief; expected .*web/);
  assert.equal(server.log[0]?.bytesIn ?? 0, 0);
});

test("without a certificate plaintext is taken as the mode says, and nothing goes out that should be mutual", async (t) => {
  const echoPort = await startEcho(t);
  const source = new GivenSource();
  const server = await inbound(t, echoPort, { source });
  const client = await outbound(t, echoPort, { source });
  assert.equal(await exchange(server.port, "hello"), "hello");
  assert.equal(await exchange(client.port, "hello"), "RESET");
  assert.match(client.log[0]?.reason ?? "", /no certificate yet/);
  source.give(certificateOf("web"));
  assert.equal(await exchange((await outbound(t, server.port)).port, "hello"), "hello");
});

test("connections go on when the certificate changes; the next shows the new one", async (t) => {
  const source = new GivenSource(certificateOf("web"));
  const server = await inbound(t, await startEcho(t), { source });
  const target = {
    ip: "127.0.0.1",
    port: server.port,
    protocol: "tcp" as const,
    tls: "mutual" as const,
    identities: [],
  };
  const client = await outbound(t, server.port, { outbound: target });
  const socket = connect({ port: client.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.write("before ");
  await once(socket, "data");
  source.give(certificateOf("later"));
  socket.end("after");
  assert.equal(await received(socket), "after");
  assert.equal(await exchange(client.port, "hello"), "hello");
  await client.drain(2000);
  assert.deepEqual(
    client.log.map(({ destination }) => destination.principal?.split("/").at(-1)),
    ["web", "later"],
  );
});

test("a connection after the first, whose session is resumed, knows both ends as the first does", async (t) => {
  const server = await inbound(t, await startEcho(t), {});
  const target = { ip: "127.0.0.1", port: server.port, protocol: "tcp" as const, tls: "mutual" as const };
  const asked: { identities: readonly string[] } = { identities: [web] };
  const client = await outbound(t, server.port, { outbound: Object.assign(asked, target) });
  for (let i = 0; i < 3; i++) assert.equal(await exchange(client.port, "hello"), "hello");
  asked.identities = ["spiffe://cluster.local/ns/shop/sa/other"];
  assert.equal(await exchange(client.port, "hello"), "RESET");
  assert.match(client.log.pop()?.reason ?? "", /the server is .*web; expected .*other/);
  await Promise.all([client.drain(2000), server.drain(2000)]);
  for (const { destination } of client.log) assert.equal(destination.principal, "cluster.local/ns/shop/sa/web");
  for (const { source: from } of server.log.slice(0, 3)) assert.equal(from.principal, "cluster.local/ns/shop/sa/cart");
});

test("an end that says no more is told the rest, in large", async (t) => {
  const port = await startEcho(t, (socket) => {
    let length = 0;
    socket.on("data", (chunk) => (length += chunk.length)).on("end", () => socket.end(`${length}`));
  });
  const server = await inbound(t, port, { inbound: { mode: "STRICT", protocol: "tcp" } });
  const client = await outbound(t, server.port);
  assert.equal(await exchange(client.port, Buffer.alloc(5_000_000)), "5000000");
});

test("a reset of either end comes to the other as one, through both proxies", async (t) => {
  const port = await startEcho(t, (socket) => socket.once("data", () => socket.resetAndDestroy()));
  const server = await inbound(t, port, { inbound: { mode: "STRICT", protocol: "tcp" } });
  const client = await outbound(t, server.port);
  const socket = connect({ port: client.port, host: "127.0.0.1" });
  socket.write("hello");
  assert.equal(await received(socket), "RESET");

  const ended = Promise.withResolvers<string>();
  const other = await startEcho(t, (far) => {
    far.on("error", () => ended.resolve("RESET")).on("end", () => ended.resolve("END"));
    far.write("hello");
    far.resume();
  });
  const behind = await inbound(t, other, { inbound: { mode: "STRICT", protocol: "tcp" } });
  const near = connect({ port: (await outbound(t, behind.port)).port, host: "127.0.0.1" });
  await once(near, "data");
  near.resetAndDestroy();
  assert.equal(await ended.promise, "RESET");
});

test("a slow reader holds its writer up", async (t) => {
  let written = 0;
  const port = await startEcho(t, (socket) => {
    const chunk = Buffer.alloc(65_536);
    const go = () => {
      while (written < 200_000_000 && socket.write(chunk)) written += chunk.length;
    };
    socket.on("drain", go);
    go();
  });
  const server = await inbound(t, port, { inbound: { mode: "STRICT", protocol: "tcp" } });
  const socket = connect({ port: (await outbound(t, server.port)).port, host: "127.0.0.1" });
  socket.pause();
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  socket.destroy();
  assert.ok(written < 100_000_000, `${written} bytes were taken of a server whose client reads nothing`);
});

test("a drain takes nobody new, and lets those that are there end", async (t) => {
  const proxy = await inbound(t, await startEcho(t), {});
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  socket.write("a");
  await once(socket, "data");
  const drained = proxy.drain(10_000);
  assert.equal(await exchange(proxy.port, "x"), "ECONNREFUSED");
  socket.end("b");
  assert.equal(await received(socket), "b");
  await drained;
  assert.equal(proxy.log.length, 1);
});

test("a drain that has waited long enough resets what is left", async (t) => {
  const proxy = await inbound(t, await startEcho(t), {});
  const socket = connect({ port: proxy.port, host: "127.0.0.1" });
  socket.write("a");
  await once(socket, "data");
  const outcome = received(socket);
  await proxy.drain(50);
  assert.equal(await outcome, "RESET");
});

test("a hello that does not come to its end in time, and connections beyond the limit, are reset", async (t) => {
  const proxy = await inbound(t, await startEcho(t), {
    limits: { helloMs: 100, serverFirstMs: 50, maxConnections: 1 },
  });
  const slow = connect({ port: proxy.port, host: "127.0.0.1" });
  slow.write(Buffer.from([22, 3, 1]));
  await once(slow, "connect");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await exchange(proxy.port, "x"), "RESET");
  assert.equal(await received(slow), "RESET");
});

test("what asks for the proxy itself, or for nothing, is refused", async (t) => {
  const proxy = await inbound(t, 1, { destination: ({ localPort }) => ({ ip: "127.0.0.1", port: localPort ?? 0 }) });
  const lost = await inbound(t, 1, { destination: () => undefined });
  for (const { port, log } of [proxy, lost]) {
    assert.equal(await exchange(port, "x"), "RESET");
    assert.match(log[0]?.reason ?? "", /it asks for the proxy itself/);
  }
});
