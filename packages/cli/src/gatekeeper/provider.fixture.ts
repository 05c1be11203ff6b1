import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { createCa, createLeaf, type KeyPair } from "@sallyport/pki";

/** A Provider over TLS, and a client's certificate that it trusts. */
export interface TestProvider {
  readonly url: string;
  /** As a Provider's `caBundle`. */
  readonly caBundle: string;
  readonly client: KeyPair;
  /** The keys of each request, and whose certificate came with it. */
  readonly requests: { readonly keys: readonly string[]; readonly client: string | undefined }[];
  readonly close: () => void;
}

/** Keys that begin with `bad` have an error; all others are valid. The path `/slow` never answers. */
export async function startProvider(needsClient = false): Promise<TestProvider> {
  const life = { now: Date.now(), days: 1 };
  const ca = await createCa("CN=providers", life);
  const leaf = await createLeaf(ca, "CN=provider", life, { names: [], addresses: ["127.0.0.1"] });
  const client = await createLeaf(ca, "CN=sallyport", life);
  const requests: TestProvider["requests"] = [];
  const options = {
    cert: leaf.certificate,
    key: leaf.key,
    ...(needsClient ? { ca: ca.certificate, requestCert: true, rejectUnauthorized: true } : {}),
  };
  const server = createServer(options, async (request, response) => {
    if (request.url === "/slow") return;
    const { keys } = JSON.parse(await textOf(request)).request as { readonly keys: readonly string[] };
    const { subject } = (request.socket as TLSSocket).getPeerCertificate() ?? {};
    requests.push({ keys, client: subject === undefined ? undefined : String(subject.CN) });
    const items = keys.map((key) =>
      key.startsWith("bad") ? { key, error: `${key}_invalid` } : { key, value: `${key}_valid` },
    );
    const kind = "ProviderResponse";
    response.end(
      JSON.stringify({ apiVersion: "externaldata.gatekeeper.sh/v1beta1", kind, response: { idempotent: true, items } }),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caBundle: Buffer.from(ca.certificate).toString("base64"),
    client,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
