import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { writeWhole } from "@sallyport/files";
import { readPrivateFile, reasonOf } from "../../private-file.ts";
import { SourceError } from "../../source-error.ts";
import {
  type Derivation,
  deriveRingSeal,
  newDerivation,
  type RingSeal,
  type RingSecret,
  scryptCost,
} from "./key-ring-seal.ts";

/** A key of a ring. `secret` must never be shown. */
export interface RingKey {
  /** Random: no other key ever has it. */
  readonly id: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** It opens nothing any more, but is still there. */
  readonly isRetired: boolean;
  readonly secret: Uint8Array;
}

/** The keys of a ring in the order of their making; `current` seals. */
export interface KeyRing {
  readonly current: string;
  readonly keys: readonly RingKey[];
}

interface StoredRing {
  readonly kind: "SallyportKeyRing";
  readonly version: 1;
  readonly derivation: Derivation;
  readonly current: string;
  readonly keys: readonly (Omit<RingKey, "secret"> & { readonly sealed: string })[];
  /** Over all of the above: who can write the file can neither bring back an old key nor leave one out. */
  readonly signature: string;
}

/** So many are no ring any more, and each is looked at when the file is read. */
const maxKeys = 1000;

/**
 * A file of keys, each sealed by AES-256-GCM under a key that comes from a passphrase (scrypt) or from a file of randomness. JSON, mode 0600,
 * replaced as a whole. Its methods reject with `SourceError`.
 */
export class KeyRingFile {
  readonly path: string;
  readonly #secret: () => Promise<RingSecret>;
  readonly #cost: number;
  /** Deriving is slow on purpose: once for each salt. */
  #seal: RingSeal | undefined;

  constructor(path: string, secret: () => Promise<RingSecret>, cost: number = scryptCost) {
    this.path = path;
    this.#secret = secret;
    this.#cost = cost;
  }

  async read(): Promise<KeyRing> {
    const stored = storedRing(this.path, (await readPrivateFile(this.path)).toString("utf8"));
    const seal = await this.#sealOf(stored.derivation);
    if (!seal.verify(signedText(stored), stored.signature))
      throw new SourceError(`${this.path}: another passphrase or key sealed it, or somebody has changed it`);
    const keys = stored.keys.map(({ sealed, ...key }) => ({ ...key, secret: seal.open(sealed, key.id) }));
    return { current: stored.current, keys };
  }

  /** Writes what `edit` makes of the ring, which is empty when there was no file; nobody else can change it meanwhile. */
  async change(edit: (ring: KeyRing) => KeyRing): Promise<KeyRing> {
    const lock = `${this.path}.lock`;
    const held = await open(lock, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
      const reason = error.code === "EEXIST" ? "another command changes the ring; if none does, remove it" : undefined;
      throw new SourceError(`${lock}: ${reason ?? reasonOf(error)}`, { cause: error });
    });
    try {
      const ring = edit((await this.#exists()) ? await this.read() : { current: "", keys: [] });
      await this.#write(ring);
      return ring;
    } finally {
      await held.close();
      await rm(lock, { force: true });
    }
  }

  async #exists(): Promise<boolean> {
    const file = await open(this.path, "r").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new SourceError(`${this.path}: ${reasonOf(error)}`, { cause: error });
    });
    await file?.close();
    return file !== undefined;
  }

  async #write({ current, keys }: KeyRing): Promise<void> {
    if (keys.length > maxKeys) throw new SourceError(`${this.path}: a ring has ${maxKeys} keys at most`);
    const secret = await this.#secret();
    const seal = this.#seal ?? (await this.#sealOf(newDerivation(secret.kind, this.#cost)));
    const ring = {
      kind: "SallyportKeyRing",
      version: 1,
      derivation: seal.derivation,
      current,
      keys: keys.map(({ secret: bytes, ...key }) => ({ ...key, sealed: seal.seal(bytes, key.id) })),
    } as const;
    const text = JSON.stringify({ ...ring, signature: seal.sign(signedText(ring)) }, undefined, 2);
    await writeWhole(this.path, `${text}\n`, 0o600);
  }

  async #sealOf(derivation: Derivation): Promise<RingSeal> {
    if (JSON.stringify(this.#seal?.derivation) !== JSON.stringify(derivation))
      this.#seal = await deriveRingSeal(derivation, await this.#secret());
    return this.#seal as RingSeal;
  }
}

