import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { type PodRuntime, serveKubelet } from "@sallyport/streaming";

export interface KubeletServerOptions {
  readonly address: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** The certificate that the API server shows, in PEM: nobody else is let in. */
  readonly client: string;
  readonly runtime: PodRuntime;
  readonly now: () => number;
}

/** A kubelet's doors over TLS, for one API server. Whoever comes through may run anything in any pod, so one certificate alone is taken. */
export class KubeletServer {
  readonly #server: Server;
  readonly #close: () => void;
  readonly #options: KubeletServerOptions;

  constructor(options: KubeletServerOptions) {
    this.#options = options;
    const { certificate, key, client, runtime, now } = options;
    const { fingerprint256 } = new X509Certificate(client);
    // Checked by what it is, not by who signed it: its authority signs users' certificates too.
    this.#server = createServer({ cert: certificate, key, requestCert: true, rejectUnauthorized: false });
    this.#server.on("secureConnection", (socket: TLSSocket) => {
      if (socket.getPeerCertificate().fingerprint256 !== fingerprint256) socket.destroy();
    });
    this.#close = serveKubelet(this.#server, runtime, now);
  }

  /** Answers the port that it got. */
  async start(): Promise<number> {
    const { port, address } = this.#options;
    this.#server.listen(port, address);
    await once(this.#server, "listening");
    return (this.#server.address() as { readonly port: number }).port;
  }

  stop(): void {
    this.#close();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
