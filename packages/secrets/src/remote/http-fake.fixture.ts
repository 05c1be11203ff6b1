import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { Remote } from "./remote.ts";

/** A request as a fake of a service sees it. */
export interface FakeRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Status and what is answered as JSON, or a text as it is; nothing leaves the request without an answer. */
export type FakeAnswer =
  | { readonly status: number; readonly body: unknown; readonly headers?: { readonly [name: string]: string } }
  | undefined;

/** A service on a port of this machine, until the test ends; over TLS where it has a certificate. */
export async function startFake(
  t: TestContext,
  answer: (request: FakeRequest) => FakeAnswer,
  tls?: { readonly cert: string; readonly key: string },
): Promise<string> {
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method = "", url: path = "", headers } = request;
    const given = answer({ method, path, headers, body });
    if (given === undefined) return;
    response.writeHead(given.status, {
      location: "http://127.0.0.1:1/elsewhere",
      ...(typeof given.body !== "string" && { "content-type": "application/json" }),
      ...given.headers,
    });
    response.end(typeof given.body === "string" ? given.body : JSON.stringify(given.body));
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer({ ...tls }, serve);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Asks fakes, until the test ends. */
export function remoteFor(t: TestContext, timeoutMs = 5_000): Remote {
  const remote = new Remote({ timeoutMs, environment: {} });
  t.after(() => remote.close());
  return remote;
}
