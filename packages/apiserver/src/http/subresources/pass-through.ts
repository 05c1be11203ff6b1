import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StatusError } from "@sallyport/kube";
import type { Upgrade } from "@sallyport/streaming";
import { attributesOf, demand } from "../../authorization/attributes.ts";
import { DialError, dial, type Outgoing } from "../../kubelet/dial.ts";
import type { Call, HandlerOptions } from "../call.ts";

/** Whoever streams into a pod must be allowed to create, also by GET. KEP-4006. */
export async function demandCreate(call: Call, { authorizer }: HandlerOptions): Promise<void> {
  if (call.info.verb !== "create")
    await demand(authorizer, attributesOf(call.user, { ...call.info, verb: "create" }, call.query));
}

/** The connection that is to be upgraded. Throws when none is. */
export function demandUpgrade({ upgrade }: Call): Upgrade {
  if (upgrade === undefined) throw new StatusError("BadRequest", "Upgrade request required");
  return upgrade;
}

/** What is meant for us, and not for who is behind us. */
const ours = new Set(["authorization", "proxy-connection", "proxy-authenticate", "proxy-authorization"]);
const impersonation = /^impersonate-/;

/** The headers of a client's request that are handed on. */
export function handedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ours.has(name) && !impersonation.test(name) && !name.startsWith(":")),
  );
}

/** Hands a client's connection on, with the handshake that it asked for, and copies both ways until one of them hangs up. */
export async function passUpgrade(call: Call, url: URL, tls: RequestOptions): Promise<void> {
  const { request } = call;
  const upgrade = demandUpgrade(call);
  const headers = { ...handedOn(request.headers), host: request.headers.host ?? url.host };
  const method = request.method ?? "GET";
  const dialled = await dialUpgraded(call, upgrade, { url, method, headers, tls });
  if (dialled === undefined) return;
  const { answer, socket } = dialled;
  upgrade.take();
  const lines = pairs(answer.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
  upgrade.socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
  if (upgrade.head.length > 0) upgrade.socket.unshift(upgrade.head);
  await copyBothWays(upgrade.socket, socket);
}

/** Asks for an upgraded connection. Undefined when the other end refused, and its answer was handed to the client. */
export async function dialUpgraded(
  { response }: Call,
  upgrade: Upgrade,
  outgoing: Outgoing,
): Promise<{ readonly answer: IncomingMessage; readonly socket: Duplex } | undefined> {
  const { response: answer, socket } = await dial(outgoing, (request) => {
    upgrade.socket.once("close", () => request.destroy());
    request.end();
  }).catch((error) => {
    if (error instanceof DialError) throw new StatusError(undefined, `error dialing backend: ${error.message}`);
    throw error;
  });
  if (socket !== undefined) return { answer, socket };
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  await pipeline(answer, response).catch(() => {});
  return undefined;
}

/** Until one of them hangs up. As one pipeline: two would listen to each end's `close` more often than Node thinks sound. */
export async function copyBothWays(one: Duplex, other: Duplex): Promise<void> {
  await pipeline(one, other, one).catch(() => {});
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : []));
}
