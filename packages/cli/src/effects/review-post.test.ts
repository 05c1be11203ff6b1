import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { createCa, createLeaf } from "@sallyport/pki";
import { postReview } from "./review-post.ts";

/** What a webhook's server has seen of a call. */
interface Seen {
  readonly host: string | undefined;
  /** The name that the certificate was asked for by. */
  readonly serverName: unknown;
  readonly authorization: string | undefined;
  /** Of the client's certificate. */
  readonly name: string | undefined;
}

const life = { now: Date.now(), days: 2 };

/** A server of the Service `hook` in `shop`; `/first` leads to another host of its own. */
async function withHook(run: (port: number, ca: string, client: object, seen: Seen[]) => Promise<void>): Promise<void> {
  const ca = await createCa("CN=hooks", life);
  const places = { names: ["localhost", "hook.shop.svc"], addresses: ["127.0.0.1"] };
  const { certificate: cert, key } = await createLeaf(ca, "CN=hook", life, places);
  const client = await createLeaf(ca, "CN=apiserver", life);
  const seen: Seen[] = [];
  const tls = { cert, key, ca: ca.certificate, requestCert: true, rejectUnauthorized: false };
  const server = createServer(tls, ({ headers, socket, url }, response) => {
    const { servername: serverName } = socket as TLSSocket & { readonly servername: unknown };
    const { subject } = (socket as TLSSocket).getPeerCertificate() as { readonly subject?: { readonly CN?: string } };
    seen.push({ host: headers.host, serverName, authorization: headers.authorization, name: subject?.CN });
    if (url === "/first") response.writeHead(307, { location: `https://localhost:${port}/second` }).end();
    else response.setHeader("content-type", "application/json").end("{}");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  try {
    await run(port, ca.certificate, { cert: client.certificate, key: client.key }, seen);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("a service is reached at its address, by its name", () =>
  withHook(async (port, caBundle, _client, seen) => {
    const { body } = await postReview({
      url: `https://hook.shop.svc:${port}/check?timeout=5s`,
      address: { host: "127.0.0.1", port },
      serverName: "hook.shop.svc",
      caBundle,
      body: "{}",
      timeoutMs: 10_000,
    });
    assert.equal(body, "{}");
    const [{ host, serverName } = {}] = seen as readonly Partial<Seen>[];
    assert.deepEqual([host, serverName], [`hook.shop.svc:${port}`, "hook.shop.svc"]);
  }));

test("a webhook's server sees the token and the certificate, and no other host does", () =>
  withHook(async (port, caBundle, client, seen) => {
    const credentials = { authorization: "Bearer t", ...client };
    await postReview({ url: `https://127.0.0.1:${port}/first`, caBundle, body: "{}", timeoutMs: 10_000, credentials });
    const told = seen.map(({ authorization, name }) => [authorization, name]);
    assert.deepEqual(told, [
      ["Bearer t", "apiserver"],
      [undefined, undefined],
    ]);
  }));
