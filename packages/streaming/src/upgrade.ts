import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** A connection that its client wants to speak something else on. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What the client sent behind its request already. */
  readonly head: Buffer;
  /** Takes the connection away from HTTP: from here on nobody but the caller writes to it. */
  readonly take: () => void;
}

/** Whether a request wants what streams are carried by. HTTP/2 without TLS is offered by some clients with every request, and is not. */
export function asksForStreams({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined && !/\bh2c\b/i.test(headers.upgrade);
}

type Handle = (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade) => Promise<void>;

/** Has requests that ask for another protocol handled; they may be answered in HTTP all the same. Answers what ends all such connections. */
export function serveUpgrades(server: Pick<Server, "on">, handle: Handle): () => void {
  const sockets = new Set<Duplex>();
  server.on("upgrade", (request, socket, head) => {
    sockets.add(socket);
    // HTTP, TLS and copying in both directions each listen for its end.
    socket.setMaxListeners(32);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Parameters<typeof response.assignSocket>[0]);
    response.once("finish", () => socket.end());
    const take = () => {
      response.statusCode = 101;
      response.detachSocket(socket as Parameters<typeof response.detachSocket>[0]);
      // Who waits for the end of the answer waits for that of the connection.
      socket.once("close", () => response.destroy());
    };
    void handle(request, response, { socket, head, take });
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
