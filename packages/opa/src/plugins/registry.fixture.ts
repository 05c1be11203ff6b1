import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { packTarball } from "../bundle/tarball.ts";

const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const bundleLayer = "application/vnd.oci.image.layer.v1.tar+gzip";

/** A registry over HTTP that serves what is pushed into it, to all or to who has a token that it gives for `user:password`. */
export class TestRegistry {
  readonly asked: string[] = [];
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, Buffer>();
  readonly #server: Server;
  readonly #isPrivate: boolean;

  private constructor(isPrivate: boolean) {
    this.#isPrivate = isPrivate;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start({ isPrivate = false } = {}): Promise<TestRegistry> {
    const registry = new TestRegistry(isPrivate);
    await new Promise<void>((resolve) => registry.#server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Puts a bundle of some files at a tag; answers the hex of its layer's digest. */
  async push(tag: string, files: { readonly [name: string]: string }, mediaType = bundleLayer): Promise<string> {
    const entries = Object.entries(files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }));
    const layer = this.#keep(Buffer.from(await packTarball(entries)));
    const config = this.#keep(Buffer.from("{}"));
    this.pushManifest(tag, {
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
      layers: [{ mediaType, ...layer }],
    });
    return layer.digest.slice("sha256:".length);
  }

  pushManifest(tag: string, manifest: object): void {
    const bytes = Buffer.from(JSON.stringify(manifest));
    this.#manifests.set(tag, bytes);
    this.#manifests.set(digestOf(bytes), bytes);
  }

  #keep(bytes: Buffer): { readonly digest: string; readonly size: number } {
    this.#blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  }

  #answer({ method = "GET", url = "", headers }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${method} ${url}`);
    const { authorization = "" } = headers;
    if (url.startsWith("/token")) {
      const isKnown = authorization === `Basic ${Buffer.from("user:password").toString("base64")}`;
      return void response.writeHead(isKnown ? 200 : 401).end('{"token":"given"}');
    }
    if (this.#isPrivate && authorization !== "Bearer given") {
      const challenge = `Bearer realm="http://${this.host}/token",service="test",scope="repository:org/policy:pull"`;
      return void response.writeHead(401, { "www-authenticate": challenge }).end();
    }
    const [, kind, name = ""] = /^\/v2\/org\/policy\/(manifests|blobs)\/(.*)$/.exec(url) ?? [];
    const bytes = (kind === "manifests" ? this.#manifests : this.#blobs).get(name);
    if (bytes === undefined) return void response.writeHead(404).end();
    const type = kind === "manifests" ? manifestType : "application/octet-stream";
    response.writeHead(200, {
      "content-type": type,
      "content-length": bytes.length,
      "docker-content-digest": digestOf(bytes),
    });
    response.end(method === "HEAD" ? undefined : bytes);
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
