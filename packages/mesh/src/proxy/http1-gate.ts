import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { changedHeaders, type Pairs } from "./ext-authz/header-changes.ts";
import type { GatedConnection } from "./gated-connection.ts";
import { headersOf, normalPath } from "./http-call.ts";
import { judgeRequest, type RequestVerdict } from "./judge-request.ts";
import { sendBody } from "./request-body.ts";

interface Gated extends GatedConnection {
  /** One connection to the application for one of a client, as if nobody were between them. */
  readonly agent: Agent;
  /** Requests are decided one after the other, also where one waits for who is asked. */
  turn: Promise<unknown>;
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
    this.#server.on("request", (incoming, response) => void this.#take(incoming, response));
    this.#server.on("checkContinue", (incoming, response) => {
      void this.#take(incoming, response, () => response.writeContinue());
    });
    this.#server.on("upgrade", (incoming, socket, head) => void this.#upgrade(incoming, socket, head));
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
    this.#gated.set(near, { ...gated, agent, turn: Promise.resolve() });
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

  /** Never rejects. */
  async #take(incoming: IncomingMessage, response: ServerResponse, letSend?: () => void): Promise<void> {
    const gated = this.#gated.get(incoming.socket) as Gated;
    const from = performance.now();
    response.sendDate = false;
    const normal = normalPath(incoming.url ?? "");
    let denied: string | undefined;
    response.once("close", () => {
      const passed = { forth: Number(incoming.headers["content-length"] ?? 0), back: 0 };
      const { method = "", url = "", headers } = incoming;
      const told = { method, path: normal?.path ?? url, host: headers.host ?? "", status: response.statusCode };
      gated.connection.requested(told, passed, performance.now() - from, denied);
    });
    let hasContinued = false;
    const verdict = await this.#verdict(incoming, gated, normal, () => {
      hasContinued = true;
      letSend?.();
    });
    if (response.destroyed || verdict === undefined) return;
    if (normal === undefined || verdict.kind === "refuse") {
      if (verdict.kind === "refuse" && normal !== undefined) denied = verdict.reason;
      refuse(response, verdict);
      incoming.resume();
      return;
    }
    const outgoing = send(incoming, normal.target, gated.agent, verdict);
    outgoing.on("continue", () => hasContinued || response.writeContinue());
    outgoing.on("response", (answer) => giveBack(answer, response, this.#isDraining, verdict.toClient));
    outgoing.on("error", () => {
      if (response.headersSent) response.destroy();
      else answerText(response, 503, "upstream connect error");
    });
    response.once("close", () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    sendBody(incoming, verdict.read, outgoing);
  }

  /** Undefined where the client is gone. */
  #verdict(
    incoming: IncomingMessage,
    gated: Gated,
    normal: ReturnType<typeof normalPath>,
    letSend: () => void,
  ): Promise<RequestVerdict | undefined> {
    const judged = gated.turn.then(() => (normal === undefined ? badRequest : judge(incoming, gated, normal, letSend)));
    gated.turn = judged.catch(() => undefined);
    return gated.turn as Promise<RequestVerdict | undefined>;
  }

  /** To another protocol, once the application has said so: what is said then is nobody's request any more. */
  async #upgrade(incoming: IncomingMessage, near: Duplex, head: Buffer): Promise<void> {
    const gated = this.#gated.get(incoming.socket) as Gated;
    near.on("error", () => {});
    const normal = normalPath(incoming.url ?? "");
    const verdict = await this.#verdict(incoming, gated, normal, () => {});
    if (near.destroyed || verdict === undefined) return void near.destroy();
    if (normal === undefined || verdict.kind === "refuse") return void near.end(refusalText(verdict));
    const outgoing = send(incoming, normal.target, gated.agent, verdict);
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
      const raw = [
        ...withoutHeader(answer.rawHeaders, /^(connection|transfer-encoding|keep-alive)$/i),
        ...verdict.toClient.flat(),
      ];
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

const badRequest: RequestVerdict = {
  kind: "refuse",
  reason: "its target is none",
  status: 400,
  headers: [["content-type", "text/plain"]],
  body: Buffer.from("bad request"),
};

function judge(
  incoming: IncomingMessage,
  gated: Gated,
  { path, target }: NonNullable<ReturnType<typeof normalPath>>,
  letSend: () => void,
) {
  const { url = "", method = "", rawHeaders, httpVersion } = incoming;
  const headers = headersOf(rawHeaders);
  // A whole URL says the host itself: RFC 9112, 3.2.2.
  const host = /^https?:\/\/([^/?]+)/i.exec(url)?.[1] ?? headers["host"] ?? "";
  const protocol = httpVersion === "1.0" ? "HTTP/1.0" : "HTTP/1.1";
  const call = { method, path, host, headers };
  return judgeRequest(gated, { call, rawHeaders, target, protocol, body: incoming, letSend });
}

function send(
  { method, rawHeaders }: IncomingMessage,
  path: string,
  agent: Agent,
  { changes }: Extract<RequestVerdict, { readonly kind: "pass" }>,
) {
  const headers = changedHeaders(rawHeaders, changes);
  return request({ agent, path, ...(method !== undefined && { method }), headers, setHost: false });
}

type Refused = Extract<RequestVerdict, { readonly kind: "refuse" }>;

function refuse(response: ServerResponse, verdict: RequestVerdict): void {
  const { status, headers, body } = verdict as Refused;
  response.writeHead(status, [...headers.flat(), "content-length", String(body.length)]).end(body);
}

function refusalText(verdict: RequestVerdict): Buffer {
  const { status, headers, body } = verdict as Refused;
  const lines = headLines([...headers.flat(), "content-length", String(body.length), "connection", "close"]);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines}\r\n`, "latin1"),
    body,
  ]);
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": text.length }).end(text);
}

function giveBack(answer: IncomingMessage, response: ServerResponse, isLast: boolean, more: Pairs): void {
  const raw = isLast ? [...withoutHeader(answer.rawHeaders, ofConnection), "connection", "close"] : answer.rawHeaders;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, [...raw, ...more.flat()]);
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
