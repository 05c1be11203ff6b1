import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { StatusError } from "@sallyport/kube";
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import type { Upgrade } from "./upgrade.ts";

/** Carries SPDY itself, in the messages of a WebSocket. */
export const tunnelProtocol = "SPDY/3.1+portforward.k8s.io";

/** A message holds one piece of a stream; clients send at most 64 KiB at once. */
const maxMessageBytes = 1024 * 1024;

/** Which of the subprotocols that a client offers is spoken: the first of ours that it knows; undefined when there is none. */
export function chosenProtocol(request: IncomingMessage, ours: readonly string[]): string | undefined {
  const offered = offeredProtocols(request);
  return offered.length === 0 && ours.includes("") ? "" : offered.find((each) => ours.includes(each));
}

/** The subprotocols that a client speaks, the one that it likes best first. */
export function offeredProtocols({ headers }: IncomingMessage): readonly string[] {
  return String(headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** Answers the handshake. Resolves with the open connection; rejects when the request is no handshake, or the client leaves: it is answered so. */
export function acceptWebSocket(
  request: IncomingMessage,
  { socket, head, take }: Upgrade,
  protocol: string,
): Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
  if (protocol !== "") server.on("headers", (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
  take();
  return new Promise((done, fail) => {
    socket.once("close", () => fail(new StatusError("BadRequest", "the handshake of a WebSocket has failed")));
    server.handleUpgrade(withoutProtocols(request), socket, head, (client) => done(client));
  });
}

/** `ws` takes tokens only, and Kubernetes' tunnel has a slash in its name. */
function withoutProtocols(request: IncomingMessage): IncomingMessage {
  const { "sec-websocket-protocol": _, ...headers } = request.headers;
  return Object.create(request, { headers: { value: headers } }) as IncomingMessage;
}

/** The same for a tunnel: the bytes of all messages, one after another. */
export async function acceptTunnel(request: IncomingMessage, upgrade: Upgrade): Promise<Duplex> {
  return createWebSocketStream(await acceptWebSocket(request, upgrade, tunnelProtocol));
}
