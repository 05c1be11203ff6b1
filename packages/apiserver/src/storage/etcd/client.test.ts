import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { EtcdClient } from "./client.ts";

/** A member that refuses so many calls with a text before it answers; an empty message is a range without keys. */
async function withMember(
  refusals: number,
  text: string,
  use: (client: EtcdClient, calls: readonly string[]) => Promise<void>,
): Promise<void> {
  const calls: string[] = [];
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    calls.push(String(headers[":path"]));
    const status = calls.length > refusals ? { "grpc-status": "0" } : { "grpc-status": "14", "grpc-message": text };
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(status));
    stream.end(calls.length > refusals ? Buffer.alloc(5) : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = new EtcdClient({
    servers: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
    tls: {},
  });
  try {
    await use(client, calls);
  } finally {
    await client.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("a read is asked again while the members choose a leader", () =>
  withMember(2, "etcdserver: leader changed", async (client, calls) => {
    assert.deepEqual((await client.range({ key: "/registry/a" })).values, []);
    assert.equal(calls.length, 3);
  }));

test("a read that fails for another reason is not asked again", () =>
  withMember(1, "etcdserver: too many requests", async (client, calls) => {
    await assert.rejects(client.range({ key: "/registry/a" }), /too many requests/);
    assert.equal(calls.length, 1);
  }));

test("a write is never sent twice: nobody knows whether it was applied", () =>
  withMember(1, "etcdserver: leader changed", async (client, calls) => {
    const compare = { key: "/registry/a", target: "mod", is: 0 } as const;
    await assert.rejects(client.txn({ compare, put: undefined }), /leader changed/);
    assert.equal(calls.length, 1);
  }));
