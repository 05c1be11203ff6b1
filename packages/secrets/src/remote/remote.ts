import { readFile } from "node:fs/promises";
import type { Dispatcher } from "undici";
import { reasonOf } from "../private-file.ts";
import { SourceError } from "../source-error.ts";

/** Variables of the process, or a test's. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

export interface RemoteRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
  /** What lies on the machine itself is not asked through a proxy. */
  readonly isLocal?: boolean;
}

export interface RemoteAnswer {
  readonly status: number;
  readonly text: string;
}

/** A service that did not answer, or not what was asked: one line without any secret, of it or of the request. */
export class RemoteError extends Error {
  /** There is no such thing, as far as the service tells. */
  readonly isAbsent: boolean;

  constructor(message: string, options?: ErrorOptions & { readonly isAbsent?: boolean }) {
    super(message, options);
    this.name = "RemoteError";
    this.isAbsent = options?.isAbsent === true;
  }
}

/** Larger answers are none to a question for a key, a token or a secret: the largest secret of all stores has 512 KiB. */
const maxAnswerBytes = 2 * 1024 * 1024;

export interface RemoteOptions {
  /** For each request, until its answer was read. */
  readonly timeoutMs: number;
  /** Certificates of authorities to trust beside none other, in PEM. */
  readonly ca?: string;
  readonly environment: Environment;
}

/** Services over HTTP: connections are kept, proxies of the environment used, redirects not followed, since requests carry credentials. */
export class Remote {
  readonly #options: RemoteOptions;
  readonly #dispatchers = new Map<boolean, Promise<Dispatcher>>();

  constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /** Rejects with `RemoteError` when there is no whole answer in time; a status is no fault. */
  async ask(request: RemoteRequest): Promise<RemoteAnswer> {
    const { method, url, headers, body, isLocal = false } = request;
    const { timeoutMs } = this.#options;
    checkHeaders(request);
    try {
      const { fetch } = await import("undici");
      const answer = await fetch(url, {
        method,
        headers,
        ...(body !== undefined && { body }),
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
        dispatcher: await this.#dispatcher(isLocal),
      });
      return { status: answer.status, text: await boundedText(answer.body) };
    } catch (error) {
      throw new RemoteError(`${placeOf(request)}: ${causeOf(error as Error, timeoutMs)}`, { cause: error });
    }
  }

  close(): void {
    // Requests that are under way end with an error of theirs.
    for (const dispatcher of this.#dispatchers.values()) void dispatcher.then((each) => each.destroy()).catch(() => {});
    this.#dispatchers.clear();
  }

  #dispatcher(isLocal: boolean): Promise<Dispatcher> {
    const known = this.#dispatchers.get(isLocal);
    if (known !== undefined) return known;
    const made = openDispatcher(this.#options, isLocal);
    this.#dispatchers.set(isLocal, made);
    return made;
  }
}

/** Tokens are among them: what refuses one later quotes it. */
function checkHeaders(request: RemoteRequest): void {
  const wrong = Object.entries(request.headers).find(([, value]) => !/^[\t\x20-\x7e]*$/.test(value));
  if (wrong !== undefined)
    throw new RemoteError(`${placeOf(request)}: ${wrong[0]} has characters that no header takes, as a line break`);
}

async function openDispatcher({ ca, environment }: RemoteOptions, isLocal: boolean): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent } = await import("undici");
  const connect = { minVersion: "TLSv1.2", ...(ca !== undefined && { ca }) } as const;
  const proxyOf = (name: string) => environment[name.toLowerCase()] || environment[name];
  const [httpProxy, httpsProxy] = [proxyOf("HTTP_PROXY"), proxyOf("HTTPS_PROXY")];
  if (isLocal || (!httpProxy && !httpsProxy)) return new Agent({ connect });
  return new EnvHttpProxyAgent({
    connect,
    requestTls: connect,
    noProxy: proxyOf("NO_PROXY") ?? "",
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
  });
}

async function boundedText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error(`the answer has more than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Queries may hold tokens. */
function placeOf({ method, url }: RemoteRequest): string {
  return `${method} ${url.split("?")[0]}`;
}

function causeOf(error: Error, timeoutMs: number): string {
  if (error.name === "TimeoutError") return `no answer in ${timeoutMs} ms`;
  const cause = (error.cause ?? error) as NodeJS.ErrnoException;
  return cause.message || cause.code || "no answer";
}

/** The object of an answer; `what` is who gave it. Throws `RemoteError`, which shows nothing of a text that is no JSON. */
export function objectOf(what: string, { text }: RemoteAnswer): { readonly [field: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as { readonly [field: string]: unknown };
  } catch {
    // Told below.
  }
  throw new RemoteError(`${what}: the answer is no JSON object`);
}

/** A text of an answer that must be there. Throws `RemoteError`. */
export function textIn(what: string, object: unknown, field: string): string {
  const value = (object as { readonly [field: string]: unknown } | null | undefined)?.[field];
  if (typeof value === "string" && value !== "") return value;
  throw new RemoteError(`${what}: the answer has no ${field}`);
}

/** What a service says of a fault: one line, and no more than a person reads. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** A token that the machine keeps current: read whenever it is needed. Rejects with `RemoteError`. */
export async function readToken(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new RemoteError(`${path}: ${reasonOf(error)}`, { cause: error });
  });
  if (text.trim() === "") throw new RemoteError(`${path}: the file is empty`);
  return text.trim();
}

/** Certificates of a file. Rejects with `SourceError`. */
export async function readAuthorities(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new SourceError(`${path}: ${reasonOf(error)}`, { cause: error });
  });
  if (!text.includes("-----BEGIN CERTIFICATE-----"))
    throw new SourceError(`${path}: no certificate in it, expected PEM`);
  return text;
}
