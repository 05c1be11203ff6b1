import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent, request } from "node:https";
import { statusText } from "@sallyport/admission";
import { jsonSyntaxFault } from "@sallyport/kube";

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

/** As kube-apiserver waits for them, unless told otherwise. */
const longestMs = 30_000;
/** An answer that is longer is none. */
const maxAnswerBytes = 1024 * 1024;

/** Posts to a service, over one set of connections. */
export function webhookClient(target: WebhookTarget, timeoutMs: number = longestMs): PostJson {
  const send = sender(target, timeoutMs);
  return (body) => send("POST", target.url, JSON.stringify(body));
}

/** Reads JSON documents of servers whose certificates one of the authorities (PEM; those of the system when absent) signed. */
export function documentReader(ca: string | undefined): (url: string) => Promise<unknown> {
  const send = sender(ca === undefined ? {} : { ca });
  return (url) => send("GET", url);
}

function sender(
  { token, insecureSkipTlsVerify, ca, cert, key }: Omit<WebhookTarget, "url">,
  timeoutMs: number = longestMs,
) {
  const agent = new Agent({ ca, cert, key, keepAlive: true, rejectUnauthorized: insecureSkipTlsVerify !== true });
  const headers = {
    accept: "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return (method: "GET" | "POST", url: string, body?: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new WebhookError(`${method === "GET" ? "Get" : "Post"} ${JSON.stringify(url)}: ${why}`));
      const type = body === undefined ? {} : { "content-type": "application/json" };
      const options = { method, headers: { ...headers, ...type }, timeout: timeoutMs };
      const outgoing = url.startsWith("http:") ? requestHttp(url, options) : request(url, { ...options, agent });
      outgoing.on("error", (error) => fail(error.message));
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)));
      const refuse = (why: string) => reject(new WebhookError(why));
      outgoing.on("response", (incoming) => readAnswer(incoming, outgoing, { resolve, refuse, fail }));
      outgoing.end(body);
    });
}

interface Reading {
  readonly resolve: (value: unknown) => void;
  /** What came says why it is no answer, as client-go words it. */
  readonly refuse: (why: string) => void;
  /** Nothing whole came. */
  readonly fail: (why: string) => void;
}

function readAnswer(incoming: IncomingMessage, outgoing: ClientRequest, { resolve, refuse, fail }: Reading): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) outgoing.destroy(new Error("the answer is too long"));
  });
  incoming.on("error", (error) => fail(error.message));
  incoming.on("end", () => {
    const [code, whole] = [incoming.statusCode ?? 0, Buffer.concat(chunks)];
    const body = whole.toString("utf8");
    if (code < 200 || code > 299)
      return refuse(statusText({ code, type: incoming.headers["content-type"] ?? "", body }));
    try {
      resolve(JSON.parse(body));
    } catch {
      refuse(`couldn't get version/kind; json parse error: ${jsonSyntaxFault(whole)}`);
    }
  });
}
