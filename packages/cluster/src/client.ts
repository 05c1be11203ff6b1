import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent, request } from "node:https";
import { StringDecoder } from "node:string_decoder";
import { type KubeObject, type Status, StatusError } from "@sallyport/kube";
import { type Connection, ConnectionError } from "./connection.ts";
import { splitList } from "./list-text.ts";

export interface Call {
  readonly method?: string;
  readonly body?: object;
  readonly type?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

export interface ClientOptions {
  /** A server that does not answer at all for so long is taken for away. Watches, once they are answered, may be silent. */
  readonly silentMs?: number;
}

/** What one page of a list brings. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue: string;
}

/** The same to go through once. */
export interface OnePass extends Omit<Page, "items"> {
  readonly items: Iterable<KubeObject>;
}

/** Of `silentMs`: as long as a kube-apiserver works on a request at most. */
const defaultSilentMs = 60_000;

/**
 * Watches of what nobody changes are silent from one bookmark to the next, which kube-apiserver sends about every minute and need not send
 * at all. They end by their own `timeoutSeconds`; a peer that is gone is found by TCP's probes, which the agent asks for.
 */
const silentWatchMs = 0;

/** Longer answers are no answers: 256 MiB hold a page of the largest objects that etcd takes. */
const maxAnswerBytes = 256 * 1024 * 1024;

/** Asks an API server in JSON. Rejects with `StatusError` for what it refuses, with `ConnectionError` when it is away. */
export class Client {
  readonly #connection: Connection;
  readonly #agent: Agent | HttpAgent;
  readonly #silentMs: number;

  constructor(connection: Connection, { silentMs = defaultSilentMs }: ClientOptions = {}) {
    this.#connection = connection;
    this.#silentMs = silentMs;
    const { ca, cert, key, insecureSkipTlsVerify, serverName } = connection;
    this.#agent = connection.url.startsWith("http:")
      ? new HttpAgent({ keepAlive: true })
      : new Agent({
          keepAlive: true,
          rejectUnauthorized: insecureSkipTlsVerify !== true,
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
          ...(serverName === undefined ? {} : { servername: serverName }),
        });
  }

  /** The answer's JSON. */
  async ask(path: string, call: Call = {}): Promise<unknown> {
    return parseAnswer(await this.#text(path, call), path);
  }

  async #text(path: string, call: Call): Promise<string> {
    const incoming = await this.#send(path, call);
    const text = await textOf(incoming);
    if ((incoming.statusCode ?? 0) < 400) return text;
    throw refusalOf(text, incoming.statusCode ?? 500);
  }

  /** A page of a list; objects get the kind and version that a list leaves out. */
  async page(path: string, query: { readonly [name: string]: string }, signal?: AbortSignal): Promise<Page> {
    const answer = await this.ask(`${path}?${new URLSearchParams(query)}`, signal === undefined ? {} : { signal });
    return pageOf(answer as ListAnswer);
  }

  /** A page whose objects are read one by one as they are asked for: of a page that is looked at only once little is held. */
  async onePass(path: string, query: { readonly [name: string]: string }): Promise<OnePass> {
    const place = `${path}?${new URLSearchParams(query)}`;
    const text = await this.#text(place, {});
    const split = splitList(text);
    if (split === undefined) return pageOf(parseAnswer(text, place) as ListAnswer);
    const list = parseAnswer(split.list, place) as ListAnswer;
    return { ...pageOf(list), items: read(split.items, typeOf(list), place) };
  }

  /** The lines of a watch, as they come; ends when the server ends it. */
  async *lines(path: string, query: { readonly [name: string]: string }, signal: AbortSignal): AsyncGenerator<string> {
    const incoming = await this.#send(`${path}?${new URLSearchParams({ ...query, watch: "true" })}`, { signal });
    if ((incoming.statusCode ?? 0) >= 400) {
      const text = await textOf(incoming);
      throw refusalOf(text, incoming.statusCode ?? 500);
    }
    incoming.setTimeout(silentWatchMs);
    incoming.setEncoding("utf8");
    let rest = "";
    try {
      for await (const chunk of incoming as AsyncIterable<string>) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") yield line;
      }
    } catch (error) {
      throw new ConnectionError(`${this.#connection.url}: the watch was cut: ${(error as Error).message}`);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(path: string, call: Call): Promise<IncomingMessage> {
    const { url, token } = this.#connection;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      accept: call.accept ?? "application/json",
      "user-agent": "sallyport",
      ...(token === undefined ? {} : { authorization: `Bearer ${await token()}` }),
      ...(body === undefined
        ? {}
        : { "content-type": call.type ?? "application/json", "content-length": Buffer.byteLength(body) }),
    };
    const options = {
      method: call.method ?? "GET",
      headers,
      agent: this.#agent,
      timeout: this.#silentMs,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    };
    return new Promise((resolve, reject) => {
      const open = url.startsWith("http:") ? requestHttp : request;
      const outgoing: ClientRequest = open(`${url}${path}`, options as never, resolve);
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${this.#silentMs / 1000} s`)));
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        // The server had closed a connection that was kept while we were busy: what only reads is asked again.
        const isStale = outgoing.reusedSocket && error.code === "ECONNRESET" && options.method === "GET";
        if (isStale && call.signal?.aborted !== true) resolve(this.#send(path, call));
        else reject(new ConnectionError(`${url}: ${error.message}`));
      });
      outgoing.end(body);
    });
  }
}

interface ListAnswer {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly items?: readonly KubeObject[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

function pageOf(answer: ListAnswer): Page {
  const type = typeOf(answer);
  return {
    items: (answer.items ?? []).map((item) => ({ ...type, ...item })),
    resourceVersion: answer.metadata?.resourceVersion ?? "",
    continue: answer.metadata?.continue ?? "",
  };
}

function typeOf({ apiVersion = "", kind = "" }: ListAnswer): Pick<KubeObject, "apiVersion" | "kind"> {
  return { apiVersion, kind: kind.replace(/List$/, "") };
}

function* read(items: readonly string[], type: object, place: string): Generator<KubeObject> {
  for (const each of items) yield { ...type, ...(parseAnswer(each, place) as KubeObject) };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  // A page is some megabytes: as one buffer it would lie outside of what is collected, and its place would not be given back.
  const decoder = new StringDecoder("utf8");
  let text = "";
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxAnswerBytes) throw new Error("the answer is too long");
      text += decoder.write(chunk);
    }
  } catch (error) {
    throw new ConnectionError((error as Error).message);
  }
  return text + decoder.end();
}

function parseAnswer(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConnectionError(`${path}: the answer is no JSON`);
  }
}

/** The Status that a server answered, or one that says what it did answer: of paths that it does not serve it tells in plain text. */
function refusalOf(text: string, code: number): StatusError {
  const status = statusIn(text);
  if (status?.kind === "Status")
    return new StatusError(status.reason, status.message ?? "", status.details, status.code ?? code);
  return new StatusError(undefined, text.slice(0, 200), undefined, code);
}

function statusIn(text: string): Partial<Status> | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as Partial<Status> | undefined;
  } catch {
    return undefined;
  }
}
