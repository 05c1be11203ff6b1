import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { kmsV2Client } from "./grpc-client.ts";
import { TestKeys } from "./key-source.fixture.ts";
import { kmsServiceOf } from "./key-source.ts";
import { servePlugin } from "./plugin-server.ts";
import { KmsError } from "./service.ts";

function socketFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-kms-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return `unix://${join(folder, "kms.sock")}`;
}

test("a plugin answers over a socket, and its client gets what was sealed and opened", async (t) => {
  const [endpoint, keys] = [socketFor(t), new TestKeys()];
  const server = await servePlugin(endpoint, kmsServiceOf(keys), () => {});
  const client = kmsV2Client(endpoint, 5_000);
  assert.deepEqual(await client.status(), { version: "v2", healthz: "ok", keyId: "one" });
  const sealed = await client.encrypt("u1", Buffer.from("seed"));
  assert.deepEqual([sealed.keyId, [...sealed.annotations.keys()]], ["one", ["key.example.com"]]);
  assert.equal(Buffer.from(await client.decrypt("u2", sealed)).toString(), "seed");
  client.close();
  await server.close(1_000);
});

test("a plugin tells what failed, and nothing of what it does not know", async (t) => {
  const [endpoint, keys, told] = [socketFor(t), new TestKeys(), [] as string[]];
  const service = { ...kmsServiceOf(keys), encrypt: () => Promise.reject(new Error("canary")) };
  const server = await servePlugin(endpoint, service, (method, { message }) => told.push(`${method}: ${message}`));
  const client = kmsV2Client(endpoint, 5_000);
  const unknown = { ciphertext: Uint8Array.of(1), keyId: "two", annotations: new Map() };
  await assert.rejects(client.decrypt("u", unknown), new KmsError("rpc error: code = Internal desc = no key two"));
  await assert.rejects(
    client.encrypt("u", Buffer.from("a")),
    new KmsError("rpc error: code = Internal desc = the plugin failed; its log says why"),
  );
  assert.deepEqual(told, ["Decrypt: no key two", "Encrypt: canary"]);
  keys.fault = "HSM is out";
  const status = await client.status().catch((error: Error) => error.message);
  assert.equal(status, "rpc error: code = Internal desc = HSM is out");
  client.close();
  await server.close(1_000);
});

test("a client waits for a plugin that comes, and not for ever for one that does not", async (t) => {
  const [endpoint, keys] = [socketFor(t), new TestKeys()];
  const client = kmsV2Client(endpoint, 700);
  await assert.rejects(client.status(), /^KmsError: rpc error: code = DeadlineExceeded desc = /);
  client.close();
  const patient = kmsV2Client(endpoint, 20_000);
  const status = patient.status();
  const server = await servePlugin(endpoint, kmsServiceOf(keys), () => {});
  assert.equal((await status).keyId, "one");
  patient.close();
  await server.close(1_000);
});
