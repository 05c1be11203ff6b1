import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, isIPv6 } from "node:net";
import { answerReview, type Decision, type IncomingReview, type Phase, readReview } from "@sallyport/admission";
import { Metrics } from "./metrics.ts";
import type { TlsSource } from "./tls-source.ts";

export interface WebhookServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSource;
  /** PEM of the authority whose client certificates alone may ask; anybody who can reach us when absent. */
  readonly clientCa?: string;
  /** Decides one phase of a review. A rejection is answered as a refusal: fail closed. */
  readonly decide: (review: IncomingReview, phase: Phase) => Promise<Decision>;
  /** Decides the mutating phase of reviews that come to `/inject`, for who is asked about sidecars alone; not served when absent. */
  readonly inject?: (review: IncomingReview) => Promise<Decision>;
  /** Why no review can be answered yet; undefined when it can. */
  readonly notReady: () => string | undefined;
  /** Monotonic milliseconds. */
  readonly ticks: () => number;
  readonly onFault: (error: unknown) => void;
  /** How long reviews are answered after `close`, while others still send them here. */
  readonly drainMs?: number;
  /** More metrics, as Prometheus reads them, ending with a line feed. */
  readonly moreMetrics?: () => string;
}

export interface WebhookServer {
  readonly url: string;
  /** Answers no new connection, says on its probes that it is going, and waits for what was begun. */
  readonly close: () => Promise<void>;
}

/** kube-apiserver takes bodies of 3 MiB, and a review holds the object twice. */
const maxBodyBytes = 8 * 1024 * 1024;
/** A connection that sends nothing for so long is cut: slow ones must not fill the server. */
const requestTimeoutMs = 30_000;
/**
 * Connections that nobody uses stay open for longer than API servers keep them, 90 s: a review that is sent on one that is being closed
 * would fail, and is not sent again.
 */
const keepAliveMs = 120_000;
/** What the API server waits by default; it says so in the URL. */
const defaultTimeoutSeconds = 10;
/** We give up before our caller does, so that he hears why. */
const shareOfTimeout = 0.9;
/** While endpoints of a Service still lead here after the pod was told to end. */
const defaultDrainMs = 5000;
/** What was begun may end within this. */
const endMs = 15_000;

const injectPath = "/inject";
const phases: { readonly [path: string]: Phase } = {
  "/mutate": "mutating",
  "/validate": "validating",
  [injectPath]: "mutating",
};

/** Serves reviews over TLS. Rejects when the address cannot be had. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const metrics = new Metrics();
  const state = { isClosing: false };
  const { certificate: cert, key } = options.tls.current();
  const { clientCa } = options;
  // Probes come without a certificate: who may ask is decided request by request.
  const client = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  const server = createServer({ cert, key, ...client }, (request, response) => {
    void new Exchange(request, response, options, metrics, state).answer().catch((error) => {
      options.onFault(error);
      response.destroy();
    });
  });
  server.requestTimeout = requestTimeoutMs;
  server.keepAliveTimeout = keepAliveMs;
  server.on("tlsClientError", () => {});
  options.tls.onChange(({ certificate, key: next }) =>
    server.setSecureContext({ cert: certificate, key: next, ...(clientCa === undefined ? {} : { ca: clientCa }) }),
  );
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = isIPv6(options.host) ? `[${options.host}]` : options.host;
  return { url: `https://${host}:${port}`, close: () => close(server, state, options) };
}

function listen(server: Server, { host, port }: WebhookServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
}

async function close(
  server: Server,
  state: { isClosing: boolean },
  { tls, drainMs = defaultDrainMs }: WebhookServerOptions,
): Promise<void> {
  state.isClosing = true;
  await new Promise((done) => setTimeout(done, drainMs));
  const timer = setTimeout(() => server.closeAllConnections(), endMs);
  await new Promise<void>((done) => {
    server.close(() => done());
    server.closeIdleConnections();
  });
  clearTimeout(timer);
  tls.close();
}

/** One request and its answer. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: WebhookServerOptions;
  readonly #metrics: Metrics;
  readonly #state: { readonly isClosing: boolean };

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    options: WebhookServerOptions,
    metrics: Metrics,
    state: { readonly isClosing: boolean },
  ) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#metrics = metrics;
    this.#state = state;
  }

  async answer(): Promise<void> {
    const url = new URL(this.#request.url ?? "/", "https://webhook");
    const phase = phases[url.pathname];
    const isServed = url.pathname !== injectPath || this.#options.inject !== undefined;
    if (phase === undefined || !isServed) return this.#other(url.pathname);
    if (this.#request.method !== "POST") return this.#refuse(405, "reviews are sent by POST");
    if (!this.#isTrusted()) return this.#refuse(403, "a client certificate of the configured authority is needed");
    const notReady = this.#options.notReady();
    if (notReady !== undefined) return this.#refuse(503, notReady);
    const body = await this.#body();
    if (body === undefined) return this.#refuse(413, `a review may have ${maxBodyBytes} bytes`);
    const started = this.#options.ticks();
    const review = readReview(parsed(body));
    if (typeof review === "string") return this.#refuse(400, review);
    const decision = await this.#decide(review, phase, url);
    if (decision === undefined) return this.#refuse(504, "no decision within the caller's timeout");
    this.#metrics.review(phase, review.request.operation, decision.allowed, (this.#options.ticks() - started) / 1000);
    this.#send(200, "application/json", JSON.stringify(answerReview(review, decision)));
  }

  /** Undefined when the caller's time is over. */
  async #decide(review: IncomingReview, phase: Phase, url: URL): Promise<Decision | undefined> {
    const seconds = Number(
      /^(\d+(?:\.\d+)?)s$/.exec(url.searchParams.get("timeout") ?? "")?.[1] ?? defaultTimeoutSeconds,
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000 * shareOfTimeout, undefined);
    });
    try {
      const { decide, inject } = this.#options;
      const asked = url.pathname === injectPath && inject !== undefined ? inject(review) : decide(review, phase);
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #isTrusted(): boolean {
    if (this.#options.clientCa === undefined) return true;
    return (this.#request.socket as unknown as { readonly authorized?: boolean }).authorized === true;
  }

  #other(path: string): void {
    const notReady = this.#state.isClosing ? "shutting down" : this.#options.notReady();
    if (path === "/healthz" || path === "/livez") this.#send(200, "text/plain", "ok");
    else if (path === "/readyz") this.#send(notReady === undefined ? 200 : 503, "text/plain", notReady ?? "ok");
    else if (path === "/metrics")
      this.#send(
        200,
        "text/plain; version=0.0.4",
        this.#metrics.render(notReady === undefined) + (this.#options.moreMetrics?.() ?? ""),
      );
    else this.#refuse(404, `nothing is served at ${path}; reviews go to /mutate and /validate`);
  }

  /** Undefined when it is too large. By events: an iterator over the stream costs a tenth of a request more. */
  #body(): Promise<string | undefined> {
    const request = this.#request;
    const chunks: Buffer[] = [];
    let size = 0;
    return new Promise((resolve, reject) => {
      request.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= maxBodyBytes) chunks.push(chunk);
        else {
          request.pause();
          resolve(undefined);
        }
      });
      request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
      request.on("error", reject);
    });
  }

  #refuse(code: number, why: string): void {
    this.#metrics.refused(code);
    this.#send(code, "text/plain", why);
  }

  #send(code: number, type: string, body: string): void {
    const ending = this.#state.isClosing || code === 413 ? { connection: "close" } : {};
    this.#response.writeHead(code, { "content-type": type, "content-length": Buffer.byteLength(body), ...ending });
    this.#response.end(body);
  }
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
