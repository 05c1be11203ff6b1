import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  sensitiveHeaders,
} from "node:http2";
import type { Socket } from "node:net";
import { changedHeaders, type Pairs } from "./ext-authz/header-changes.ts";
import type { GatedConnection } from "./gated-connection.ts";
import { headersOf, normalPath } from "./http-call.ts";
import { judgeRequest, type RequestVerdict } from "./judge-request.ts";
import { sendBody } from "./request-body.ts";

interface Gated extends GatedConnection {
  readonly upstream: ClientHttp2Session;
}

/** HTTP/2: each stream is decided, and is one of a session with the application that the client's session has for itself. */
export class Http2Gate {
  readonly #server: Http2Server;
  readonly #gated = new Map<ServerHttp2Session, Gated>();

  constructor() {
    this.#server = createServer();
    this.#server.on("stream", (stream, headers, _flags, raw) =>
      this.#take(stream, headers, raw as unknown as string[]).catch(() => stream.close(constants.NGHTTP2_CANCEL)),
    );
    this.#server.on("sessionError", () => {});
  }

  async pass(near: Socket, gated: GatedConnection): Promise<void> {
    const far = await gated.reach();
    if (near.destroyed) return void far.destroy();
    // HTTP/2 has an end of its own for each stream: who says no more on its connection hears no more either.
    for (const socket of [near, far]) socket.allowHalfOpen = false;
    const upstream = connect("http://application", { createConnection: () => far, settings: { enablePush: false } });
    await new Promise<void>((resolve) => {
      // Told at once, while the connection is given over.
      this.#server.once("session", (session) => {
        this.#gated.set(session, { ...gated, upstream });
        upstream.on("error", () => session.destroy());
        upstream.once("close", () => session.close());
        session.on("error", () => {});
        session.once("close", () => {
          this.#gated.delete(session);
          upstream.close();
          resolve();
        });
      });
      near.once("close", () => {
        upstream.destroy();
        resolve();
      });
      this.#server.emit("connection", near);
    });
  }

  /** Asks clients for no more requests (GOAWAY, RFC 9113, 6.8); those that are there are answered, and their connections end then. */
  drain(): void {
    for (const session of this.#gated.keys()) session.close();
  }

  /** Rejects where the client is gone. */
  async #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): Promise<void> {
    const gated = this.#gated.get(stream.session as ServerHttp2Session) as Gated;
    const from = performance.now();
    stream.on("error", () => {});
    const { ":method": method = "", ":path": asked = "", ":authority": authority, host } = headers;
    const normal = normalPath(asked);
    const call = { method, path: normal?.path ?? asked, host: authority ?? host ?? "", headers: headersOf(raw) };
    let denied: string | undefined;
    stream.once("close", () => {
      const told = { method, path: call.path, host: call.host, status: Number(stream.sentHeaders?.[":status"] ?? 0) };
      gated.connection.requested(told, { forth: 0, back: 0 }, performance.now() - from, denied);
    });
    if (normal === undefined) return answer(stream, 400, "bad request");
    const { target } = normal;
    const judged = judgeRequest(gated, { call, rawHeaders: raw, target, protocol: "HTTP/2", body: stream });
    // A stream that is decided at once is sent on at once, its trailers not missed.
    const verdict = judged instanceof Promise ? await judged : judged;
    if (stream.destroyed) return;
    if (verdict.kind === "refuse") {
      denied = verdict.reason;
      return refuse(stream, headers, verdict);
    }
    forward(stream, { ...changed(headers, raw, verdict), ":path": target }, gated.upstream, verdict);
  }
}

type Passing = Extract<RequestVerdict, { readonly kind: "pass" }>;

function changed(headers: IncomingHttpHeaders, raw: readonly string[], { changes }: Passing): OutgoingHttpHeaders {
  const all = changedHeaders(raw, changes);
  return all === raw ? headers : together(all, headers);
}

/** Node's types know of it on the way out alone. */
type SensitiveHeaders = { readonly [sensitiveHeaders]?: readonly string[] };

