import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import type { Socket } from "node:net";
import type { ExtAuthzHttp } from "../../policy/extension-provider.ts";
import type { OutboundTarget } from "../proxy-config.ts";
import { type Check, type CheckAnswer, CheckFault, type HttpCheck, maxAnswerBytes } from "./check.ts";
import { fixed, nameMatcher, noChanges, type Pairs } from "./header-changes.ts";

type Targeted = { readonly checkTarget: OutboundTarget };

/** Connections to a provider at a time; other checks wait for one of them. */
const maxSockets = 256;

/** Asks providers by HTTP: https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/ext_authz/v3/ext_authz.proto */
export class HttpChecks {
  readonly #agent: Agent;

  constructor(reach: (target: OutboundTarget) => Promise<Socket>) {
    this.#agent = new Agent({ keepAlive: true, maxSockets });
    // The types know neither of what a request is given besides, nor of sockets that are there later.
    this.#agent.getName = ((options: Targeted) => JSON.stringify(options.checkTarget)) as never;
    this.#agent.createConnection = ((options: Targeted, done: (error: Error | null, socket?: Socket) => void) => {
      reach(options.checkTarget).then((socket) => done(null, socket), done);
    }) as never;
  }

  /** Rejects with `CheckFault`. */
  async ask(settings: ExtAuthzHttp, target: OutboundTarget, check: Check, timeoutMs: number): Promise<CheckAnswer> {
    const { http } = check;
    if (http === undefined) throw new CheckFault("reads requests of HTTP alone");
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await this.#answered(settings, target, http, signal);
      return read(settings, answer, await bodyOf(answer));
    } catch (error) {
      if (error instanceof CheckFault) throw error;
      if (signal.aborted) throw new CheckFault(`did not answer within ${timeoutMs} ms`, error);
      throw new CheckFault(`cannot be asked: ${(error as Error).message}`, error);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #answered(settings: ExtAuthzHttp, target: OutboundTarget, http: HttpCheck, signal: AbortSignal) {
    for (let isFirst = true; ; isFirst = false) {
      const outgoing = this.#send(settings, target, http, signal);
      try {
        return await answerOf(outgoing);
      } catch (error) {
        // It was closing a connection that was kept, as we took it.
        const isStale = outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET";
        if (!isFirst || !isStale) throw error;
      }
    }
  }

  #send(settings: ExtAuthzHttp, checkTarget: OutboundTarget, http: HttpCheck, signal: AbortSignal): ClientRequest {
    const { method, target, body = Buffer.alloc(0) } = http;
    const path = `${(settings.pathPrefix ?? "").replace(/\/$/, "")}${target}`;
    const options = { agent: this.#agent, method, path, headers: headersOf(settings, http), signal, checkTarget };
    const outgoing = request(options as RequestOptions);
    outgoing.end(body);
    return outgoing;
  }
}

/** Host, method, path, the length of what is sent and `authorization`; what the provider's settings name; what they add. */
function headersOf(settings: ExtAuthzHttp, { host, headers, body, isPartial }: HttpCheck): { [name: string]: string } {
  const { includeRequestHeadersInCheck: named, includeHeadersInCheck, includeAdditionalHeadersInCheck } = settings;
  const isSent = nameMatcher(["authorization", ...(named ?? includeHeadersInCheck ?? [])]);
  const sent: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(headers)) if (isSent(name) && !fixed.test(name)) sent[name] = value;
  for (const [name, value] of Object.entries(includeAdditionalHeadersInCheck ?? {})) sent[name.toLowerCase()] = value;
  if (isPartial !== undefined) sent["x-envoy-auth-partial-body"] = String(isPartial);
  return { ...sent, host, "content-length": String(body?.length ?? 0) };
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", resolve).once("error", reject);
    // Of an answer that has begun, its own error is told.
    outgoing.on("error", () => {});
    outgoing.once("upgrade", () => reject(new CheckFault("answered with another protocol")));
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxAnswerBytes) throw new CheckFault(`answered more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function read(settings: ExtAuthzHttp, { statusCode = 0, rawHeaders }: IncomingMessage, body: Buffer): CheckAnswer {
  if (statusCode >= 500) throw new CheckFault(`answered ${statusCode}`);
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) pairs.push([rawHeaders[i] as string, rawHeaders[i + 1] as string]);
  const matching = (patterns: readonly string[] | undefined): Pairs => {
    const isNamed = nameMatcher(patterns);
    return pairs.filter(([name]) => isNamed(name));
  };
  if (statusCode !== 200) {
    const { headersToDownstreamOnDeny: named } = settings;
    return { kind: "denied", status: statusCode, headers: named?.length ? matching([...named, ...told]) : pairs, body };
  }
  const set = matching(settings.headersToUpstreamOnAllow);
  const changes = set.length === 0 ? noChanges : { ...noChanges, set };
  return { kind: "allowed", changes, toClient: matching(settings.headersToDownstreamOnAllow) };
}

/** Told beside those that are named. */
const told = ["www-authenticate", "proxy-authenticate", "location"];
