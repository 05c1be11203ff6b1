import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import { gunzipSync } from "node:zlib";
import type { HttpAnswer, HttpFailure, HttpRequest, HttpResponse, TlsOptions } from "@sallyport/rego";
import { networkFault } from "./http-faults.ts";
import { nextRequest } from "./http-redirects.ts";

/** A policy decides on what it is told; larger answers are a mistake or an attack. */
const maxResponseBytes = 64 * 1024 * 1024;

/** The client that servers see unless the policy names one. */
const userAgent = "Sallyport";

/** Sends a request of `http.send`, with its redirects and retries. Failures are answers. */
export async function sendHttp(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer> {
  const tls = tlsOptions(request.tls);
  for (let attempt = 0; ; attempt++) {
    const answer = await sendOnce(request, tls, signal);
    const isFinal = answer.kind === "response" || attempt === request.retries;
    if (isFinal || signal?.aborted === true || !(await pause(attempt, signal))) return answer;
  }
}

const minDelayMs = 100;
const maxDelayMs = 60_000;

/** Twice as long after each attempt, less up to a fifth; false when the wait was ended. */
async function pause(attempt: number, signal: AbortSignal | undefined): Promise<boolean> {
  const longest = Math.min(maxDelayMs, minDelayMs * 2 ** attempt);
  try {
    await delay(longest * (1 - Math.random() / 5), undefined, signal === undefined ? {} : { signal });
    return true;
  } catch {
    return false;
  }
}

function failure({ method, url }: HttpRequest, reason: HttpFailure["reason"], message: string): HttpFailure {
  return { kind: "failure", reason, message, method, url };
}

/** One attempt: the timeout is for all redirects together. */
async function sendOnce(first: HttpRequest, tls: RequestOptions, signal: AbortSignal | undefined): Promise<HttpAnswer> {
  // Timers count milliseconds, and nothing is answered in less.
  if (first.timeoutMs > 0 && first.timeoutMs < 1) return failure(first, "timeout", timeoutText);
  const timer = first.timeoutMs <= 0 ? undefined : AbortSignal.timeout(Math.ceil(first.timeoutMs));
  const ends = AbortSignal.any([timer, signal].filter((each) => each !== undefined));
  let request = first;
  for (let redirects = 0; ; redirects++) {
    const fault = targetFault(request, redirects) ?? headerFault(request);
    if (fault !== undefined) return failure(request, "network", fault);
    try {
      const response = await exchange(request, { ...tls, signal: ends });
      const next = request.followRedirects ? nextRequest(request, response) : undefined;
      if (next === undefined) return response;
      request = next;
    } catch (error) {
      if (timer?.aborted === true) return failure(request, "timeout", timeoutText);
      return failure(request, "network", networkFault(error, request));
    }
  }
}

const timeoutText = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/** Enough for any login; a loop ends here. */
const maxRedirects = 100;

function targetFault({ url, allowedHosts }: HttpRequest, redirects: number): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? "";
  if (scheme !== "http" && scheme !== "https") return `unsupported protocol scheme "${scheme}"`;
  if (!/^https?:\/\/[^/?#]/i.test(url)) return "http: no Host in request URL";
  if (!URL.canParse(url)) return "invalid URL";
  const { hostname } = new URL(url);
  if (redirects > 0 && allowedHosts?.includes(hostname) === false) return `unallowed host: ${hostname}`;
  return redirects > maxRedirects ? `stopped after ${maxRedirects} redirects` : undefined;
}

/** In the words of Go's client, in the order of the names. */
function headerFault({ headers }: HttpRequest): string | undefined {
  for (const [name, value] of Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/^[\w!#$%&'*+\-.^`|~]+$/.test(name)) return `net/http: invalid header field name ${JSON.stringify(name)}`;
    if ([...value].some((char) => char !== "\t" && (char < " " || char === "\x7f")))
      return `net/http: invalid header field value for ${JSON.stringify(name)}`;
  }
  return undefined;
}

/** What tells where a body ends is the client's to send: as in Go's, a policy's is left out. */
const ofClient: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "trailer"]);

/** Headers go as UTF-8; Node takes the bytes as characters. */
function bytesOf(headers: { readonly [name: string]: string }): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !ofClient.has(name.toLowerCase()))
      .map(([name, value]) => [name, Buffer.from(value).toString("latin1")]),
  );
}

