import { Agent, request } from "node:https";
import { gunzipSync } from "node:zlib";
import type { Step } from "./scenario.ts";
import { wireBody } from "./wire.ts";

export interface Answer {
  readonly code: number;
  /** By their names; those of the connection itself are left out. */
  readonly headers: { readonly [name: string]: string };
  readonly warnings: readonly string[];
  /** JSON, lines of JSON as a list, fields of protobuf by their numbers, or text. */
  readonly body: unknown;
  /** How JSON writes what it need not write so: its escapes, in their order, and whether it ends its line. */
  readonly writing?: string;
}

/** Longer than any answer of a healthy server takes. */
const timeoutMs = 10_000;

/** How often a connection that breaks is tried anew: a kept one may end as a request begins. */
const maxAttempts = 3;

/** Both servers are our own children. */
const insecure = { rejectUnauthorized: false };

/** What HTTP's libraries say of the connection and the bytes, not the API server of the answer. */
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "date",
  "warning",
]);

/** Asks one API server, as the holder of a token. Certificates are not checked: both servers are our own children. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4, ...insecure });
  /** What this server said last of the things that a step may name in parentheses. */
  readonly #known = new Map<string, string>();

  readonly #patienceMs: number;

  /** `patienceMs` is how long no byte may come. */
  constructor(url: string, token: string, patienceMs: number = timeoutMs) {
    this.#url = url;
    this.#token = token;
    this.#patienceMs = patienceMs;
  }

  /** Rejects when the connection breaks or nothing comes. `(resourceVersion)`, `(uid)` and `(continue)` are what this server answered last. */
  async ask(step: Step): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await this.#ask(step);
        this.#remember(answer, step.keep ?? {});
        return answer;
      } catch (error) {
        if (attempt >= maxAttempts || (error as { code?: string }).code !== "ECONNRESET") throw error;
      }
    }
  }

  #ask(step: Step): Promise<Answer> {
    const { method, path, type = "application/json", accept = "application/json", headers = {}, body } = step;
    const sentBody = this.#bodyOf(body);
    const sent = {
      ...(step.certificate === undefined ? { authorization: `Bearer ${this.#token}` } : {}),
      accept,
      "user-agent": "differential/1",
      ...(sentBody === undefined || type === "" ? {} : { "content-type": type }),
      // Node writes a body of DELETE without saying how long it is.
      ...(sentBody === undefined ? {} : { "content-length": Buffer.byteLength(sentBody) }),
      ...this.#filledAll(headers),
    };
    // A header that is said to be empty is left out.
    const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== ""));
    const agent = step.certificate === undefined ? this.#agent : new Agent({ ...insecure, ...step.certificate });
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${this.#url}${this.#filled(path)}`,
        { method, agent, headers: given, timeout: this.#patienceMs },
        async (incoming) => {
          const chunks: Buffer[] = [];
          try {
            for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
          } catch (error) {
            reject(error as Error);
            return;
          }
          const whole = Buffer.concat(chunks);
          const isZipped = incoming.headers["content-encoding"] === "gzip" && whole.length > 0;
          const bytes = isZipped ? gunzipSync(whole) : whole;
          resolve({
            code: incoming.statusCode ?? 0,
            headers: headersOf(incoming.headers),
            warnings: [incoming.headers["warning"] ?? []].flat().flatMap((each) => each.split(/, (?=299 )/)),
            body: wireBody(bytes) ?? parsed(bytes.toString("utf8")),
            writing: writingOf(bytes.toString("latin1")),
          });
        },
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${this.#patienceMs} ms`)));
      outgoing.on("error", reject);
      outgoing.end(sentBody);
    });
  }

  #bodyOf(body: unknown): string | Uint8Array | undefined {
    if (body === undefined || body instanceof Uint8Array) return body;
    return this.#filled(typeof body === "string" ? body : JSON.stringify(body));
  }

  close(): void {
    this.#agent.destroy();
  }

  #filled(text: string): string {
    return text.replace(/\((\w+)\)/g, (all, name: string) => this.#known.get(name) ?? all);
  }

  #filledAll(headers: { readonly [name: string]: string }): { readonly [name: string]: string } {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, this.#filled(value)]));
  }

  #remember({ body }: Answer, keep: { readonly [name: string]: string }): void {
    for (const [name, pointer] of Object.entries(keep)) {
      const value = valueAt(body, pointer);
      if (typeof value === "string") this.#known.set(name, value);
    }
    const { metadata } = (body ?? {}) as { readonly metadata?: { readonly [field: string]: unknown } | null };
    for (const name of ["resourceVersion", "uid", "continue"]) {
      const value = metadata?.[name];
      if (typeof value === "string" && value !== "") this.#known.set(name, value);
    }
  }
}

/** What a JSON pointer points at; undefined for nothing. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((inner, key) => (inner as { readonly [key: string]: unknown } | null | undefined)?.[key], value);
}

function headersOf(headers: { readonly [name: string]: string | readonly string[] | undefined }): Answer["headers"] {
  const kept = Object.entries(headers).filter(([name]) => !ofConnection.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]).toSorted());
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return parsedLines(text) ?? text;
  }
}

function writingOf(text: string): string {
  const isJson = text.startsWith("{") || text.startsWith("[");
  return isJson ? `${(text.match(/\\u\w{4}/g) ?? []).join("")}${text.endsWith("\n") ? "\n" : ""}` : "";
}

/** The events of a watch. */
function parsedLines(text: string): readonly unknown[] | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  } catch {
    return undefined;
  }
}
