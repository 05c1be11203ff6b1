// What builtins ask of the network, and what they are told; see docs/adr/0006-asynchronous-builtins.md.

/** One request of `http.send`, checked and with its defaults. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute; `http:` or `https:`. */
  readonly url: string;
  /** In canonical form, without `Host`. */
  readonly headers: { readonly [name: string]: string };
  /** The Host header, where it differs from the URL. */
  readonly host?: string;
  readonly body: string;
  /** For each attempt with its redirects; none unless positive. */
  readonly timeoutMs: number;
  readonly followRedirects: boolean;
  /** Hosts that a redirect may lead to; all unless given. */
  readonly allowedHosts?: readonly string[];
  /** Further attempts after network faults. */
  readonly retries: number;
  /** A Unix domain socket to connect to. */
  readonly socketPath?: string;
  readonly tls: TlsOptions;
}

export interface TlsOptions {
  readonly insecureSkipVerify: boolean;
  /** The system's authorities beside those given; on its own when none are given. */
  readonly useSystemCerts: boolean;
  readonly serverName?: string;
  /** PEM. */
  readonly authorities: readonly string[];
  /** PEM. */
  readonly clients: readonly { readonly certificate: string; readonly key: string }[];
  /** Node's own unless given. */
  readonly minVersion?: "TLSv1.3";
}

export interface HttpResponse {
  readonly kind: "response";
  /** `200 OK` */
  readonly status: string;
  readonly statusCode: number;
  /** By name in lower case. */
  readonly headers: { readonly [name: string]: readonly string[] };
  readonly body: Uint8Array;
}

export interface HttpFailure {
  readonly kind: "failure";
  readonly reason: "network" | "timeout";
  readonly message: string;
  /** The request that failed, perhaps after redirects. */
  readonly method: string;
  readonly url: string;
}

export type HttpAnswer = HttpResponse | HttpFailure;

export type LookupAnswer =
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "failure"; readonly message: string };

/** A response that later queries may use: until `expiresAtNs` as it is, afterwards once the server has confirmed it. */
export interface CachedResponse {
  readonly response: HttpResponse;
  readonly expiresAtNs: bigint;
}

/** The memory of `http.send` between queries, for requests that ask for it. */
export interface HttpCache {
  readonly get: (key: string) => CachedResponse | undefined;
  readonly set: (key: string, entry: CachedResponse) => void;
  readonly delete: (key: string) => void;
}

/** What takes time. Answers never reject: failures are values. A signal ends the wait. */
export interface AsynchronousEffects {
  readonly http: (request: HttpRequest, signal?: AbortSignal) => Promise<HttpAnswer>;
  readonly lookup: (host: string, signal?: AbortSignal) => Promise<LookupAnswer>;
}
