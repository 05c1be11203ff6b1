import { type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import { networkFault } from "@sallyport/effects";

/** A server behind ours that cannot be reached: the message says why in Go's words. */
export class DialError extends Error {}

/** A request to a server behind ours. */
export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
  readonly tls: RequestOptions;
}

/** What it answers: its response, or the connection that it has given to another protocol. */
export interface Incoming {
  readonly response: IncomingMessage;
  /** With what came behind the answer already put back. */
  readonly socket: Socket | undefined;
}

/** A server that has not taken a connection by then never will: Go's default, which kube-apiserver keeps. */
const connectMs = 30_000;

/** Sends a request; `send` writes its body and ends it. Rejects with DialError. */
export function dial(
  { url, method, headers, tls }: Outgoing,
  send: (request: ClientRequest) => void,
): Promise<Incoming> {
  return new Promise((done, fail) => {
    const make = url.protocol === "https:" ? httpsRequest : httpRequest;
    // Each has its own connection: streams are open long, and their ends are told by those of connections.
    const request = make(url, { ...tls, method, headers, agent: false, setHost: false });
    request.once("socket", (socket) => giveUp(socket, url));
    request.once("error", (error) => fail(new DialError(networkFault(error, { url: url.href }))));
    request.once("response", (response) => done({ response, socket: undefined }));
    request.once("upgrade", (response: IncomingMessage, socket: Socket, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      done({ response, socket });
    });
    send(request);
  });
}

/** Ends a connection that does not come about, in Go's words. */
function giveUp(socket: Socket, { hostname, port, protocol }: URL): void {
  if (!socket.connecting) return;
  const where = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
  const timer = setTimeout(() => socket.destroy(new Error(`dial tcp ${where}: i/o timeout`)), connectMs);
  for (const event of ["connect", "close"] as const) socket.once(event, () => clearTimeout(timer));
}
