import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { echo, exchange, openConnections, startOne, startServer, until } from "./proxy.fixture.ts";

const web = "spiffe://cluster.local/ns/shop/sa/web";
const secret = "a text that nobody between may read";

/** Between two ends: lets `cut.after` bytes of one direction pass, and resets both then. Keeps all that passed. */
async function startCutter(port: number, cut: { readonly from: "client" | "server"; after: number }) {
  const passed: Buffer[] = [];
  const { port: own, close } = await startServer((near) => {
    const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let left = cut.after;
    const take = (from: Socket, to: Socket, isCut: boolean) => {
      from.on("error", () => to.destroy());
      from.on("end", () => to.end());
      from.on("data", (chunk) => {
        const part = isCut ? chunk.subarray(0, left) : chunk;
        passed.push(part);
        to.write(part);
        if (!isCut) return;
        left -= part.length;
        if (left === 0)
          setImmediate(() => {
            near.resetAndDestroy();
            far.resetAndDestroy();
          });
      });
    };
    take(near, far, cut.from === "client");
    take(far, near, cut.from === "server");
  });
  return { port: own, close, passed };
}

/** Of either direction, in one connection of `secret`: hello, handshake, tickets, data and farewell. */
const wholeBytes = 3000;
/** Of a hello, and of the server's answer to it: what is sent in the open. */
const openBytes = 500;
/** Each byte of what is sent in the open, and some of what follows, as each takes a handshake. */
const places = Array.from({ length: wholeBytes }, (_, i) => i + 1).filter((i) => i <= openBytes || i % 97 === 0);

for (const from of ["client", "server"] as const)
  test(`a connection that is reset at any byte of what the ${from} sends shows nothing, and leaves both proxies serving`, async (t) => {
    const received: string[] = [];
    const application = await startServer((socket) => {
      socket.on("data", (chunk) => received.push(chunk.toString()));
      echo(socket);
    });
    const server = await startOne("inbound", application.port, {
      inbound: { mode: "STRICT", protocol: "tcp" },
      // Of a reset that meets the end of a flight Node tells nothing: such a handshake ends by its limit.
      limits: { handshakeMs: 1000 },
    });
    const cut = { from, after: 0 };
    const cutter = await startCutter(server.port, cut);
    const target = { ip: "127.0.0.1", protocol: "tcp" as const, tls: "mutual" as const, identities: [web] };
    const client = await startOne("outbound", cutter.port, { outbound: { ...target, port: cutter.port } });
    t.after(async () => {
      await client.drain(0);
      await server.drain(0);
      cutter.close();
      application.close();
    });
    for (const after of places) {
      cut.after = after;
      const answer = await exchange(client.port, secret);
      assert.ok(answer === secret || answer === "" || answer === "RESET", `${after}: ${answer}`);
      if (after <= openBytes) assert.notEqual(answer, secret, `${after}: a hello was cut`);
    }
    assert.ok(!Buffer.concat(cutter.passed).includes(secret), "what passed can be read");
    assert.ok(received.every((text) => text === secret));
    cut.after = Number.POSITIVE_INFINITY;
    assert.equal(await exchange(client.port, secret), secret);
    assert.ok(server.log.length > places.length / 2, "the server tells of the connections");
    await until(() => openConnections(client) + openConnections(server) === 0);
  });

test("a STRICT port lets no byte of plaintext to the application, whatever it begins with", async (t) => {
  let reached = 0;
  const application = await startServer(() => reached++);
  const server = await startOne("inbound", application.port, { inbound: { mode: "STRICT", protocol: "auto" } });
  t.after(async () => {
    await server.drain(0);
    application.close();
  });
  const beginnings = [
    "GET / HTTP/1.1\r\n\r\n",
    "\x16\x03\x01\x00",
    "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    "\x16",
    "",
    "\x80\x2e\x01",
  ];
  for (const text of beginnings) {
    const answer = await exchange(server.port, Buffer.from(text, "latin1"));
    assert.ok(answer === "RESET" || !answer.includes("HTTP"), JSON.stringify(text));
  }
  assert.equal(reached, 0);
});

test("who reads nothing holds no drain up", async (t) => {
  const application = await startServer((socket) => {
    const flood = () => {
      while (socket.write(Buffer.alloc(65_536)));
    };
    socket.on("drain", flood);
    flood();
  });
  t.after(application.close);
  const server = await startOne("inbound", application.port, { inbound: { mode: "STRICT", protocol: "tcp" } });
  const outbound = { ip: "127.0.0.1", port: server.port, protocol: "tcp", tls: "mutual", identities: [web] } as const;
  const client = await startOne("outbound", server.port, { outbound });
  const socket = connect({ port: client.port, host: "127.0.0.1" }).pause();
  socket.on("error", () => {});
  await until(() => openConnections(server) === 1);
  // Until all buffers on the way are full.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await Promise.all([client.drain(0), server.drain(0)]);
  assert.equal(openConnections(client) + openConnections(server), 0);
  socket.destroy();
});
