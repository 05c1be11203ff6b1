import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { DetailedPeerCertificate, PeerCertificate, SecureVersion, TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { gunzip, gzip, type ZlibOptions } from "node:zlib";
import { certificatesValue } from "@sallyport/rego";
import { type ApiError, badRequest, errorAnswer } from "./api-error.ts";
import type { ServerRequest } from "./exchange.ts";
import type { PolicyServer, Served } from "./server.ts";
import type { Coding } from "./server-section.ts";

export interface ListenerOptions {
  readonly server: Pick<PolicyServer, "handle">;
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly tls?: ListenerTls;
  /** How clients show who they are: by a bearer token, or a certificate. */
  readonly authentication: "off" | "token" | "tls";
  readonly coding: Coding;
  /** Numbers requests; they have none without it. */
  readonly nextId?: () => number;
  /** Is told of each request, and answers who is to be told of its answer. */
  readonly onRequest?: (request: ReceivedRequest) => (answer: SentAnswer) => void;
  readonly onFault: (error: unknown) => void;
}

export interface ListenerTls {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Who signs certificates of clients; each client needs one then. */
  readonly ca?: string;
  readonly minVersion: SecureVersion;
  /** OpenSSL's names, with colons between them. */
  readonly ciphers?: string;
}

export interface ReceivedRequest {
  readonly id?: number;
  readonly clientAddress: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface SentAnswer {
  readonly status: number;
  readonly bytes: number;
}

export interface Listener {
  readonly url: string;
  /** Other certificates for connections to come. */
  readonly renew: (tls: ListenerTls) => void;
  /** Takes no new connection, and waits for requests that have begun, up to so many milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** A client that sends so slowly is cut. */
const requestTimeoutMs = 60_000;
/** Longer than Go's clients, API servers among them, keep what they do not use, 90 s: a request on one that is being closed fails. */
const keepAliveMs = 120_000;

const unzip = promisify(gunzip);
const zip = promisify<Buffer, ZlibOptions, Buffer>(gzip);

/** Serves a policy server at an address. Rejects when the address cannot be had. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { tls, address } = options;
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, options).catch((error) => {
      options.onFault(error);
      response.destroy();
    });
  };
  const secure =
    tls === undefined
      ? undefined
      : createSecureServer({ ...secureOptions(tls), requestTimeout: requestTimeoutMs }, serve);
  const server: Server = secure ?? createServer({ requestTimeout: requestTimeoutMs }, serve);
  server.keepAliveTimeout = keepAliveMs;
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, resolve);
  });
  return {
    url: urlOf(server, tls !== undefined),
    renew: (next) => secure?.setSecureContext(secureOptions(next)),
    close: (graceMs) => close(server, graceMs),
  };
}

function secureOptions({ cert, key, ca, minVersion, ciphers }: ListenerTls) {
  const client = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  return { cert, key, minVersion, ...client, ...(ciphers === undefined ? {} : { ciphers }) };
}

function urlOf(server: Server, isSecure: boolean): string {
  const bound = server.address() as AddressInfo | string;
  if (typeof bound === "string") return `unix://${bound}`;
  const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return `${isSecure ? "https" : "http"}://${host}:${bound.port}`;
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
  if (!isUrl(incoming.url ?? "/")) return refuse(incoming, response);
  const request = requestOf(incoming, options);
  const told = options.onRequest?.(request);
  const isTooLarge = Number(incoming.headers["content-length"] ?? 0) > options.coding.maxBodyBytes;
  // Nobody is asked who sends it: it is not read.
  const served = isTooLarge ? { ...errorAnswer(tooLarge()), compresses: false } : await options.server.handle(request);
  const { status, headers, body } = await encoded(served, request, options);
  incoming.resume();
  response.writeHead(status, { ...headers, "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
  told?.({ status, bytes: body.length });
}

/** Go's server reads no request whose path has a `%` that two hexadecimal digits do not follow; queries may. */
function isUrl(url: string): boolean {
  return !/%(?![0-9A-Fa-f]{2})/.test(split(url)[0] ?? "");
}

/** As Go's server does, before anybody is asked; the connection ends with it. */
function refuse(incoming: IncomingMessage, response: ServerResponse): void {
  incoming.resume();
  response.writeHead(400, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  response.end("400 Bad Request");
}

function requestOf(
  incoming: IncomingMessage,
  options: ListenerOptions,
): ServerRequest & { readonly clientAddress: string } {
  const [path = "/", query = ""] = split(incoming.url ?? "/");
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const name = (incoming.rawHeaders[i] as string).toLowerCase();
    if (name === "host") continue;
    headers.set(name, [...(headers.get(name) ?? []), incoming.rawHeaders[i + 1] as string]);
  }
  let body: Promise<Uint8Array> | undefined;
  const identity = identityOf(incoming, headers.get("authorization")?.[0], options);
  const { socket } = incoming;
  return {
    ...(options.nextId && { id: options.nextId() }),
    clientAddress: `${socket.remoteAddress ?? "@"}${socket.remotePort === undefined ? "" : `:${socket.remotePort}`}`,
    method: incoming.method ?? "GET",
    path,
    query: new URLSearchParams(query),
    headers,
    identity,
    ...(options.authentication === "tls" && clientChain(socket as TLSSocket)),
    body: () => {
      body ??= readBody(incoming, options.coding);
      return body;
    },
  };
}

function split(url: string): readonly string[] {
  const at = url.indexOf("?");
  return at === -1 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

function identityOf({ socket }: IncomingMessage, header: string | undefined, { authentication }: ListenerOptions) {
  // RFC 6750; the scheme is compared by case, as OPA does.
  if (authentication === "token") return /^Bearer (.+)$/.exec(header ?? "")?.[1];
  if (authentication === "tls") return distinguishedName((socket as TLSSocket).getPeerCertificate?.());
  return undefined;
}

/** What of `input` a client that has shown a certificate has; Node adds issuers that it did not send, where they are known. */
function clientChain(socket: TLSSocket): Pick<ServerRequest, "clientCertificates"> {
  const known: Buffer[] = [];
  let current: DetailedPeerCertificate | undefined = socket.getPeerCertificate?.(true);
  while (current?.raw !== undefined && !known.includes(current.raw)) {
    known.push(current.raw);
    const { issuerCertificate }: DetailedPeerCertificate = current;
    current = issuerCertificate === current ? undefined : issuerCertificate;
  }
  return known.length === 0 ? {} : { clientCertificates: certificatesValue(Buffer.concat(known)) };
}

/** RFC 2253: the last name first. */
function distinguishedName(certificate: PeerCertificate | undefined): string | undefined {
  const names = Object.entries(certificate?.subject ?? {}).flatMap(([kind, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `${kind}=${String(each).replaceAll(/[,+"\\<>;]/g, "\\$&")}`),
  );
  return names.length === 0 ? undefined : names.reverse().join(",");
}

function tooLarge(): ApiError {
  return badRequest("request body too large");
}

async function readBody(incoming: IncomingMessage, { maxBodyBytes, maxUnzippedBytes }: Coding): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const whole = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size);
  if (!(incoming.headers["content-encoding"] ?? "").includes("gzip")) return whole;
  try {
    return await unzip(whole, { maxOutputLength: maxUnzippedBytes });
  } catch (error) {
    const isTooLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw badRequest(
      `could not decompress the body: ${isTooLong ? "gzip payload too large" : (error as Error).message}`,
    );
  }
}

/** Compressed where it is worth it and the client takes it. */
async function encoded(served: Served, request: ServerRequest, { coding }: ListenerOptions) {
  const { status, headers, compresses } = served;
  const body = Buffer.from(served.body, "utf8");
  const accepted = request.headers.get("accept-encoding") ?? [];
  const accepts = accepted.some((value) => /(^|[,\s])gzip(\s*[,;]|$)/.test(value));
  if (!compresses || !accepts || body.length < coding.gzipMinLength || status !== 200) return { status, headers, body };
  return {
    status,
    headers: { ...headers, "Content-Encoding": "gzip" },
    body: await zip(body, { level: coding.gzipLevel }),
  };
}
