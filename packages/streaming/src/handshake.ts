import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { StatusError } from "@sallyport/kube";
import type { Upgrade } from "./upgrade.ts";
import { chosenProtocol } from "./web-socket.ts";

/** Whether SPDY is asked for; else it is a WebSocket. */
export function isSpdy({ headers }: IncomingMessage): boolean {
  return String(headers.upgrade ?? "").toLowerCase() === "spdy/3.1";
}

/** The first of the client's versions that we speak. Throws when there is none. */
export function spdyProtocol({ headers }: IncomingMessage, ours: readonly string[]): string {
  const offered = String(headers["x-stream-protocol-version"] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  if (offered.length === 0) return ours.at(-1) as string;
  const chosen = offered.find((each) => ours.includes(each));
  if (chosen === undefined)
    throw new StatusError(
      "Forbidden",
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${ours.join(" ")}]`,
    );
  return chosen;
}

/** Answers the handshake of SPDY, and gives the connection to it. */
export function acceptSpdy({ socket, head, take }: Upgrade, protocol: string): Duplex {
  take();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return socket;
}

/** The first of the client's subprotocols that is ours. Throws when there is none. */
export function webSocketProtocol(request: IncomingMessage, ours: readonly string[]): string {
  const chosen = chosenProtocol(request, ours);
  if (chosen === undefined)
    throw new StatusError(
      "BadRequest",
      `requested protocol(s) are not supported: ${request.headers["sec-websocket-protocol"]}`,
    );
  return chosen;
}
