import { Agent, request } from "node:https";
import type { Step } from "./scenario.ts";

export interface Answer {
  readonly code: number;
  readonly type: string;
  readonly warnings: readonly string[];
  readonly body: unknown;
}

/** Longer than any answer of a healthy server takes. */
const timeoutMs = 15_000;

/** Asks one API server, as the holder of a token. Certificates are not checked: both servers are our own children. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Rejects when the connection breaks or nothing comes. */
  ask({ method, path, type = "application/json", accept = "application/json", body }: Step): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.#token}`,
      accept,
      "user-agent": "differential/1",
      ...(text === undefined ? {} : { "content-type": type }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${this.#url}${path}`,
        { method, agent: this.#agent, headers, timeout: timeoutMs },
        async (incoming) => {
          const chunks: Buffer[] = [];
          try {
            for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
          } catch (error) {
            reject(error as Error);
            return;
          }
          const warnings = [incoming.headers["warning"] ?? []].flat().flatMap((each) => each.split(/, (?=299 )/));
          resolve({
            code: incoming.statusCode ?? 0,
            type: incoming.headers["content-type"] ?? "",
            warnings,
            body: parsed(Buffer.concat(chunks).toString("utf8")),
          });
        },
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      outgoing.on("error", reject);
      outgoing.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
