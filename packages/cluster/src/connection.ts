/** How an API server is reached, and who one is to it. */
export interface Connection {
  readonly url: string;
  /** PEM; the system's roots when absent. */
  readonly ca?: string;
  /** PEM of a client certificate. */
  readonly cert?: string;
  readonly key?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** Name to check in the server's certificate, when it differs from the URL's host. */
  readonly serverName?: string;
  /** Asked before each request: tokens of pods and of plugins are renewed while we run. */
  readonly token?: () => string | Promise<string>;
  /** The namespace that the context names, or that we run in. */
  readonly namespace?: string;
}

/** An API server could not be reached, or answers nothing that can be read. One line; never a token or key. */
export class ConnectionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConnectionError";
  }
}
