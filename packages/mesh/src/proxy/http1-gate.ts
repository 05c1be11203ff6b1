import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type GatedConnection, refusal } from "./gated-connection.ts";
import { deniedText, headersOf, normalPath } from "./http-call.ts";

interface Gated extends GatedConnection {
  /** One connection to the application for one of a client, as if nobody were between them. */
  readonly agent: Agent;
}

/** HTTP/1.1: requests are read, decided and sent on one after the other, their headers as they came. */
export class Http1Gate {
  readonly #server: Server;
  readonly #gated = new WeakMap<Duplex, Gated>();
  #isDraining = false;

  constructor(headMs: number) {
    this.#server = createServer({
      headersTimeout: headMs,
      requestTimeout: 0,
      keepAliveTimeout: 0,
      connectionsCheckingInterval: 1000,
    });
    // A client may say no more, and wait for its answer. Node's types do not know of it.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    // Connections are counted, and those whose heads do not come ended, of a server that listens: this one is given its connections.
    this.#server.emit("listening");
    this.#server.on("request", (incoming, response) => this.#take(incoming, response));
    this.#server.on("checkContinue", (incoming, response) => this.#take(incoming, response));
    this.#server.on("upgrade", (incoming, socket, head) => this.#upgrade(incoming, socket, head));
    // Node's own server would answer it by an end without a word.
    this.#server.on(
      "connect",
      (_incoming, socket) => void socket.end("HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\n\r\n"),
    );
  }

  pass(near: Socket, gated: GatedConnection): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    // The types know of sockets that are there at once alone.
    agent.createConnection = ((_options: object, done: (error: Error | null, socket?: Socket) => void) => {
      gated.reach().then(
        (socket) => done(null, socket),
        (error: Error) => done(error),
      );
    }) as never;
    this.#gated.set(near, { ...gated, agent });
    return new Promise((resolve) => {
      near.once("close", () => {
        agent.destroy();
        resolve();
      });
      this.#server.emit("connection", near);
      near.resume();
    });
  }

  /** Connections end after their next answer, which says so; those that wait for no answer, now. */
  drain(): void {
    this.#isDraining = true;
    this.#server.close();
  }

  #take(incoming: IncomingMessage, response: ServerResponse): void {
    const gated = this.#gated.get(incoming.socket) as Gated;
    const from = performance.now();
    response.sendDate = false;
    const judged = judge(incoming, gated);
    response.once("close", () => {
      const passed = { forth: Number(incoming.headers["content-length"] ?? 0), back: 0 };
      const { method = "", headers } = incoming;
      const told = { method, path: judged.path, host: headers.host ?? "", status: response.statusCode };
      gated.connection.requested(told, passed, performance.now() - from, judged.denied);
    });
    if (judged.target === undefined) {
      const status = judged.denied === undefined ? 400 : 403;
      answerText(response, status, status === 403 ? deniedText : "bad request");
      incoming.resume();
      return;
    }
    const outgoing = send(incoming, judged.target, gated.agent);
    outgoing.on("continue", () => response.writeContinue());
    outgoing.on("response", (answer) => giveBack(answer, response, this.#isDraining));
    outgoing.on("error", () => {
      if (response.headersSent) response.destroy();
      else answerText(response, 503, "upstream connect error");
    });
    response.once("close", () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    incoming.pipe(outgoing);
  }

  /** To another protocol, once the application has said so: what is said then is nobody's request any more. */
  #upgrade(incoming: IncomingMessage, near: Duplex, head: Buffer): void {
    const gated = this.#gated.get(incoming.socket) as Gated;
    const { target, denied } = judge(incoming, gated);
    near.on("error", () => {});
    if (target === undefined) {
      const [status, text] = denied === undefined ? ["400 Bad Request", "bad request"] : ["403 Forbidden", deniedText];
      near.end(
        `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
      );
      return;
    }
    const outgoing = send(incoming, target, gated.agent);
    outgoing.on("upgrade", (answer, far, first) => {
      near.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${headLines(answer.rawHeaders)}\r\n`);
      near.write(first);
      far.write(head);
      far.on("error", () => near.destroy());
      near.once("close", () => far.destroy());
      far.once("close", () => near.destroy());
      near.pipe(far).pipe(near);
    });
    // It stays with HTTP: this was its last request, as the next would come to nobody who reads it.
    outgoing.on("response", (answer) => {
      const raw = withoutHeader(answer.rawHeaders, /^(connection|transfer-encoding|keep-alive)$/i);
      near.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${headLines(raw)}connection: close\r\n\r\n`);
      answer.pipe(near);
    });
    outgoing.on("error", () => near.destroy());
    near.once("close", () => outgoing.destroy());
    outgoing.end();
  }
}

/** What an answer says of its connection. */
const ofConnection = /^(connection|keep-alive)$/i;

interface Judged {
  /** As it is told, also where it is refused. */
  readonly path: string;
  /** What is sent on; none where nothing is. */
  readonly target?: string;
  readonly denied?: string;
}

function judge(incoming: IncomingMessage, gated: GatedConnection): Judged {
  const { url = "", method = "", rawHeaders } = incoming;
  const normal = normalPath(url);
  if (normal === undefined) return { path: url };
  const headers = headersOf(rawHeaders);
  // A whole URL says the host itself: RFC 9112, 3.2.2.
  const host = /^https?:\/\/([^/?]+)/i.exec(url)?.[1] ?? headers["host"] ?? "";
  const denied = refusal(gated, { method, path: normal.path, host, headers });
  return denied === undefined ? normal : { path: normal.path, denied };
}

function send(incoming: IncomingMessage, path: string, agent: Agent) {
  const { method, rawHeaders } = incoming;
  return request({ agent, path, ...(method !== undefined && { method }), headers: rawHeaders, setHost: false });
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": text.length }).end(text);
}

function giveBack(answer: IncomingMessage, response: ServerResponse, isLast: boolean): void {
  const raw = isLast ? [...withoutHeader(answer.rawHeaders, ofConnection), "connection", "close"] : answer.rawHeaders;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, raw as string[]);
  answer.on("end", () => {
    const { rawTrailers } = answer;
    const trailers: [string, string][] = [];
    for (let i = 0; i + 1 < rawTrailers.length; i += 2)
      trailers.push([rawTrailers[i] as string, rawTrailers[i + 1] as string]);
    if (trailers.length > 0) response.addTrailers(trailers);
  });
  answer.on("aborted", () => response.destroy());
  answer.pipe(response);
}

function headLines(raw: readonly string[]): string {
  let text = "";
  for (let i = 0; i + 1 < raw.length; i += 2) text += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return text;
}

function withoutHeader(raw: readonly string[], names: RegExp): readonly string[] {
  return raw.filter((_, i) => !names.test(raw[i - (i % 2)] as string));
}
