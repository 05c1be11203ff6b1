import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import type { TLSSocket } from "node:tls";
import type { JsonObject } from "@sallyport/rego";
import { ask } from "./ask.ts";
import { type Service, servicesOf } from "./service.ts";

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

const tls = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../../effects/src/testdata/tls.json"), "utf8"),
) as { readonly authority: string; readonly server: Pair; readonly client: Pair };

const folder = mkdtempSync(join(tmpdir(), "services-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const files = { ca: tls.authority, cert: tls.client.certificate, key: tls.client.key, other: tls.server.key };
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
const file = (name: keyof typeof files) => join(folder, name);

function serviceOf(config: JsonObject): Service {
  return servicesOf({ services: { main: config } }, {}).get("main") as Service;
}

const get = { method: "GET", path: "/a/b", agent: "agent/1" } as const;

async function listen(t: TestContext, server: ReturnType<typeof createServer>, scheme: string): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `${scheme}://localhost:${(server.address() as AddressInfo).port}`;
}

/** A server that names who has come, and asks all for a certificate. */
function secure(t: TestContext): Promise<string> {
  const options = { cert: tls.server.certificate, key: tls.server.key, ca: tls.authority, requestCert: true };
  const server = createServer({ ...options, rejectUnauthorized: false }, (incoming, response) => {
    const { subject } = (incoming.socket as TLSSocket).getPeerCertificate();
    response.end(subject === undefined ? "nobody" : "somebody");
  });
  return listen(t, server, "https");
}

function plain(t: TestContext, answer: RequestListener): Promise<string> {
  return listen(t, createPlainServer(answer) as ReturnType<typeof createServer>, "http");
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("a service is trusted by its own authority, or when it is said that it may be anybody", async (t) => {
  const url = await secure(t);
  await assert.rejects(ask(serviceOf({ url }), get), /request failed: Get "https:.*certificate/);
  assert.equal(text((await ask(serviceOf({ url, allow_insecure_tls: true }), get)).bytes), "nobody");
  assert.equal(text((await ask(serviceOf({ url, tls: { ca_cert: file("ca") } }), get)).bytes), "nobody");
});

test("client_tls shows its certificate; its own ca_cert counts where the service has none", async (t) => {
  const url = await secure(t);
  const pair = { cert: file("cert"), private_key: file("key") };
  const fresh = { url, tls: { ca_cert: file("ca") }, credentials: { client_tls: pair } };
  assert.equal(text((await ask(serviceOf(fresh), get)).bytes), "somebody");
  const older = { url, credentials: { client_tls: { ...pair, ca_cert: file("ca") } } };
  assert.equal(text((await ask(serviceOf(older), get)).bytes), "somebody");
});

test("client_tls with files that do not belong together is told, and nothing is sent", async (t) => {
  const url = await secure(t);
  const config = (cert: string, private_key: string) => ({ url, credentials: { client_tls: { cert, private_key } } });
  await assert.rejects(
    ask(serviceOf(config(file("cert"), file("other"))), get),
    /private key does not match public key/,
  );
  await assert.rejects(
    ask(serviceOf(config(join(folder, "none"), file("key"))), get),
    /failed to read client certificate file/,
  );
});

for (const [config, message] of [
  [{ url: "https://a", tls: { ca_cert: "/none" } }, /service "main": tls\.ca_cert: ENOENT/],
  [{ url: "https://a", tls: { ca_cert: "KEY" } }, /service "main": tls\.ca_cert: no certificate in/],
  [{ url: "a b" }, /service "main": url: "a b" is no URL/],
  [{ url: "https://a", type: "ftp" }, /service "main": type "ftp" is not known; oci is/],
] as const) {
  test(`a service that cannot be: ${JSON.stringify(config)}`, () => {
    const given = JSON.parse(JSON.stringify(config).replace("KEY", file("key")));
    assert.throws(() => serviceOf(given), message);
  });
}

test("requests have the service's headers, their own, and the credentials", async (t) => {
  let seen: IncomingMessage["headers"] = {};
  const url = await plain(t, (incoming, response) => {
    seen = incoming.headers;
    response.end();
  });
  const config = { url, headers: { "X-Own": "1", Prefer: "none" }, credentials: { bearer: { token: "t" } } };
  await ask(serviceOf(config), { ...get, headers: { Prefer: "modes=snapshot" } });
  assert.equal(seen["x-own"], "1");
  assert.equal(seen["prefer"], "modes=snapshot");
  assert.equal(seen["authorization"], "Bearer t");
  assert.equal(seen["user-agent"], "agent/1");
});

test("an answer without an end is read no further than its limit", async (t) => {
  let written = 0;
  const url = await plain(t, (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65536))) written += 65536;
    };
    response.on("drain", more);
    more();
  });
  await assert.rejects(
    ask(serviceOf({ url }), { ...get, limitBytes: 100_000 }),
    /the answer is larger than 100000 bytes/,
  );
  assert.ok(written < 64 * 1024 * 1024);
});

test("a service that says nothing is given up", async (t) => {
  const url = await plain(t, () => undefined);
  await assert.rejects(
    ask(serviceOf({ url, response_header_timeout_seconds: 0.2 }), get),
    /request failed: Get .*timeout awaiting response headers/,
  );
});

test("what comes slowly is waited for, once its head is there", async (t) => {
  const url = await plain(t, (_, response) => {
    response.write("slow");
    setTimeout(() => response.end("ly"), 2_300);
  });
  // A busy machine may take its time to the head as well.
  const answer = await ask(serviceOf({ url, response_header_timeout_seconds: 2 }), get);
  assert.equal(text(answer.bytes), "slowly");
});

test("credentials that cannot be had are told, and nothing is sent", async (t) => {
  let asked = 0;
  const url = await plain(t, (_, response) => {
    asked++;
    response.end();
  });
  const config = { url, credentials: { bearer: { token_path: join(folder, "none") } } };
  await assert.rejects(ask(serviceOf(config), get), /ENOENT/);
  assert.equal(asked, 0);
});
