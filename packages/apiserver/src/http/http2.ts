import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, Http2ServerRequest, Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import type { Server } from "node:https";
import type { TLSSocket } from "node:tls";

/** What both protocols offer in TLS' handshake (ALPN). Who names none of them speaks HTTP/1.1. */
export const protocols: readonly string[] = ["h2", "http/1.1"];

/** Streams of one connection at a time; a client with more opens another connection. As many as kube-apiserver has by default. */
const maxStreams = 100;

/** What one connection may hold in memory, in MB: each stream a whole list of tens of thousands of objects. With Node's 10, streams are refused. */
const maxSessionMegabytes = 1024;

/** A request with what only HTTP/1.1's have. */
class Request extends Http2ServerRequest {
  #distinct: { [name: string]: string[] } | undefined;

  /** The values of each header, by its name in lower case. */
  get headersDistinct(): { readonly [name: string]: readonly string[] } {
    if (this.#distinct !== undefined) return this.#distinct;
    const distinct: { [name: string]: string[] } = Object.create(null);
    for (let i = 0; i < this.rawHeaders.length; i += 2) {
      const name = (this.rawHeaders[i] as string).toLowerCase();
      distinct[name] = [...(distinct[name] ?? []), this.rawHeaders[i + 1] as string];
    }
    this.#distinct = distinct;
    return distinct;
  }
}

/** An answer with what only HTTP/1.1's have. */
class Response extends Http2ServerResponse<Request> {
  override setHeader(name: string, value: number | string | readonly string[]): this {
    super.setHeader(name, value);
    return this;
  }
}

// Node's types say that it is there already.
Object.defineProperty(Response.prototype, "destroyed", {
  get(this: Response): boolean {
    return this.stream.destroyed;
  },
});

type Session = ServerHttp2Session<typeof IncomingMessage, typeof ServerResponse, typeof Request, typeof Response>;

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Has a server of HTTP/1.1 speak HTTP/2, too, with whoever chose it in the handshake; all others, and protocols that HTTP/1.1 is left
 * for, are served as before. Node's own mixed server would serve HTTP/1.1 by another path. What is answered ends the connections.
 */
export function serveHttp2(server: Server, handle: Handle, idleMs: number): () => void {
  const sessions = new Set<Session>();
  const http2 = createServer(
    {
      settings: { maxConcurrentStreams: maxStreams },
      maxSessionMemory: maxSessionMegabytes,
      Http2ServerRequest: Request,
      Http2ServerResponse: Response,
    },
    (request, response) =>
      // Node made them to be used in each other's place.
      handle(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  );
  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    endIdle(session, idleMs);
  });
  const others = server.listeners("secureConnection") as ((this: Server, socket: TLSSocket) => void)[];
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket: TLSSocket) => {
    if (socket.alpnProtocol === "h2") http2.emit("connection", socket);
    else for (const each of others) each.call(server, socket);
  });
  return () => {
    for (const session of sessions) session.destroy();
  };
}

/** Ends a connection without streams after a while; a watch may be silent for longer. */
function endIdle(session: Session, idleMs: number): void {
  let open = 0;
  session.on("stream", (stream) => {
    open++;
    stream.once("close", () => {
      open--;
      if (open === 0) session.setTimeout(idleMs);
    });
  });
  session.on("timeout", () => {
    if (open === 0) session.close();
  });
  session.setTimeout(idleMs);
}

/** The connection of a request, the same object for all its requests: in HTTP/2 each has a socket of its own that stands for it. */
export function connectionOf(request: Pick<IncomingMessage, "socket">): TLSSocket {
  const { stream } = request as Partial<Pick<Http2ServerRequest, "stream">>;
  return (stream?.session?.socket ?? request.socket) as TLSSocket;
}