function exchange(request: HttpRequest, tls: RequestOptions): Promise<HttpResponse> {
  const asksForGzip = request.headers["Accept-Encoding"] === undefined && request.method !== "HEAD";
  const length = lengthHeader(request);
  // In the order in which Go sends them.
  const headers = {
    ...(request.host === undefined ? {} : { Host: request.host }),
    "User-Agent": userAgent,
    ...length,
    ...sorted(bytesOf(request.headers)),
    ...(asksForGzip ? { "Accept-Encoding": "gzip" } : {}),
  };
  const options: RequestOptions = { ...tls, method: request.method, headers };
  if (request.socketPath !== undefined) options.socketPath = request.socketPath;
  return exchangeBy(request, options, asksForGzip);
}

function sorted<Value>(headers: { readonly [name: string]: Value }): { readonly [name: string]: Value } {
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The methods that may be sent once more when it is unclear whether the server saw them. */
const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

function exchangeBy(request: HttpRequest, options: RequestOptions, asksForGzip: boolean): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  const onResponse = (message: IncomingMessage): void => {
    responseFrom(message, asksForGzip).then(resolve, reject);
  };
  const send = request.url.toLowerCase().startsWith("https:") ? requestHttps : requestHttp;
  const sent: ClientRequest = send(request.url, options, onResponse);
  sent.on("error", (error: NodeJS.ErrnoException) => {
    // The server had closed a connection that was kept from an earlier request.
    const isStale = sent.reusedSocket && error.code === "ECONNRESET" && idempotent.has(request.method);
    if (isStale) resolve(exchangeBy(request, { ...options, agent: false }, asksForGzip));
    else reject(error);
  });
  sent.end(request.body);
  return promise;
}

/** A length also where there is nothing to send, but for the methods that usually send nothing. */
function lengthHeader({ method, body }: HttpRequest): { readonly [name: string]: string } {
  const length = Buffer.byteLength(body);
  const sendsNothing = length === 0 && !["POST", "PUT", "PATCH"].includes(method);
  return sendsNothing ? {} : { "Content-Length": String(length) };
}

async function responseFrom(message: IncomingMessage, mayDecode: boolean): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxResponseBytes) throw new Error(`response is larger than ${maxResponseBytes} bytes`);
    chunks.push(chunk);
  }
  const headers = headersOf(message);
  const raw = Buffer.concat(chunks);
  const isGzip = mayDecode && headers["content-encoding"]?.[0]?.toLowerCase() === "gzip" && raw.length > 0;
  const { "content-encoding": _encoding, "content-length": _length, ...others } = headers;
  const statusCode = message.statusCode ?? 0;
  return {
    kind: "response",
    status: `${statusCode} ${message.statusMessage ?? ""}`.trimEnd(),
    statusCode,
    headers: isGzip ? others : headers,
    body: isGzip ? gunzipSync(raw, { maxOutputLength: maxResponseBytes }) : raw,
  };
}

/** All values of each header, by name in lower case. */
function headersOf({ rawHeaders }: IncomingMessage): { [name: string]: string[] } {
  const headers: { [name: string]: string[] } = Object.create(null);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    const value = rawHeaders[i + 1] as string;
    // Go moves these out of the headers.
    const isAboutConnection = name === "transfer-encoding" || (name === "connection" && value === "close");
    if (!isAboutConnection) (headers[name] ??= []).push(value);
  }
  return headers;
}

function tlsOptions({
  authorities,
  clients,
  insecureSkipVerify,
  serverName,
  useSystemCerts,
  minVersion,
}: TlsOptions): RequestOptions {
  const trusted = [...authorities, ...(useSystemCerts ? getCACertificates("system") : [])];
  const isPlain = !insecureSkipVerify && serverName === undefined && clients.length === 0;
  return {
    // Connections are only kept for other requests that trust and show the same.
    ...(isPlain && trusted.length === 0 ? {} : { agent: false }),
    rejectUnauthorized: !insecureSkipVerify,
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(trusted.length === 0 ? {} : { ca: trusted }),
    ...(clients.length === 0
      ? {}
      : { cert: clients.map(({ certificate }) => certificate), key: clients.map(({ key }) => key) }),
  } as RequestOptions;
}
