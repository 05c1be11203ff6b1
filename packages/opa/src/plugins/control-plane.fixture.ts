import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { packTarball } from "../bundle/tarball.ts";

/** A request that a control plane was sent. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Of the body as it was sent; bytes. */
  readonly size: number;
  /** What it was answered; posts alone have one of the test's choice. */
  readonly status: number;
}

/** A small service as OPA's management APIs ask for it: serves files with their ETags, and keeps what is posted. */
export class ControlPlane {
  readonly received: Received[] = [];
  /** By path. */
  readonly files = new Map<string, { readonly bytes: Uint8Array; readonly etag: string }>();
  /** What posts are answered with. */
  postStatus = 200;
  readonly #server: Server;
  #made = 0;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = "GET", url = "/", headers } = request;
      const body = Buffer.concat(chunks);
      const text = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      const status = method === "POST" ? this.postStatus : 200;
      this.received.push({ method, path: url, headers, body: text.toString("utf8"), size: body.length, status });
      if (method === "POST") return void response.writeHead(status).end("{}");
      const file = this.files.get(url);
      if (file === undefined) return void response.writeHead(404).end();
      if (headers["if-none-match"] === file.etag) return void response.writeHead(304, { etag: file.etag }).end();
      response.writeHead(200, { etag: file.etag }).end(file.bytes);
    });
  }

  static async start(): Promise<ControlPlane> {
    const plane = new ControlPlane();
    await new Promise<void>((resolve) => plane.#server.listen(0, "127.0.0.1", resolve));
    return plane;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Serves a bundle of some files. */
  async put(path: string, files: { readonly [name: string]: string }): Promise<void> {
    const entries = Object.entries(files).map(([name, text]) => ({
      path: name,
      bytes: new TextEncoder().encode(text),
    }));
    const bytes = await packTarball(entries);
    this.files.set(path, { bytes, etag: `"${++this.#made}"` });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries === 500) throw new Error("it never came to be");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
