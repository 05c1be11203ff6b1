import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { ApiError, badRequest } from "./api-error.ts";
import type { ServerRequest } from "./exchange.ts";
import type { PolicyServer, Served } from "./server.ts";

export interface ListenerOptions {
  readonly server: PolicyServer;
  readonly host: string;
  readonly port: number;
  /** How clients show who they are. */
  readonly authentication: "off" | "token";
  /** Shorter answers are not compressed; bytes. */
  readonly gzipMinLength: number;
  readonly onFault: (error: unknown) => void;
}

export interface Listener {
  readonly url: string;
  /** Takes no new connection, and waits for requests that have begun, up to so many milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** As OPA, `server.decoding.max_length`. */
const maxBodyBytes = 256 * 1024 * 1024;
/** As OPA, `server.decoding.gzip.max_length`. */
const maxUnzippedBytes = 512 * 1024 * 1024;
/** A client that sends so slowly is cut. */
const requestTimeoutMs = 60_000;

const unzip = promisify(gunzip);
const zip = promisify<Buffer, Buffer>(gzip);

/** Serves a policy server on a TCP port. Rejects when the address cannot be had. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    answer(request, response, options).catch((error) => {
      options.onFault(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port, family, address } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: (graceMs) => close(server, graceMs),
  };
}

async function close(server: Server, graceMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise<void>((done) => {
    server.close(() => done());
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}

async function answer(incoming: IncomingMessage, response: ServerResponse, options: ListenerOptions): Promise<void> {
  const request = requestOf(incoming, options);
  const served = await options.server.handle(request);
  const { status, headers, body } = await encoded(served, request, options);
  incoming.resume();
  response.writeHead(status, { ...headers, "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

function requestOf(incoming: IncomingMessage, { authentication }: ListenerOptions): ServerRequest {
  const [path = "/", query = ""] = split(incoming.url ?? "/");
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const name = (incoming.rawHeaders[i] as string).toLowerCase();
    if (name === "host") continue;
    headers.set(name, [...(headers.get(name) ?? []), incoming.rawHeaders[i + 1] as string]);
  }
  let body: Promise<Uint8Array> | undefined;
  const readOnce = () => (body ??= readBody(incoming));
  const identity = authentication === "token" ? bearerToken(headers.get("authorization")?.[0]) : undefined;
  return {
    method: incoming.method ?? "GET",
    path,
    query: new URLSearchParams(query),
    headers,
    identity,
    body: readOnce,
  };
}

function split(url: string): readonly string[] {
  const at = url.indexOf("?");
  return at === -1 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

/** RFC 6750; the scheme is compared as OPA does, by case. */
function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer (.+)$/.exec(header ?? "")?.[1];
}

async function readBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes)
      throw new ApiError(413, "invalid_parameter", `request body may have ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  const whole = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
  if (!(incoming.headers["content-encoding"] ?? "").includes("gzip")) return whole;
  try {
    return await unzip(whole, { maxOutputLength: maxUnzippedBytes });
  } catch (error) {
    throw badRequest(`could not unzip the body: ${(error as Error).message}`);
  }
}

/** Compressed where it is worth it and the client takes it. */
async function encoded(served: Served, request: ServerRequest, { gzipMinLength }: ListenerOptions) {
  const { status, headers, compresses } = served;
  const body = Buffer.from(served.body, "utf8");
  const accepts = (request.headers.get("accept-encoding") ?? []).some((value) =>
    /(^|[,\s])gzip(\s*[,;]|$)/.test(value),
  );
  if (!compresses || !accepts || body.length < gzipMinLength || status !== 200) return { status, headers, body };
  return { status, headers: { ...headers, "Content-Encoding": "gzip" }, body: await zip(body) };
}
