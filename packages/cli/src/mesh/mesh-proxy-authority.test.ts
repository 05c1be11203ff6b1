import assert from "node:assert/strict";
import { test } from "node:test";
import { bedFor, exchange, pairFor, startEcho, untilAnswered } from "./mesh-proxy.fixture.ts";

test("a proxy waits for its authority, and until then lets nothing out that should be in mutual TLS", async (t) => {
  const { start, open } = await bedFor(t);
  const { client, inbound, outbound } = await pairFor(await startEcho(t));
  await open(inbound);
  await open(outbound);
  assert.equal(await exchange(client, "hello"), "ECONNRESET");
  await start();
  await untilAnswered(client);
});
