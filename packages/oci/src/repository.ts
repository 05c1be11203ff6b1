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
  /** Whether an answer of status 200 is wanted as `chunks`, as it comes. */
  readonly isStreamed?: boolean;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly bytes: Uint8Array;
  /** In place of bytes, where a stream was asked for. Fails when more comes than the limit. */
  readonly chunks?: AsyncIterable<Uint8Array>;
}

/** Who asks. */
export interface Credential {
  readonly username: string;
  readonly password: string;
}

/** A manifest or an index as it is sent. */
export interface FetchedManifest {
  readonly bytes: Uint8Array;
  readonly digest: string;
}

/** A registry answered, and not with what was asked for. */
export class RegistryError extends Error {
  readonly status: number;
  /** What the registry said of it: `MANIFEST_UNKNOWN: manifest unknown`; empty when it said nothing. One line. */
  readonly detail: string;

  constructor(message: string, status: number, detail: string) {
    super(message);
    this.name = "RegistryError";
    this.status = status;
    this.detail = detail;
  }
}

/** Sends a request, follows redirects, and adds the credentials that are the sender's; rejects when there is no answer, or one too large. */
export type Send = (request: RegistryRequest) => Promise<RegistryAnswer>;

/** Manifests are far smaller; registries refuse those over 4 MiB. */
const manifestBytes = 4 * 1024 * 1024;
const tokenBytes = 1024 * 1024;
/** Of what a registry says, as much as a line bears. */
const detailChars = 300;

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
  readonly #credential: Credential | undefined;
  #authorization: string | undefined;

  /** `origin` is `https://registry.example.com`. A credential is shown when the registry asks for one, or to whom it sends for a token. */
  constructor(origin: string, name: string, send: Send, credential?: Credential) {
    this.#base = `${origin}/v2/${name}`;
    this.#name = name;
    this.#send = send;
    this.#credential = credential;
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

  /** What a tag or a digest stands for, an index too, held against the digest that was given or is told. Asks nothing before. */
  async fetchManifest(reference: string): Promise<FetchedManifest> {
    const answer = await this.#ask("GET", `manifests/${reference}`, { Accept: manifestTypes }, manifestBytes);
    const told = answer.headers.get("docker-content-digest") ?? "";
    const wanted = [reference, told].find((digest) => digestPattern.test(digest));
    if (wanted !== undefined) await verify(wanted, answer.bytes);
    return { bytes: answer.bytes, digest: wanted ?? `sha256:${await hexOf("SHA-256", answer.bytes)}` };
  }

  /** A blob as it comes, which the caller must hold against its digest. Fails when it is larger than the limit. */
  async openBlob({ digest }: Descriptor, limitBytes: number): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#ask("GET", `blobs/${digest}`, {}, limitBytes, true);
    return answer.chunks ?? oneChunk(answer.bytes);
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
    isStreamed = false,
  ): Promise<RegistryAnswer> {
    const request = { method, url: `${this.#base}/${path}`, limitBytes, ...(isStreamed && { isStreamed }) };
    const send = () => this.#send({ ...request, headers: { ...headers, ...this.#shown() } });
    const first = await send();
    const answer = first.status === 401 && (await this.#authorize(first)) ? await send() : first;
    if (answer.status === 200) return answer;
    const message = `${method} ${request.url}: HTTP status ${answer.status}`;
    throw new RegistryError(message, answer.status, detailOf(answer.bytes));
  }

  #shown(): { readonly [name: string]: string } {
    return this.#authorization === undefined ? {} : { Authorization: this.#authorization };
  }

  /** True when there is something new to show. */
  async #authorize({ headers }: RegistryAnswer): Promise<boolean> {
    this.#authorization = undefined;
    const challenge = parseChallenge(headers.get("www-authenticate") ?? "");
    if (challenge?.scheme === "basic" && this.#credential !== undefined) {
      this.#authorization = basic(this.#credential);
      return true;
    }
    const url = challenge && tokenUrl(challenge, this.#name);
    if (url === undefined) return false;
    this.#authorization = `Bearer ${await this.#fetchToken(url)}`;
    return true;
  }

  async #fetchToken(url: string): Promise<string> {
    // A registry of TLS that sends for a token without it gets no password.
    const isSafe = !this.#base.startsWith("https:") || url.startsWith("https:");
    const headers = this.#credential !== undefined && isSafe ? { Authorization: basic(this.#credential) } : {};
    const answer = await this.#send({ method: "GET", url, headers, limitBytes: tokenBytes });
    if (answer.status !== 200)
      throw new RegistryError(`GET ${url}: HTTP status ${answer.status}`, answer.status, detailOf(answer.bytes));
    const { token, access_token: access } = JSON.parse(new TextDecoder().decode(answer.bytes)) as {
      readonly token?: string;
      readonly access_token?: string;
    };
    if (token === undefined && access === undefined) throw new Error(`GET ${url}: no token in the answer`);
    return (token ?? access) as string;
  }
}

/** RFC 7617. */
function basic({ username, password }: Credential): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
function detailOf(bytes: Uint8Array): string {
  try {
    const { errors } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly errors?: readonly unknown[] };
    const { code = "", message = "" } = (errors?.[0] ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    const said = [code, message].map(String).filter((part) => part !== "");
    return said.join(": ").replace(/\s+/g, " ").slice(0, detailChars);
  } catch {
    return "";
  }
}

async function verify(digest: string, bytes: Uint8Array): Promise<void> {
  const [algorithm, wanted] = digest.split(":") as [string, string];
  const found = await hexOf(algorithm === "sha512" ? "SHA-512" : "SHA-256", bytes);
  if (found !== wanted) throw new Error(`what was sent for ${digest} is ${algorithm}:${found}`);
}

async function hexOf(algorithm: "SHA-256" | "SHA-512", bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
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
