import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { reset } from "./relay.ts";

/** More than the kernel takes while nobody reads. */
const waiting = 8 << 20;

const cases: readonly {
  readonly name: string;
  readonly before: (socket: Socket) => unknown;
  readonly told: string;
}[] = [
  { name: "open", before: () => undefined, told: "ECONNRESET" },
  { name: "being shut down", before: (socket) => socket.end(), told: "end" },
  { name: "shut down", before: (socket) => once(socket.end(), "finish"), told: "end" },
  {
    name: "with bytes that wait before its end",
    before: (socket) => socket.end(Buffer.alloc(waiting)),
    told: "ECONNRESET",
  },
];

for (const { name, before, told } of cases)
  test(`a connection that is reset closes: ${name}`, { timeout: 10_000 }, async (context) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
    context.after(() => server.close());
    await once(server, "listening");
    const client = connect({ port: (server.address() as { port: number }).port, host: "127.0.0.1" });
    const [accepted] = (await once(server, "connection")) as [Socket];
    client.on("error", () => undefined);
    const end = heard(client);
    await before(accepted);
    const closed = once(accepted, "close");
    accepted.on("error", () => undefined);
    reset(accepted);
    await closed;
    assert.equal(await end, told);
    client.destroy();
    assert.equal(await connections(server), 0);
  });

/** How the other end learns of it. */
const heard = (client: Socket): Promise<string> =>
  new Promise((resolve) => {
    client.once("end", () => resolve("end"));
    client.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? "no code"));
    client.resume();
  });

const connections = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