/** The ring with a key more, which seals from now on unless it stands by. */
export function withNewKey({ current, keys }: KeyRing, now: Date, isStandby = false): KeyRing {
  const id = `${now.toISOString().slice(0, 10)}-${randomBytes(8).toString("hex")}`;
  const key = { id, createdAt: now.toISOString(), isRetired: false, secret: randomBytes(32) };
  return { current: isStandby && current !== "" ? current : id, keys: [...keys, key] };
}

/** The ring with another current key. Throws `SourceError`. */
export function withCurrentKey({ keys }: KeyRing, id: string): KeyRing {
  if (keyOf(keys, id).isRetired) throw new SourceError(`key ${id} is retired; what it sealed could not be opened`);
  return { current: id, keys };
}

/** The ring whose key `id` opens nothing any more, or opens again. Throws `SourceError`. */
export function withRetiredKey({ current, keys }: KeyRing, id: string, isRetired: boolean): KeyRing {
  keyOf(keys, id);
  if (id === current) throw new SourceError(`key ${id} is the current one; make another one current first`);
  return { current, keys: keys.map((each) => (each.id === id ? { ...each, isRetired } : each)) };
}

/** The ring without a key that was retired before: what it sealed is lost. Throws `SourceError`. */
export function withoutKey({ current, keys }: KeyRing, id: string): KeyRing {
  if (!keyOf(keys, id).isRetired)
    throw new SourceError(`key ${id} is not retired; retire it first, and see that nothing needs it`);
  return { current, keys: keys.filter((each) => each.id !== id) };
}

function keyOf(keys: readonly RingKey[], id: string): RingKey {
  const key = keys.find((each) => each.id === id);
  if (key === undefined) throw new SourceError(`no key ${id} in the ring`);
  return key;
}

function signedText({ kind, version, derivation, current, keys }: Omit<StoredRing, "signature">): string {
  const { name, salt } = derivation;
  const cost = derivation.name === "scrypt" ? [derivation.n, derivation.r, derivation.p] : [];
  return JSON.stringify([
    kind,
    version,
    [name, salt, ...cost],
    current,
    keys.map(({ id, createdAt, isRetired, sealed }) => [id, createdAt, isRetired, sealed]),
  ]);
}

function storedRing(path: string, text: string): StoredRing {
  let ring: Partial<StoredRing> | null;
  try {
    ring = JSON.parse(text) as Partial<StoredRing> | null;
  } catch {
    throw new SourceError(`${path}: no key ring: not JSON`);
  }
  const { kind, version, derivation, keys, ...rest } = ring ?? {};
  if (kind !== "SallyportKeyRing")
    throw new SourceError(`${path}: no key ring; sallyport kms-plugin keys add makes one`);
  if (version !== 1)
    throw new SourceError(`${path}: a ring of version ${String(version)}; this program reads version 1`);
  if (!isDerivation(derivation) || !Array.isArray(keys) || keys.length > maxKeys || !keys.every(isStoredKey))
    throw new SourceError(`${path}: the key ring is damaged`);
  if (![rest.current, rest.signature].every((each) => typeof each === "string"))
    throw new SourceError(`${path}: the key ring is damaged`);
  return ring as StoredRing;
}

function isDerivation(value: Partial<Derivation> | undefined): boolean {
  if (typeof value?.salt !== "string") return false;
  if (value.name !== "scrypt") return value.name === "hkdf-sha256";
  return typeof value.n === "number" && value.r === 8 && value.p === 1;
}

function isStoredKey(value: Partial<StoredRing["keys"][number]> | null): boolean {
  const texts = [value?.id, value?.createdAt, value?.sealed];
  return texts.every((each) => typeof each === "string") && typeof value?.isRetired === "boolean";
}
