import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createCa, createLeaf, type KeyPair } from "@sallyport/pki";
import type { Behaviour } from "./behaviours.ts";

/** What a webhook was sent. */
export interface Call {
  /** With the query. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string | undefined };
  // biome-ignore lint/suspicious/noExplicitAny: an AdmissionReview, or whatever came
  readonly body: any;
}

/** A webhook server whose paths each behave in a way of their own; it keeps what it was asked. */
export interface HookServer {
  readonly url: string;
  /** PEM of the authority of its certificate. */
  readonly ca: string;
  /** The behaviour of a path. */
  readonly behave: (path: string, behaviour: Behaviour) => void;
  /** All calls since the last time, in their order. */
  readonly take: () => readonly Call[];
  readonly close: () => void;
}

/** Headers that a client chooses; the others are of the connection. */
const compared: readonly string[] = ["accept", "content-type", "user-agent", "accept-encoding"];

/** On a free port of this machine. */
export async function startHookServer({ certificate, key }: KeyPair, ca: string): Promise<HookServer> {
  const behaviours = new Map<string, Behaviour>();
  let calls: Call[] = [];
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    const body = await bodyOf(request);
    const [path = ""] = (request.url ?? "").split("?");
    const headers = Object.fromEntries(compared.map((name) => [name, String(request.headers[name])]));
    calls.push({ path: request.url ?? "", headers, body });
    (behaviours.get(path) ?? notFound)({ review: body, request, response });
  });
  server.on("tlsClientError", () => {});
  // A connection that is cut when its caller takes it again would be a difference of chance.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca,
    behave: (path, behaviour) => void behaviours.set(path, behaviour),
    take: () => {
      const taken = calls;
      calls = [];
      return taken;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A certificate of this machine, and its authority. */
export async function hookCertificate(): Promise<{ readonly leaf: KeyPair; readonly ca: string }> {
  const life = { now: Date.now(), days: 2 };
  const ca = await createCa("CN=webhooks", life);
  const leaf = await createLeaf(ca, "CN=webhook", life, { names: ["localhost"], addresses: ["127.0.0.1"] });
  return { leaf, ca: ca.certificate };
}

function notFound({ response }: { readonly response: ServerResponse }): void {
  response.writeHead(404).end();
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