/** Names and values in turns as one object; sensitive headers stay so. */
function together(raw: readonly string[], given: IncomingHttpHeaders): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = Object.create(null);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name, value] = [(raw[i] as string).toLowerCase(), raw[i + 1] as string];
    if (name === "cookie" && headers[name] !== undefined) headers[name] += `; ${value}`;
    else add(headers, name, value);
  }
  return Object.assign(headers, { [sensitiveHeaders]: (given as SensitiveHeaders)[sensitiveHeaders] ?? [] });
}

function forward(
  stream: ServerHttp2Stream,
  headers: OutgoingHttpHeaders,
  upstream: ClientHttp2Session,
  { toClient, read }: Passing,
): void {
  if (upstream.destroyed || upstream.closed) {
    answer(stream, 503, "upstream connect error");
    return;
  }
  const isBodyless = stream.endAfterHeaders || (read === undefined && stream.readableEnded);
  const far = upstream.request(headers, { endStream: isBodyless });
  let trailers: IncomingHttpHeaders | undefined;
  far.on("headers", (informational) => void stream.additionalHeaders(informational));
  far.on("trailers", (given) => {
    trailers = given;
  });
  far.on("response", (given) => {
    stream.respond(withMore(given, toClient), { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(trailers ?? {}));
    far.pipe(stream, { end: false });
  });
  let isWhole = false;
  far.on("end", () => {
    // One whose connection went away ends too, as if it had said all.
    isWhole = !far.destroyed;
    if (isWhole) stream.end();
  });
  stream.on("trailers", (given) => void sendTrailers(far, given));
  stream.on("aborted", () => far.close(constants.NGHTTP2_CANCEL));
  far.on("error", () => {});
  far.once("close", () => {
    if (!stream.headersSent && !stream.destroyed) answer(stream, 503, "upstream connect error");
    else if (far.rstCode !== constants.NGHTTP2_NO_ERROR) stream.close(far.rstCode);
    else if (!isWhole) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  });
  if (!isBodyless) sendBody(stream, read, far);
}

function withMore(headers: IncomingHttpHeaders, more: Pairs): OutgoingHttpHeaders {
  if (more.length === 0) return headers;
  const all: OutgoingHttpHeaders = { ...headers };
  for (const [name, value] of more) add(all, name.toLowerCase(), value);
  return all;
}

/** Beside what is there of that name. */
function add(headers: OutgoingHttpHeaders, name: string, value: string): void {
  const known = headers[name];
  headers[name] = known === undefined ? value : [known as string | string[], value].flat();
}

function sendTrailers(far: ReturnType<ClientHttp2Session["request"]>, given: IncomingHttpHeaders): void {
  far.once("wantTrailers", () => far.sendTrailers(given));
}

/** As Envoy answers: calls of gRPC by its own status. */
function refuse(
  stream: ServerHttp2Stream,
  asked: IncomingHttpHeaders,
  { status, headers, body }: Extract<RequestVerdict, { readonly kind: "refuse" }>,
): void {
  if (!/^application\/grpc(\+|;|$)/.test(asked["content-type"] ?? "")) {
    stream.respond(withMore({ ":status": status as never }, headers));
    stream.end(body);
    return;
  }
  const more = headers.filter(([name]) => name.toLowerCase() !== "content-type");
  const told = {
    "grpc-status": String(grpcStatusOf(status)),
    "grpc-message": encodeURIComponent(body.toString()).replaceAll("%20", " "),
  };
  stream.respond(withMore({ ":status": 200 as never, "content-type": "application/grpc", ...told }, more), {
    endStream: true,
  });
}

/** https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
function grpcStatusOf(status: number): number {
  const known: { readonly [status: number]: number } = {
    400: 13,
    401: 16,
    403: 7,
    404: 12,
    429: 14,
    502: 14,
    503: 14,
    504: 14,
  };
  return known[status] ?? 2;
}

function answer(stream: ServerHttp2Stream, status: number, text: string): void {
  stream.respond({ ":status": status, "content-type": "text/plain" });
  stream.end(text);
}
