import { createHash, randomBytes, randomUUID } from "node:crypto";
import { aesgcm } from "../encryption/aesgcm.ts";
import { EncryptionMetrics } from "../encryption/encryption-metrics.ts";
import { extendedNonceGcm } from "../encryption/extended-nonce.ts";
import { type LocalTransformer, type Opened, TransformError, type Transformer } from "../encryption/transformer.ts";
import {
  decodeObject,
  type EncryptedObject,
  encodeObject,
  keyIdFault,
  keySource,
  objectFault,
} from "./encrypted-object.ts";
import { KmsError, type KmsService, type KmsStatus } from "./service.ts";

/** How often a plugin is asked for its status, when it was well and when it was not. kube-apiserver's intervals. */
const intervals = { healthyMs: 60_000, faultyMs: 10_000 };

/** What a probe found is told again for so long. */
const probeTtl = { healthyMs: 20_000, faultyMs: 3_000 };

/** So long after the last healthy status a seed still writes; it reads for ever. */
const writeMs = 180_000;

/** Data keys that the plugin has opened are kept for so long. */
const keptMs = 24 * 3_600_000;

/** Of the keys alone some hundred bytes each: so many are no burden, and more than any store has seeds. */
const keptKeys = 10_000;

interface State {
  readonly transformer: LocalTransformer;
  readonly object: EncryptedObject;
  readonly cacheKey: string;
  readonly expiresAt: number;
}

export interface KmsV2Options {
  readonly name: string;
  readonly service: KmsService;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told of probes that failed. */
  readonly onFault?: (text: string) => void;
  /** Told when another key seals from now on. */
  readonly onRotate?: () => void;
  readonly metrics?: EncryptionMetrics;
}

/**
 * A KMS v2 provider: the plugin seals a seed when the server starts and whenever its key changes, and each value gets a key that is
 * derived from it, so that the plugin is rarely asked. KEP-3299; kube-apiserver's `kmsv2PluginProbe` and `envelopeTransformer`.
 */
