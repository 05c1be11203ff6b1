import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import type { WebhookAnswer, WebhookPost } from "@sallyport/admission";
import { locationOf, networkFault } from "@sallyport/effects";
import { readBounded, TooLongError } from "../bounded-body.ts";

/** A webhook's answer is an AdmissionReview with a patch: more than the 3 MiB of a request is never honest. */
const maxAnswerBytes = 8 * 1024 * 1024;

/** Go's client follows no more. */
const maxRedirects = 10;

/** client-go's, where a server says when to come back. */
const maxRetries = 10;

/** Connections stay open for the next review. */
const agent = new Agent({ keepAlive: true });

/** One request of a call: the first, or where a redirect leads. */
interface Sent extends Pick<WebhookPost, "address" | "serverName" | "caBundle" | "credentials"> {
  readonly method: "POST" | "GET";
  readonly url: string;
  readonly body: string;
}

interface Received extends WebhookAnswer {
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
}

/** The bytes of an answer ended too soon, or are not what they should be. */
class BodyFault extends Error {}

/**
 * Asks a webhook as client-go would, with its redirects and retries. Rejects, in Go's words, on refused connections, untrusted certificates,
 * timeouts and oversized answers; the caller applies the failurePolicy.
 */
export async function postReview(call: WebhookPost): Promise<WebhookAnswer> {
  const signal = AbortSignal.timeout(call.timeoutMs);
  for (let attempt = 0; ; attempt++) {
    const answer = await follow({ ...call, method: "POST" }, signal);
    const seconds = /^\d+$/.test(answer.retryAfter ?? "") ? Number(answer.retryAfter) : undefined;
    const mayRetry = answer.code === 429 || answer.code >= 500;
    if (!mayRetry || seconds === undefined || attempt === maxRetries) return answer;
    await delay(seconds * 1000, undefined, { signal }).catch(() => {
      throw new Error(deadline);
    });
  }
}

const deadline = "context deadline exceeded";

async function follow(first: Sent, signal: AbortSignal): Promise<Received> {
  const fault = (url: string, why: string) => new Error(`Post ${JSON.stringify(url)}: ${why}`);
  let sent = first;
  for (let redirects = 0; ; redirects++) {
    let answer: Received;
    try {
      answer = await exchange(sent, signal);
    } catch (error) {
      const why = signal.aborted ? deadline : faultText(error as Error, sent);
      if (error instanceof BodyFault)
        throw new Error(`unexpected error when reading response body. Please retry. Original error: ${why}`);
      throw fault(sent.url, why);
    }
    const next = locationOf(sent.url, answer.code, answer.location);
    if (next === undefined) return answer;
    if (redirects + 1 === maxRedirects) throw fault(answer.location ?? "", `stopped after ${maxRedirects} redirects`);
    // Another host is nobody's to trust: client-go would show it the same.
    const { address: _, credentials: __, ...rest } = sent;
    const place = new URL(next.url).host === new URL(sent.url).host ? sent : rest;
    sent = { ...place, url: next.url, ...(next.isRepeated ? {} : { method: "GET", body: "" }) };
  }
}

/** Go's words for what went wrong between a webhook and us. */
function faultText(error: Error & { code?: string; rawPacket?: Buffer }, { url, address }: Sent): string {
  if (error instanceof BodyFault) return error.message;
  if (error.code?.startsWith("HPE_") === true) {
    const line = error.rawPacket?.toString("latin1").split(/\r?\n/, 1)[0] ?? "";
    return `net/http: HTTP/1.x transport connection broken: ${malformed(line)}`;
  }
  return networkFault(error, { url: address === undefined ? url : `https://${address.host}` });
}

/** As Go's http.ReadResponse looks at the first line of an answer. */
function malformed(line: string): string {
  const [, version = "", rest] = /^(\S*) *(.*)$/.exec(line) ?? [];
  if (!line.includes(" ")) return `malformed HTTP response ${JSON.stringify(line)}`;
  const [code = ""] = (rest ?? "").split(" ");
  return /^\d{3}$/.test(code)
    ? `malformed HTTP version ${JSON.stringify(version)}`
    : `malformed HTTP status code ${JSON.stringify(code)}`;
}

async function exchange(
  { method, url, body, address, serverName, caBundle, credentials: { authorization, ...certificate } = {} }: Sent,
  signal: AbortSignal,
) {
  // A connection that the other side has ended is taken away before it is used once more: no call may be sent twice.
  await new Promise((resolve) => setImmediate(resolve));
  return new Promise<Received>((resolve, reject) => {
    let hasHead = false;
    const outgoing = request(
      url,
      {
        agent,
        method,
        signal,
        headers: {
          host: new URL(url).host,
          accept: "application/json, */*",
          "accept-encoding": "gzip",
          "user-agent": "kube-apiserver-admission",
          ...(authorization === undefined ? {} : { authorization }),
          ...(method === "POST"
            ? { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
            : {}),
        },
        ...(address === undefined ? {} : { hostname: address.host, port: address.port }),
        ...certificate,
        ...(caBundle === undefined ? {} : { ca: caBundle }),
        ...(serverName === undefined ? {} : { servername: serverName }),
      },
      (incoming) => {
        hasHead = true;
        void received(incoming).then(resolve, reject);
      },
    );
    // Behind the head it is the body's reader that tells.
    outgoing.on("error", (error) => {
      if (!hasHead) reject(error);
    });
    outgoing.end(body);
  });
}

async function received(incoming: IncomingMessage): Promise<Received> {
  const bytes = await readBounded(incoming, maxAnswerBytes).catch((error: unknown) => {
    const isLong = error instanceof TooLongError;
    throw new BodyFault(isLong ? `the answer is larger than ${maxAnswerBytes} bytes` : "unexpected EOF");
  });
  const { headers, statusCode: code = 0 } = incoming;
  return {
    code,
    type: headers["content-type"] ?? "",
    body: unzipped(bytes, headers["content-encoding"]).toString("utf8"),
    location: headers.location,
    retryAfter: headers["retry-after"],
  };
}

function unzipped(bytes: Buffer, encoding: string | undefined): Buffer {
  if (encoding?.toLowerCase() !== "gzip" || bytes.length === 0) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxAnswerBytes });
  } catch {
    throw new BodyFault("gzip: invalid header");
  }
}
