import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** An authority with a server's and a client's certificate, valid for a hundred years. */
export const tls = JSON.parse(readFileSync(new URL("./testdata/tls.json", import.meta.url), "utf8")) as {
  readonly authority: string;
  readonly server: { readonly certificate: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
};

export interface TestServer {
  readonly port: number;
  /** Method and path of each request, in order. */
  readonly requests: string[];
  readonly close: () => void;
}

async function listen(server: Server, requests: string[]): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A server whose paths say what it answers. */
export function startServer(): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response).catch(() => response.destroy());
  });
  return listen(server, requests);
}

/** The same over TLS; with `clientAuth` clients must show a certificate. */
export function startTlsServer(clientAuth = false): Promise<TestServer> {
  const requests: string[] = [];
  const { certificate: cert, key } = tls.server;
  const server = createTlsServer(
    { cert, key, ...(clientAuth ? { ca: tls.authority, requestCert: true, rejectUnauthorized: true } : {}) },
    (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      answer(request, response).catch(() => response.destroy());
    },
  );
  return listen(server, requests);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  let body = "";
  for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
  const send = (status: number, headers: { [name: string]: string | string[] }, text: string | Buffer): void => {
    response.sendDate = url.searchParams.has("date");
    response.writeHead(status, headers).end(text);
  };
  const status = Number(url.searchParams.get("status") ?? 200);
  const json = { "content-type": "application/json" };
  switch (url.pathname) {
    case "/json":
      return send(status, json, '{"a":1}');
    case "/type":
      return send(status, { "content-type": url.searchParams.get("type") ?? "" }, url.searchParams.get("body") ?? "");
    case "/echo": {
      const {
        host: _host,
        connection: _connection,
        "user-agent": _agent,
        "accept-encoding": _encoding,
        ...headers
      } = request.headers;
      return send(status, json, JSON.stringify({ method: request.method, url: request.url, headers, body }));
    }
    case "/host":
      return send(status, json, JSON.stringify(request.headers.host?.replace(/:\d+$/, "")));
    case "/headers":
      return send(status, { "x-two": ["a", "b"], "x-one": "c" }, "");
    case "/gzip":
      return send(status, { ...json, "content-encoding": "gzip" }, gzipSync('{"a":1}'));
    case "/redirect":
      return send(status, { location: url.searchParams.get("to") ?? "" }, "");
    case "/cached":
      if (request.headers["if-none-match"] === '"v1"')
        return send(304, { etag: '"v1"', "cache-control": url.searchParams.get("control") ?? "" }, "");
      return send(status, { ...json, etag: '"v1"', "cache-control": url.searchParams.get("control") ?? "" }, '{"a":1}');
    case "/slow":
      return;
    case "/hangup":
      request.socket.destroy();
      return;
    default:
      return send(404, {}, "not found");
  }
}
