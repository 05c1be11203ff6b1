import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { TestContext } from "node:test";
import { freePort } from "../../../../scripts/free-port.ts";
import { openAuthority } from "./authority.fixture.ts";
import { type MeshProxyOptions, openMeshProxy } from "./mesh-proxy.ts";

/** A service that echoes. */
export async function startEcho(t: TestContext): Promise<number> {
  const server = createServer((socket) => void socket.on("error", () => {}).pipe(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
}

/** What comes back; the fault's code, where one ends it. */
export function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
      socket.end();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    socket.once("close", () => resolve(answer));
    socket.write(text);
  });
}

/** An authority that knows the token `web`, and is not there until it is started. */
export async function bedFor(t: TestContext) {
  const { place, serve, askedAt, remove } = await openAuthority("web");
  const port = await freePort();
  const closers: (() => unknown)[] = [];
  t.after(async () => {
    for (const each of closers.reverse()) await each();
    remove();
  });
  const start = async () => {
    const service = await serve(port);
    closers.push(() => service.close(100));
  };
  let count = 0;
  /** What a proxy of a configuration is told. */
  const optionsOf = (config: object): MeshProxyOptions => {
    const file = place(`proxy-${++count}.json`);
    writeFileSync(file, JSON.stringify(config));
    return { config: file, ...askedAt(port), accessLog: "none", say: () => {} };
  };
  const open = async (config: object) => {
    const proxy = await openMeshProxy(optionsOf(config));
    closers.push(() => proxy.drain(0));
  };
  return { start, open, optionsOf, closers };
}

/** A proxy in front of an application, and one that takes what comes to `client` there in mutual TLS. */
export async function pairFor(application: number) {
  const [server, client] = [await freePort(), await freePort()];
  const at = (port: number) => ({ ip: "127.0.0.1", port });
  const identities = ["spiffe://cluster.local/ns/shop/sa/web"];
  return {
    server,
    client,
    inbound: {
      listeners: [{ direction: "inbound", host: "127.0.0.1", port: server, destination: at(application) }],
      inbound: { mode: "STRICT", ports: { [application]: { protocol: "tcp" } } },
    },
    outbound: {
      listeners: [{ direction: "outbound", host: "127.0.0.1", port: client, destination: at(server) }],
      outbound: [{ ...at(server), protocol: "tcp", tls: "mutual", identities }],
    },
  };
}

/** Fails where an exchange is not answered within some seconds. */
export async function untilAnswered(port: number): Promise<void> {
  let answer = "";
  for (let tries = 0; answer !== "hello" && tries < 200; tries++) {
    answer = await exchange(port, "hello");
    if (answer !== "hello") await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(answer, "hello");
}
