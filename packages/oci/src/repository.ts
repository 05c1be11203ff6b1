import { parseChallenge, tokenUrl } from "./challenge.ts";
import { digestPattern } from "./reference.ts";

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:…` or `sha512:…`. */
  readonly digest: string;
}

/** https://github.com/opencontainers/image-spec/blob/main/manifest.md; an index has no layers. */
export interface Manifest {
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface RegistryRequest {
  readonly method: "GET" | "HEAD";
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  /** More of an answer than this is not read. */
  readonly limitBytes: number;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly bytes: Uint8Array;
}

/** Sends a request, follows redirects, and adds the credentials that are the sender's; rejects when there is no answer, or one too large. */
export type Send = (request: RegistryRequest) => Promise<RegistryAnswer>;

/** Manifests are far smaller; registries refuse those over 4 MiB. */
const manifestBytes = 4 * 1024 * 1024;
const tokenBytes = 1024 * 1024;

const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "*/*",
].join(", ");

/** Reads a repository by the distribution API. https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
export class Repository {
  readonly #base: string;
  readonly #name: string;
  readonly #send: Send;
  #authorization: string | undefined;

  /** `origin` is `https://registry.example.com`. */
  constructor(origin: string, name: string, send: Send) {
    this.#base = `${origin}/v2/${name}`;
    this.#name = name;
    this.#send = send;
  }

  /** What a tag or a digest stands for now. */
  async resolve(reference: string): Promise<Descriptor> {
    const { headers } = await this.#ask("HEAD", `manifests/${reference}`, { Accept: manifestTypes }, 0);
    const digest = headers.get("docker-content-digest") ?? "";
    if (digest === "") throw new Error("missing Docker-Content-Digest header in response");
    if (!digestPattern.test(digest)) throw new Error(`invalid digest ${JSON.stringify(digest)}`);
    return { digest, mediaType: headers.get("content-type") ?? "" };
  }

  /** Rejects when it is another than its digest says, or no manifest. */
  async manifest({ digest, mediaType }: Descriptor): Promise<Manifest> {
    const headers = { Accept: mediaType === "" ? manifestTypes : mediaType };
    const { bytes } = await this.#ask("GET", `manifests/${digest}`, headers, manifestBytes);
    await verify(digest, bytes);
    return readManifest(bytes);
  }

  /** Rejects when it is another than its digest says, or larger than the limit. */
  async blob({ digest }: Descriptor, limitBytes: number): Promise<Uint8Array> {
    const { bytes } = await this.#ask("GET", `blobs/${digest}`, {}, limitBytes);
    await verify(digest, bytes);
    return bytes;
  }

  async #ask(
    method: RegistryRequest["method"],
    path: string,
    headers: RegistryRequest["headers"],
    limitBytes: number,
  ): Promise<RegistryAnswer> {
    const request = { method, url: `${this.#base}/${path}`, limitBytes };
    const answer = await this.#send({ ...request, headers: { ...headers, ...this.#shown() } });
    if (answer.status === 200) return answer;
    if (answer.status === 401 && (await this.#fetchToken(answer))) {
      const second = await this.#send({ ...request, headers: { ...headers, ...this.#shown() } });
      if (second.status === 200) return second;
      throw new Error(`${method} ${request.url}: HTTP status ${second.status}`);
    }
    throw new Error(`${method} ${request.url}: HTTP status ${answer.status}`);
  }

  #shown(): { readonly [name: string]: string } {
    return this.#authorization === undefined ? {} : { Authorization: this.#authorization };
  }

  /** True when there is a new token to try with. */
  async #fetchToken({ headers }: RegistryAnswer): Promise<boolean> {
    this.#authorization = undefined;
    const challenge = parseChallenge(headers.get("www-authenticate") ?? "");
    const url = challenge && tokenUrl(challenge, this.#name);
    if (url === undefined) return false;
    const answer = await this.#send({ method: "GET", url, headers: {}, limitBytes: tokenBytes });
    if (answer.status !== 200) throw new Error(`GET ${url}: HTTP status ${answer.status}`);
    const { token, access_token: access } = JSON.parse(new TextDecoder().decode(answer.bytes)) as {
      readonly token?: string;
      readonly access_token?: string;
    };
    if (token === undefined && access === undefined) throw new Error(`GET ${url}: no token in the answer`);
    this.#authorization = `Bearer ${token ?? access}`;
    return true;
  }
}

async function verify(digest: string, bytes: Uint8Array): Promise<void> {
  const [algorithm, wanted] = digest.split(":") as [string, string];
  const name = algorithm === "sha512" ? "SHA-512" : "SHA-256";
  const hash = new Uint8Array(await crypto.subtle.digest(name, bytes as Uint8Array<ArrayBuffer>));
  const found = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== wanted) throw new Error(`what was sent for ${digest} is ${algorithm}:${found}`);
}

function readManifest(bytes: Uint8Array): Manifest {
  const read = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly config?: Descriptor;
    readonly layers?: unknown;
  };
  const layers = Array.isArray(read.layers) ? (read.layers as Partial<Descriptor>[]) : [];
  for (const { digest = "" } of layers)
    if (!digestPattern.test(digest)) throw new Error(`invalid digest ${JSON.stringify(digest)} in the manifest`);
  const known = layers.map(({ mediaType = "", digest = "" }) => ({ mediaType, digest }));
  return { ...(read.config !== undefined && { config: read.config }), layers: known };
}
