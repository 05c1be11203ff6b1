import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TokenRefused } from "../token-review.ts";
import type { TokenPod } from "./pod-token.ts";
import type { WorkloadConfig } from "./workload-config.ts";

export interface ConfigServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** PEM; what callers see. */
  readonly serving: () => { readonly certificate: string; readonly key: string };
  /** Which pod shows a token. Rejects with `TokenRefused`. */
  readonly review: (token: string) => Promise<TokenPod>;
  /** Undefined for a pod that is not there, or not yet. */
  readonly configOf: (pod: TokenPod) => WorkloadConfig | undefined;
  readonly onFault: (error: Error) => void;
}

export interface ConfigServer {
  readonly port: number;
  /** Tells each sidecar what is new for it. */
  readonly changed: () => void;
  /** Shows another certificate to those who connect from now on. */
  readonly renew: () => void;
  readonly close: () => Promise<void>;
}

/** Where a sidecar asks. */
export const configPath = "/v1/workload";

/** Then a sidecar comes again with the token that it has now: one that was taken back is of no use for longer. */
const streamMs = 30 * 60_000;
/** An empty line so often tells that there is nothing new, and finds those who are gone. */
const beatMs = 20_000;
/** A node has no more pods than a few hundred, and a server of one cluster is not asked by more. */
const maxStreams = 10_000;

/** Tells each sidecar what it must know, as lines of JSON, again whenever that changes. Rejects when nobody can listen there. */
export async function serveConfigs(options: ConfigServerOptions): Promise<ConfigServer> {
  const streams = new Set<ConfigStream>();
  const { certificate, key } = options.serving();
  const server = createServer({ cert: certificate, key, minVersion: "TLSv1.2", handshakeTimeout: 10_000 });
  server.on("request", (request, response) => void take(request, response, streams, options).catch(options.onFault));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const beat = setInterval(() => {
    for (const stream of streams) stream.beat();
  }, beatMs);
  beat.unref();
  return {
    port: (server.address() as AddressInfo).port,
    changed: () => {
      for (const stream of streams) stream.tell();
    },
    renew: () => {
      const next = options.serving();
      server.setSecureContext({ cert: next.certificate, key: next.key, minVersion: "TLSv1.2" });
    },
    close: () =>
      new Promise((resolve) => {
        clearInterval(beat);
        for (const stream of streams) stream.end();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  streams: Set<ConfigStream>,
  options: ConfigServerOptions,
): Promise<void> {
  const answer = (status: number, text: string) =>
    void response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  if (request.method !== "GET" || request.url !== configPath) return answer(404, `expected GET ${configPath}`);
  if (streams.size >= maxStreams) return answer(503, "too many sidecars ask");
  const [, token] = /^Bearer ([!-~]+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token === undefined) return answer(401, "expected Authorization: Bearer TOKEN, of the pod");
  try {
    const pod = await options.review(token);
    if (response.destroyed) return;
    new ConfigStream(response, () => options.configOf(pod), streams).tell();
  } catch (error) {
    options.onFault(error as Error);
    // What the API server says of a token might help who guesses.
    if (error instanceof TokenRefused) answer(401, "the token was refused");
    else answer(503, "the token could not be checked");
  }
}

/** What one sidecar is told, as long as it listens. */
class ConfigStream {
  readonly #response: ServerResponse;
  readonly #config: () => WorkloadConfig | undefined;
  #told = "";

  constructor(response: ServerResponse, config: () => WorkloadConfig | undefined, streams: Set<ConfigStream>) {
    this.#response = response;
    this.#config = config;
    streams.add(this);
    const timer = setTimeout(() => this.end(), streamMs);
    timer.unref();
    response.once("close", () => {
      clearTimeout(timer);
      streams.delete(this);
    });
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.flushHeaders();
  }

  /** A sidecar whose pod is gone is told nothing more; it goes on by what it knows until it ends. */
  tell(): void {
    const config = this.#config();
    const text = config === undefined ? "" : JSON.stringify(config);
    if (text === "" || text === this.#told) return;
    this.#told = text;
    this.#response.write(`${text}\n`);
  }

  beat(): void {
    this.#response.write("\n");
  }

  end(): void {
    this.#response.end();
  }
}
