import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { GatedConnection } from "./gated-connection.ts";
import type { Http1Gate } from "./http1-gate.ts";
import type { Http2Gate } from "./http2-gate.ts";
import { isHttp } from "./mesh-protocols.ts";
import type { InboundPort } from "./proxy-config.ts";
import type { Passed } from "./relay.ts";

/** HTTP/2 with prior knowledge begins with this: RFC 9113, 3.4. */
const preface = "PRI * HTTP/2.0";
const methods = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|[A-Z]{3,20}) /;

/** Reads the requests of connections, and asks the policies for each. What reads a version is loaded for the first who speaks it. */
export class HttpGate {
  readonly #headMs: number;
  #one: Promise<Http1Gate> | undefined;
  #two: Promise<Http2Gate> | undefined;

  /** `headMs`: within which the head of a request must come. */
  constructor(headMs: number) {
    this.#headMs = headMs;
  }

  /** Until the connection ends. The bytes both ways are those of the connection, heads and all. */
  async pass(near: Socket, version: "1" | "2", gated: GatedConnection): Promise<Passed> {
    const gate = await this.#gateOf(version);
    // Who is gone already tells of no end any more.
    if (!near.destroyed) await gate.pass(near, gated);
    return { forth: near.bytesRead, back: near.bytesWritten };
  }

  /** Who speaks HTTP is asked to go elsewhere with its next request. */
  async drain(): Promise<void> {
    for (const gate of await Promise.all([this.#one, this.#two])) gate?.drain();
  }

  #gateOf(version: "1" | "2"): Promise<Http1Gate | Http2Gate> {
    if (version === "1")
      return (this.#one ??= import("./http1-gate.ts").then(({ Http1Gate }) => new Http1Gate(this.#headMs)));
    return (this.#two ??= import("./http2-gate.ts").then(({ Http2Gate }) => new Http2Gate()));
  }
}

/**
 * The version of HTTP that a client speaks, by its first bytes: as its port is declared, or as they look on a port that is not.
 * Undefined for what is no HTTP, or says nothing within `timeoutMs` where nothing is declared.
 */
export async function httpVersion(
  near: Socket,
  { protocol }: InboundPort,
  timeoutMs: number,
): Promise<"1" | "2" | undefined> {
  if (!isHttp(protocol) && protocol !== "auto") return undefined;
  const text = await peek(near, timeoutMs);
  if (text.startsWith(preface)) return "2";
  // Who declares HTTP and speaks something else is answered 400.
  return isHttp(protocol) || methods.test(text) ? "1" : undefined;
}

/** As many of the first bytes as tell one version from the other; they are still to be read. */
function peek(socket: Duplex, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const finish = () => {
      clearTimeout(timer);
      socket.off("readable", read).off("end", finish).off("close", finish);
      const all = Buffer.concat(chunks);
      if (all.length > 0 && !socket.destroyed) socket.unshift(all);
      resolve(all.toString("latin1", 0, 32));
    };
    const read = () => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString("latin1", 0, 32);
      if (text.length >= preface.length || (text !== "" && !preface.startsWith(text) && !/^[A-Z]+$/.test(text)))
        finish();
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.on("readable", read).once("end", finish).once("close", finish);
  });
}
