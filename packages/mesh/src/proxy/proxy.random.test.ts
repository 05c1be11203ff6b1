import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import type { Authorizer, MutualTlsMode } from "../policy/call.ts";
import { echo, exchange, openConnections, type Started, startOne, startServer, until } from "./proxy.fixture.ts";
import type { PortProtocol } from "./proxy-config.ts";

const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 30);
/** Within which those who hear nothing more give up. */
const patienceMs = 30;

/** What clients begin with, some of it whole. */
const beginnings: Buffer[] = [
  Buffer.from("GET /a HTTP/1.1\r\nhost: web\r\n\r\n"),
  Buffer.from("POST /a HTTP/1.1\r\nhost: web\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
  Buffer.from("GET /a HTTP/1.1\r\nhost: web\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nmore"),
  // The preface of HTTP/2, its SETTINGS, and HEADERS of a request for `/`.
  Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Buffer.from("000000040000000000", "hex"),
    Buffer.from("00000401050000000182868441", "hex"),
  ]),
  Buffer.from("hello"),
];

/** The applications of ports that are read as HTTP must not hear of what no policy has let through. */
const authorizer: Authorizer = {
  readsHttp: true,
  decide: ({ http }) => ({ allowed: http !== undefined && !http.path.startsWith("/secret"), reason: "no rule" }),
};

const proxies: Started[] = [];
let strictReached = 0;
const closing: (() => void)[] = [];

before(async () => {
  beginnings.push(await realHello(["istio"]), await realHello(["h2"]));
  const behind = await startServer(echo);
  const behindStrict = await startServer((socket) => {
    strictReached++;
    echo(socket);
  });
  closing.push(behind.close, behindStrict.close);
  const limits = { helloMs: 200, handshakeMs: 200, serverFirstMs: 20, requestHeadMs: 200 };
  const start = (mode: MutualTlsMode, protocol: PortProtocol, port: number) =>
    startOne("inbound", port, { inbound: { mode, protocol }, authorizer, limits });
  for (const protocol of ["auto", "http", "http2"] as const) {
    proxies.push(await start("PERMISSIVE", protocol, behind.port), await start("DISABLE", protocol, behind.port));
    proxies.push(await start("STRICT", protocol, behindStrict.port));
  }
});

after(async () => {
  await Promise.all(proxies.map((proxy) => proxy.drain(0)));
  for (const close of closing) close();
});

/** As a client of ours sends it. */
async function realHello(protocols: string[]): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const { port, close } = await startServer((socket) => socket.once("data", resolve));
  const client = connectTls({ port, host: "127.0.0.1", ALPNProtocols: protocols, rejectUnauthorized: false });
  client.on("error", () => {});
  const bytes = await promise;
  client.destroy();
  close();
  return bytes;
}

const client = fc.record({
  proxy: fc.nat(8),
  beginning: fc.nat(7),
  /** Bytes put in, taken out or changed. */
  edits: fc.array(fc.record({ at: fc.nat(600), remove: fc.nat(8), insert: fc.uint8Array({ maxLength: 8 }) }), {
    maxLength: 3,
  }),
  /** Where what is sent is cut into pieces. */
  cut: fc.nat(600),
  end: fc.constantFrom("end" as const, "reset" as const, "wait" as const),
});

type Client = (typeof client)["generate"] extends (...args: never[]) => { readonly value: infer T } ? T : never;

async function play({ proxy, beginning, edits, cut, end }: Client): Promise<void> {
  const bytes = edits.reduce<Buffer>((whole, { at, remove, insert }) => {
    const place = at % (whole.length + 1);
    return Buffer.concat([whole.subarray(0, place), insert, whole.subarray(place + remove)]);
  }, beginnings[beginning] ?? Buffer.alloc(40, cut));
  const port = (proxies[proxy] as Started).port;
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {}).resume();
  await once(socket, "connect").catch(() => {});
  const place = cut % (bytes.length + 1);
  socket.write(bytes.subarray(0, place));
  await new Promise((resolve) => setImmediate(resolve));
  if (end === "end") socket.end(bytes.subarray(place));
  else socket.write(bytes.subarray(place));
  if (end === "reset") socket.resetAndDestroy();
  else
    await Promise.race([
      once(socket, "close").catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, patienceMs)),
    ]);
  socket.destroy();
}

test("whatever comes, STRICT lets nobody in, and a proxy comes to the end of each connection and goes on", async () => {
  const several = fc.array(client, { minLength: 4, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(several, async (clients) => {
      await Promise.all(clients.map(play));
      assert.equal(strictReached, 0);
    }),
    { numRuns },
  );
  await until(() => proxies.every((proxy) => openConnections(proxy) === 0));
  const served = await exchange(
    (proxies[0] as Started).port,
    "GET /a HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n",
  );
  assert.match(served, /^HTTP\/1\.1 /);
});
