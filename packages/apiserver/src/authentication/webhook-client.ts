import { request as requestHttp } from "node:http";
import { Agent, request } from "node:https";

/** Sends a review as JSON and answers what comes back. Rejects with `WebhookError`. */
export type PostJson = (body: object) => Promise<unknown>;

/** A service that could not be asked. Says nothing of what was sent: that may be a token. */
export class WebhookError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WebhookError";
  }
}

/** Where a service listens, and how to know each other: what a kubeconfig says of it. */
export interface WebhookTarget {
  readonly url: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly insecureSkipTlsVerify?: boolean;
}

/** As kube-apiserver waits for them. */
const timeoutMs = 30_000;
/** An answer that is longer is none. */
const maxAnswerBytes = 1024 * 1024;

export function webhookClient({ url, token, insecureSkipTlsVerify, ...tls }: WebhookTarget): PostJson {
  const isPlain = url.startsWith("http:");
  const agent = new Agent({ ...tls, keepAlive: true, rejectUnauthorized: insecureSkipTlsVerify !== true });
  return (body) =>
    new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new WebhookError(`Post ${JSON.stringify(url)}: ${why}`));
      const headers = {
        "content-type": "application/json",
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const options = { method: "POST", headers, timeout: timeoutMs };
      const outgoing = isPlain ? requestHttp(url, options) : request(url, { ...options, agent });
      outgoing.on("error", (error) => fail(error.message));
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)));
      outgoing.on("response", (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > maxAnswerBytes) outgoing.destroy(new Error("the answer is too long"));
        });
        incoming.on("error", (error) => fail(error.message));
        incoming.on("end", () => {
          const code = incoming.statusCode ?? 0;
          if (code < 200 || code > 299) return fail(`status ${code}`);
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
          } catch {
            fail("the answer is no JSON");
          }
        });
      });
      outgoing.end(JSON.stringify(body));
    });
}
