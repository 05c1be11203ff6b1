import assert from "node:assert/strict";
import { request } from "node:https";
import { test } from "node:test";
import { defaultCoding, listen, type PolicyServer, type ServerRequest } from "@sallyport/opa/server";
import { createCa, createLeaf, type KeyPair } from "@sallyport/pki";

const life = { now: Date.now(), days: 1 };

/** Asks once, as a client with a certificate; answers when it was answered. */
function ask(url: string, ca: string, { certificate, key }: KeyPair): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca, cert: certificate, key, agent: false }, (response) => {
      response.resume();
      response.on("end", resolve);
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("a policy that authorizes knows the certificates that a client has shown, the client's own first", async () => {
  const ca = await createCa("CN=ca", life);
  const own = await createLeaf(ca, "CN=server", life, { names: ["localhost"], addresses: ["127.0.0.1"] });
  const client = await createLeaf(ca, "CN=client,O=team", life);
  const requests: ServerRequest[] = [];
  const server: Pick<PolicyServer, "handle"> = {
    handle: async (asked) => {
      requests.push(asked);
      return { status: 200, headers: {}, body: "", compresses: false };
    },
  };
  const listener = await listen({
    server,
    address: { host: "127.0.0.1", port: 0 },
    tls: { cert: own.certificate, key: own.key, ca: ca.certificate, minVersion: "TLSv1.2" },
    authentication: "tls",
    coding: defaultCoding,
    onFault: (error) => assert.fail(String(error)),
  });
  try {
    await ask(listener.url, ca.certificate, client);
  } finally {
    await listener.close(0);
  }
  const [{ clientCertificates, identity } = {} as ServerRequest] = requests;
  const names = (clientCertificates as readonly { readonly Subject: { readonly CommonName: string } }[]).map(
    ({ Subject }) => Subject.CommonName,
  );
  assert.deepEqual(names, ["client", "ca"]);
  assert.match(identity ?? "", /CN=client/);
});
