import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { Client } from "./client.ts";
import { ConnectionError } from "./connection.ts";

/** A server that answers the first request of each connection, and ends it at the second; how many connections it saw. */
async function withImpatient(run: (client: Client, connections: () => number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    let requests = 0;
    socket.on("error", () => {});
    socket.on("data", () => {
      if (++requests > 1) socket.destroy();
      else socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const client = new Client({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } as never);
  try {
    await run(client, () => connections);
  } finally {
    client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

test("a connection that the server had closed meanwhile is no fault: what reads is asked again", () =>
  withImpatient(async (client, connections) => {
    for (let i = 0; i < 3; i++) assert.deepEqual(await client.ask("/api"), {});
    assert.equal(connections(), 3);
  }));

test("what writes is not sent twice", () =>
  withImpatient(async (client) => {
    await client.ask("/api");
    await assert.rejects(client.ask("/api", { method: "POST", body: {} }), ConnectionError);
  }));

/** A server that answers a watch at once and tells its first event late, and says nothing to whatever else is asked. */
async function withSilent(run: (client: Client) => Promise<void>): Promise<void> {
  const server = createHttpServer((request, response) => {
    if (!request.url?.includes("watch=true")) return;
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    setTimeout(() => response.end('{"type":"BOOKMARK"}\n'), 5 * silentMs);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const client = new Client({ url: `http://127.0.0.1:${port}` } as never, { silentMs });
  try {
    await run(client);
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
  }
}

const silentMs = 100;

test("a watch that has nothing to tell is not cut; a server that does not answer is away", () =>
  withSilent(async (client) => {
    const lines: string[] = [];
    for await (const line of client.lines("/api/v1/pods", {}, new AbortController().signal)) lines.push(line);
    assert.deepEqual(lines, ['{"type":"BOOKMARK"}']);
    await assert.rejects(client.ask("/api"), /no answer in 0\.1 s/);
  }));

/** A server that answers everything with a text. */
async function withAnswer(text: string, run: (client: Client) => Promise<void>): Promise<void> {
  const server = createHttpServer((_, response) => response.end(text));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const client = new Client({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } as never);
  try {
    await run(client);
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
  }
}

const pods = { apiVersion: "v1", kind: "PodList", metadata: { continue: "x" }, items: [{ metadata: { name: "é" } }] };

for (const [what, text, items] of [
  ["objects of a page", JSON.stringify(pods), [{ apiVersion: "v1", kind: "Pod", metadata: { name: "é" } }]],
  ["a page without objects", '{"kind":"PodList","items":null}', []],
] as const)
  test(`one pass over ${what}, as a page has them`, () =>
    withAnswer(text, async (client) => {
      const pass = await client.onePass("/api/v1/pods", {});
      const page = await client.page("/api/v1/pods", {});
      assert.deepEqual({ ...pass, items: [...pass.items] }, page);
      assert.deepEqual(page.items, items);
    }));

test("an object of a page that is no JSON ends the pass", () =>
  withAnswer('{"items":[{"a":1},{"b"}]}', async (client) => {
    const { items } = await client.onePass("/api/v1/pods", {});
    assert.throws(() => [...items], new ConnectionError("/api/v1/pods?: the answer is no JSON"));
  }));