export class KmsV2Provider {
  readonly #options: KmsV2Options;
  readonly #metrics: EncryptionMetrics;
  readonly #opened = new Map<string, { readonly transformer: LocalTransformer; readonly until: number }>();
  readonly #opening = new Map<string, Promise<LocalTransformer>>();
  #state: State | undefined;
  #version: string | undefined;
  #probe: { readonly at: number; readonly fault: KmsError | undefined } | undefined;
  #probing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: KmsV2Options) {
    this.#options = options;
    this.#metrics = options.metrics ?? new EncryptionMetrics();
  }

  /** Resolves when the plugin was asked once; it is asked on and on from then. A plugin that is not there yet is no fault of the start. */
  async start(): Promise<void> {
    await this.check().catch((error: Error) => this.#options.onFault?.(error.message));
    if (!this.#isClosed) this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#options.service.close();
    this.#opened.clear();
  }

  #ask(): void {
    const ms = this.#probe?.fault === undefined ? intervals.healthyMs : intervals.faultyMs;
    this.#timer = setTimeout(() => void this.start(), ms).unref();
  }

  /** Whether the plugin is well, and takes over a new key if it has one. Rejects with `KmsError`. */
  async check(): Promise<void> {
    const { now } = this.#options;
    const known = this.#probe;
    if (
      known !== undefined &&
      now() - known.at < (known.fault === undefined ? probeTtl.healthyMs : probeTtl.faultyMs)
    ) {
      if (known.fault !== undefined) throw known.fault;
      return;
    }
    this.#probing ??= this.#look().finally(() => {
      this.#probing = undefined;
    });
    await this.#probing;
  }

  async #look(): Promise<void> {
    const { name, service, now } = this.#options;
    let fault: KmsError | undefined;
    try {
      const status = await service.status().catch((error: Error) => {
        throw new KmsError(
          `failed to perform status section of the healthz check for KMS Provider ${name}, error: ${error.message}`,
        );
      });
      const faults = await this.#take(status);
      if (faults.length > 0) throw new KmsError(`kmsv2 Provider ${name} is not healthy, error: ${listed(faults)}`);
    } catch (error) {
      fault = error instanceof KmsError ? error : new KmsError(String(error));
    }
    this.#probe = { at: now(), fault };
    if (fault !== undefined) throw fault;
  }

  /** What is wrong with a status; its key is taken over all the same. */
  async #take({ version, healthz, keyId }: KmsStatus): Promise<readonly string[]> {
    const faults: string[] = healthz === "ok" ? [] : [`got unexpected healthz status: ${healthz}`];
    if (version !== "v2" && version !== "v2beta1") faults.push(`expected KMSv2 API version v2, got ${version}`);
    else {
      this.#version ??= version;
      if (this.#version !== version)
        faults.push(
          `KMSv2 API version should not change after the initial status response version ${this.#version}, got ${version}`,
        );
    }
    const invalid = keyIdFault(keyId);
    this.#metrics.statusTold(this.#options.name, keyId, invalid === undefined);
    const fault =
      invalid === undefined ? await this.#rotate(keyId) : `got invalid KMSv2 KeyID hash "${hashOf(keyId)}": ${invalid}`;
    return fault === undefined ? faults : [...faults, fault];
  }

  /** Keeps the seed while the key is the same, else makes a new one. When that fails, the old one writes until it expires. */
  async #rotate(keyId: string): Promise<string | undefined> {
    const expiresAt = this.#options.now() + writeMs;
    const state = this.#state;
    if (state !== undefined && state.object.keyId === keyId) {
      this.#state = { ...state, expiresAt };
      return undefined;
    }
    let fault: string;
    let made = "";
    try {
      const next = await this.#seed(expiresAt);
      made = next.object.keyId;
      if (made === keyId) {
        this.#state = next;
        this.#options.onRotate?.();
        return undefined;
      }
      fault = "<nil>";
    } catch (error) {
      fault = (error as Error).message;
    }
    const errState = state === undefined ? "got unexpected nil transformer" : "<nil>";
    return `failed to rotate DEK useSeed=true, errState=${errState}, errGen=${fault}, statusKeyIDHash="${hashOf(keyId)}", encryptKeyIDHash="${hashOf(made)}", stateKeyIDHash="${hashOf(state?.object.keyId ?? "")}"`;
  }

  async #seed(expiresAt: number): Promise<State> {
    const seed = this.#metrics.dataKey(() => randomBytes(32));
    const { ciphertext, keyId, annotations } = await this.#options.service
      .encrypt(randomUUID(), seed)
      .catch((error: Error) => {
        throw new KmsError(`failed to encrypt DEK, error: ${error.message}`);
      });
    const object = {
      encryptedData: Uint8Array.of(0),
      keyId,
      encryptedDekSource: ciphertext,
      annotations,
      sourceType: keySource.hkdfSeed,
    };
    const fault = objectFault(object);
    if (fault !== undefined) throw new KmsError(fault);
    return { transformer: extendedNonceGcm(seed), object, cacheKey: cacheKeyOf(object), expiresAt };
  }

  /** What values lie as, behind the provider's prefix. */
  readonly transformer: Transformer = {
    seal: (value, key) => this.#seal(value, key),
    open: (stored, key) => this.#open(stored, key),
  };

  #seal(value: Uint8Array, key: string): Uint8Array {
    const state = this.#current();
    const now = this.#options.now();
    if (now > state.expiresAt) {
      const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z/, "Z");
      throw new TransformError(
        `encryptedDEKSource with keyID hash "${hashOf(state.object.keyId)}" expired at ${time(state.expiresAt)} (current time is ${time(now)})`,
      );
    }
    this.#keep(state.cacheKey, state.transformer);
    const encryptedData = state.transformer.seal(value, key);
    this.#metrics.keyUsed("to_storage", this.#options.name, state.object.keyId);
    return encodeObject({ ...state.object, encryptedData });
  }

  #open(stored: Uint8Array, key: string): Opened | Promise<Opened> {
    const object = decodeObject(stored);
    const { object: current } = this.#current();
    const isStale = object.keyId !== current.keyId || object.sourceType !== current.sourceType;
    const openWith = (transformer: LocalTransformer): Opened => {
      this.#metrics.keyUsed("from_storage", this.#options.name, object.keyId);
      return { value: transformer.open(object.encryptedData, key).value, isStale };
    };
    const known = this.#known(cacheKeyOf(object));
    return known === undefined ? this.#keyOf(object).then(openWith) : openWith(known);
  }

  #current(): State {
    if (this.#state === undefined) throw new TransformError("got unexpected nil transformer");
    return this.#state;
  }

  #known(cacheKey: string): LocalTransformer | undefined {
    if (this.#state?.cacheKey === cacheKey) return this.#state.transformer;
    const found = this.#opened.get(cacheKey);
    return found !== undefined && found.until > this.#options.now() ? found.transformer : undefined;
  }

  /** Has the plugin open a data key, once for all who wait for it. */
  #keyOf(object: EncryptedObject): Promise<LocalTransformer> {
    const cacheKey = cacheKeyOf(object);
    const known = this.#opening.get(cacheKey);
    if (known !== undefined) return known;
    const opening = this.#askFor(object, cacheKey).finally(() => this.#opening.delete(cacheKey));
    this.#opening.set(cacheKey, opening);
    return opening;
  }

  async #askFor(
    { encryptedDekSource, keyId, annotations, sourceType }: EncryptedObject,
    cacheKey: string,
  ): Promise<LocalTransformer> {
    this.#metrics.keyMissed();
    const secret = await this.#options.service
      .decrypt(randomUUID(), { ciphertext: encryptedDekSource, keyId, annotations })
      .catch((error: Error) => {
        throw new TransformError(`failed to decrypt DEK, error: ${error.message}`, { cause: error });
      });
    const transformer = sourceType === keySource.hkdfSeed ? extendedNonceGcm(secret) : withKeyOf(secret);
    this.#keep(cacheKey, transformer);
    return transformer;
  }

  #keep(cacheKey: string, transformer: LocalTransformer): void {
    this.#opened.delete(cacheKey);
    this.#opened.set(cacheKey, { transformer, until: this.#options.now() + keptMs });
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > keptKeys && oldest !== undefined) this.#opened.delete(oldest);
    this.#metrics.keysKept(this.#options.name, this.#opened.size);
  }
}

function withKeyOf(secret: Uint8Array): LocalTransformer {
  if (![16, 24, 32].includes(secret.length)) throw new TransformError(`crypto/aes: invalid key size ${secret.length}`);
  return aesgcm(secret);
}

/** All that a data key was sealed with: none of it may be another's. */
function cacheKeyOf({ sourceType, encryptedDekSource, keyId, annotations }: EncryptedObject): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const sorted = [...annotations].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, hex(value)]);
  return JSON.stringify([sourceType, hex(encryptedDekSource), keyId, sorted]);
}

/** Names of keys may tell what they should not: logs hold their hashes. */
function hashOf(keyId: string): string {
  return keyId === "" ? "" : `sha256:${createHash("sha256").update(keyId).digest("hex")}`;
}

function listed(faults: readonly string[]): string {
  return faults.length === 1 ? (faults[0] as string) : `[${faults.join(", ")}]`;
}
