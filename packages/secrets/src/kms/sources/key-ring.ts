import { stat } from "node:fs/promises";
import { aesgcm } from "../../encryption/aesgcm.ts";
import { TransformError } from "../../encryption/transformer.ts";
import { SourceError } from "../../source-error.ts";
import type { KeySource, SealedKey } from "../key-source.ts";
import { KmsError } from "../service.ts";
import type { KeyRing, KeyRingFile, RingKey } from "./key-ring-file.ts";

/**
 * Keys of a local file, by AES-256-GCM with the key's id authenticated. The file is looked at with every question for the current key, so
 * that a key that was added counts within a minute; a file that cannot be read then leaves the last good keys in force.
 */
export class KeyRingSource implements KeySource {
  readonly #file: KeyRingFile;
  readonly #onFault: (text: string) => void;
  #ring: KeyRing;
  #seen: string;

  private constructor(file: KeyRingFile, onFault: (text: string) => void, ring: KeyRing, seen: string) {
    this.#file = file;
    this.#onFault = onFault;
    this.#ring = ring;
    this.#seen = seen;
  }

  /** Rejects with `SourceError`. `onFault` is told of a file that cannot be read later. */
  static async over(file: KeyRingFile, onFault: (text: string) => void): Promise<KeyRingSource> {
    const seen = await signOf(file.path);
    const ring = await file.read();
    if (ring.current === "") throw new SourceError(`${file.path}: the ring has no key`);
    return new KeyRingSource(file, onFault, ring, seen);
  }

  async currentKeyId(): Promise<string> {
    await this.#look();
    return this.#ring.current;
  }

  async seal(plaintext: Uint8Array): Promise<SealedKey> {
    const { id, secret } = this.#keyOf(this.#ring.current);
    return { ciphertext: aesgcm(secret).seal(plaintext, id), keyId: id, annotations: new Map() };
  }

  async open({ ciphertext, keyId }: SealedKey): Promise<Uint8Array> {
    // Another plugin of the cluster may have got the key sooner.
    if (!this.#ring.keys.some(({ id }) => id === keyId)) await this.#look();
    const { id, secret } = this.#keyOf(keyId);
    try {
      return aesgcm(secret).open(ciphertext, id).value;
    } catch (error) {
      throw error instanceof TransformError ? new KmsError(`key ${id} did not seal this: ${error.message}`) : error;
    }
  }

  close(): void {}

  #keyOf(id: string): RingKey {
    const key = this.#ring.keys.find((each) => each.id === id);
    if (key === undefined) throw new KmsError(`no key ${id} in the ring`);
    if (key.isRetired) throw new KmsError(`key ${id} is retired`);
    return key;
  }

  async #look(): Promise<void> {
    const seen = await signOf(this.#file.path);
    if (seen === this.#seen) return;
    try {
      this.#ring = await this.#file.read();
      this.#seen = seen;
    } catch (error) {
      this.#onFault(`${(error as Error).message}; the keys that were read before stay in force`);
    }
  }
}

/** Another one when the file was replaced or written. */
async function signOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? "" : [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
}
