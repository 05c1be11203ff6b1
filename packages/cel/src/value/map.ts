import { CelError, type Key, MapValue, Uint, type Value } from "./value.ts";

/** The entry of a key under one form: ints, uints and whole doubles of equal value share theirs. Undefined when it is no key. */
function normalize(key: Value): boolean | bigint | string | undefined {
  if (typeof key === "string" || typeof key === "bigint" || typeof key === "boolean") return key;
  if (key instanceof Uint) return key.value;
  return typeof key === "number" && Number.isInteger(key) ? BigInt(key) : undefined;
}

/** A map that an expression made. */
export class EntryMap extends MapValue {
  readonly #entries = new Map<boolean | bigint | string, readonly [Key, Value]>();

  /** Sets the value of a key of any type: doubles are keys of their own here, and null, too. */
  set(key: Value, value: Value): void {
    const normal = typeof key === "number" ? `double ${key}` : (normalize(key) ?? `other ${formatKey(key)}`);
    this.#entries.set(normal, [key as Key, value]);
  }

  /** Adds an entry; answers the fault of a key that is no key, or that is there already. */
  add(key: Value, value: Value): CelError | undefined {
    const normal = normalize(key);
    if (normal === undefined || typeof key === "number") return new CelError("unsupported key type");
    if (this.#entries.has(normal)) return new CelError(`insert failed: key ${formatKey(key as Key)} already exists`);
    this.#entries.set(normal, [key as Key, value]);
    return undefined;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(key: Value): Value | undefined {
    const normal = normalize(key);
    return normal === undefined ? undefined : this.#entries.get(normal)?.[1];
  }

  *keys(): Generator<Key> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** A key as cel-go writes it in `no such key`. */
export function formatKey(key: Value): string {
  if (key instanceof Uint) return String(key.value);
  return typeof key === "object" ? "" : String(key);
}
