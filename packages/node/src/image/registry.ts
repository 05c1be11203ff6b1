import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Credential, RegistryError, Repository } from "@sallyport/oci";
import { credentialsFor } from "./credentials.ts";
import { type BlobDescriptor, hashFor, verifyHash } from "./digest.ts";
import { ImageFault } from "./image.ts";
import { parseImageConfig } from "./image-config.ts";
import { fullName, type ImageName } from "./image-name.ts";
import type { ImageSource, Registry, RegistryOptions } from "./image-source.ts";
import { type ImageManifest, parseManifest } from "./manifest.ts";
import { isPlaintext, openTransport, type Transport } from "./registry-transport.ts";

export interface RegistryClientOptions {
  /** What requests call us: `sallyport/1.0`. */
  readonly agent: string;
  /** Registries whose certificates count for nothing, and that may be without TLS: `registry.lan:5000`. Those of this machine are, as docker has it. */
  readonly insecureRegistries?: readonly string[];
  /** Certificates of authorities in PEM, beside those that Node knows. */
  readonly authorities?: string;
}

/** As containerd: layers that are fetched at once. */
const parallelLayers = 3;

/** Where docker.io answers. */
const origins: { readonly [registry: string]: string } = { "docker.io": "registry-1.docker.io" };

/** Images of registries by the distribution API: what is fetched is what its digest says. https://github.com/opencontainers/distribution-spec */
export function createRegistry(options: RegistryClientOptions): Registry {
  return {
    resolve: async (name, request) => {
      const isInsecure = isOfThisMachine(name.registry) || options.insecureRegistries?.includes(name.registry) === true;
      const { agent, authorities } = options;
      const transport = await openTransport({
        agent,
        isInsecure,
        signal: request.signal,
        ...(authorities !== undefined && { authorities }),
      });
      try {
        const origin = await originOf(name, transport, isInsecure);
        return await new ImagePull(name, request, origin, transport).run();
      } catch (error) {
        request.signal.throwIfAborted();
        const full = JSON.stringify(fullName(name));
        throw new ImageFault("ErrImagePull", `failed to pull and unpack image ${full}: ${(error as Error).message}`);
      } finally {
        await transport.close();
      }
    },
  };
}

/** 127.0.0.0/8, and names of it. */
function isOfThisMachine(registry: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(registry);
}

/** An insecure registry may be without TLS: one that is not there is not asked twice. */
async function originOf({ registry }: ImageName, { send }: Transport, isInsecure: boolean): Promise<string> {
  const host = origins[registry] ?? registry;
  const origin = `https://${host}`;
  if (!isInsecure) return origin;
  try {
    await send({ method: "GET", url: `${origin}/v2/`, headers: {}, limitBytes: 1024 * 1024 });
    return origin;
  } catch (error) {
    if (isPlaintext(error)) return `http://${host}`;
    throw new Error(resolveFault(registry, (error as Error).message), { cause: error });
  }
}

function resolveFault(reference: string, why: string): string {
  return `failed to resolve reference ${JSON.stringify(reference)}: ${why}`;
}

class ImagePull {
  readonly #name: ImageName;
  readonly #options: RegistryOptions;
  readonly #origin: string;
  readonly #transport: Transport;

  constructor(name: ImageName, options: RegistryOptions, origin: string, transport: Transport) {
    this.#name = name;
    this.#options = options;
    this.#origin = origin;
    this.#transport = transport;
  }

  /** By the first credential that the registry takes; by none where none is for it. */
  async run(): Promise<ImageSource> {
    const credentials = credentialsFor(this.#name, this.#options.credentials);
    let refusal: unknown;
    for (const credential of credentials.length === 0 ? [undefined] : credentials) {
      try {
        return { ...(await this.#pull(this.#repository(credential))), givenTo: credential ?? "anyone" };
      } catch (error) {
        if (!isRefusal(error)) throw this.#fault(error);
        refusal = error;
      }
    }
    throw this.#fault(refusal);
  }

  #repository(credential: Credential | undefined): Repository {
    return new Repository(this.#origin, this.#name.repository, this.#transport.send, credential);
  }

  async #pull(repository: Repository): Promise<ImageSource> {
    const { platform, limits, isHere } = this.#options;
    const named = await repository.fetchManifest(this.#name.digest ?? (this.#name.tag as string));
    const manifest = await this.#manifestOf(repository, named.bytes);
    const config = await repository.blob(manifest.config, Math.min(manifest.config.size, limits.documentBytes));
    const source = { config, manifestDigest: named.digest };
    if (isHere(parseImageConfig(config, platform).id))
      return {
        ...source,
        layers: manifest.layers.map(({ size }) => ({ size, fetch: () => Promise.reject(alreadyHere) })),
      };
    const files = await this.#fetchLayers(repository, manifest.layers);
    return {
      ...source,
      layers: manifest.layers.map(({ size }, i) => ({ size, fetch: async () => files[i] as string })),
    };
  }

  async #manifestOf(repository: Repository, bytes: Uint8Array, depth = 0): Promise<ImageManifest> {
    const { platform, limits } = this.#options;
    const read = parseManifest(bytes, platform, limits);
    if (read.kind === "manifest") return read.manifest;
    if (depth > 2) throw new Error("its index leads from index to index");
    const next = await repository.fetchManifest(read.manifest.digest);
    return await this.#manifestOf(repository, next.bytes, depth + 1);
  }

  /** Resolves when all are there; rejects when one is not, and none is written anymore. */
  async #fetchLayers(repository: Repository, layers: readonly BlobDescriptor[]): Promise<readonly string[]> {
    const files = layers.map((_, i) => join(this.#options.scratch, `layer-${i}`));
    const left = layers.map((layer, i) => [layer, files[i] as string] as const);
    const worker = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        try {
          await fetchBlob(repository, ...next);
        } catch (error) {
          left.length = 0;
          throw error;
        }
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: parallelLayers }, worker));
    const failed = ended.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return files;
  }

  #fault(error: unknown): Error {
    const full = fullName(this.#name);
    if (!(error instanceof RegistryError)) return error as Error;
    const said = error.detail === "" ? "" : `: server message: ${error.detail}`;
    if (error.status === 404) return new Error(resolveFault(full, `${full}: not found`));
    if (isRefusal(error))
      return new Error(
        resolveFault(full, `pull access denied, repository does not exist or may require authorization${said}`),
      );
    return new Error(resolveFault(full, `${error.message}${said}`));
  }
}

const alreadyHere = new Error("the layers of an image that is here are not fetched");

function isRefusal(error: unknown): boolean {
  return error instanceof RegistryError && (error.status === 401 || error.status === 403);
}

/** Writes a blob as it comes, and holds it against its size and digest. */
async function fetchBlob(repository: Repository, descriptor: BlobDescriptor, path: string): Promise<void> {
  const { digest, size } = descriptor;
  const hash = hashFor(digest);
  let bytes = 0;
  const file = await open(path, "w", 0o600);
  try {
    for await (const chunk of await repository.openBlob(descriptor, size)) {
      hash.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  if (bytes !== size) throw new ImageFault("ErrImagePull", `the blob ${digest} has ${bytes} bytes, not ${size}`);
  verifyHash(hash, digest);
}
