import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { type GatedConnection, refusal } from "./gated-connection.ts";
import { deniedText, headersOf, normalPath } from "./http-call.ts";

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
      this.#take(stream, headers, raw as unknown as string[]),
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

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): void {
    const gated = this.#gated.get(stream.session as ServerHttp2Session) as Gated;
    const from = performance.now();
    stream.on("error", () => {});
    const { ":method": method = "", ":path": asked = "", ":authority": authority, host } = headers;
    const normal = normalPath(asked);
    const call = { method, path: normal?.path ?? asked, host: authority ?? host ?? "", headers: headersOf(raw) };
    const denied = normal === undefined ? undefined : refusal(gated, call);
    stream.once("close", () => {
      const told = { method, path: call.path, host: call.host, status: Number(stream.sentHeaders?.[":status"] ?? 0) };
      gated.connection.requested(told, { forth: 0, back: 0 }, performance.now() - from, denied);
    });
    if (normal === undefined) answer(stream, 400, "bad request");
    else if (denied !== undefined) deny(stream, headers);
    else forward(stream, { ...headers, ":path": normal.target }, gated.upstream);
  }
}

function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session): void {
  if (upstream.destroyed || upstream.closed) {
    answer(stream, 503, "upstream connect error");
    return;
  }
  const far = upstream.request(headers, { endStream: stream.readableEnded || stream.endAfterHeaders });
  let trailers: IncomingHttpHeaders | undefined;
  far.on("headers", (informational) => void stream.additionalHeaders(informational));
  far.on("trailers", (given) => {
    trailers = given;
  });
  far.on("response", (given) => {
    stream.respond(given, { waitForTrailers: true });
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
  if (!stream.endAfterHeaders) stream.pipe(far);
}

function sendTrailers(far: ReturnType<ClientHttp2Session["request"]>, given: IncomingHttpHeaders): void {
  far.once("wantTrailers", () => far.sendTrailers(given));
}

/** As Envoy answers: calls of gRPC by its own status, 7 being PERMISSION_DENIED. */
function deny(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const type = headers["content-type"] ?? "";
  if (!/^application\/grpc(\+|;|$)/.test(type)) {
    answer(stream, 403, deniedText);
    return;
  }
  stream.respond(
    { ":status": 200, "content-type": "application/grpc", "grpc-status": "7", "grpc-message": deniedText },
    { endStream: true },
  );
}

function answer(stream: ServerHttp2Stream, status: number, text: string): void {
  stream.respond({ ":status": status, "content-type": "text/plain" });
  stream.end(text);
}
