import { RegoObject, RegoSet } from "./collection.ts";
import { Decimal } from "./decimal.ts";
import type { JsonObject, Value } from "./value.ts";

/** Values that are looked at before it is remembered which ones were: ordinary ones are smaller, and remembering costs more than looking. */
const maxPlain = 2 ** 16;

/**
 * Characters of a value's JSON text, before any is escaped; of one that has more than `limit`, some number above it. A value may hold
 * the same parts many times: each is looked at once.
 */
export function textSize(value: Value, limit: number): number {
  return new Measure(limit).of(value);
}

class Measure {
  readonly #limit: number;
  #looked = 0;
  /** Sizes of collections. */
  #known: Map<object, number> | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  of(value: Value): number {
    if (typeof value === "string") return value.length + 2;
    if (typeof value === "boolean" || value === null) return value === false ? 5 : 4;
    if (typeof value !== "object") return scalarSize(value);
    if (value instanceof Decimal) return value.toString().length;
    const known = this.#known?.get(value);
    if (known !== undefined) return known;
    if (++this.#looked > maxPlain) this.#known ??= new Map();
    const size = 1 + this.#collection(value);
    this.#known?.set(value, size);
    return size;
  }

  /** The brackets are those of what is empty: else one stands for the comma that the last item lacks. */
  #collection(value: Value): number {
    if (Array.isArray(value)) return this.#items(value as readonly Value[]);
    if (value instanceof RegoSet) return this.#items(value.items);
    return value instanceof RegoObject ? this.#entries(value) : this.#properties(value as JsonObject);
  }

  #items(items: readonly Value[]): number {
    let size = items.length === 0 ? 1 : 0;
    for (let i = 0; i < items.length && size <= this.#limit; i++) size += this.of(items[i] as Value) + 1;
    return size;
  }

  #entries(object: RegoObject): number {
    let size = object.size === 0 ? 1 : 0;
    const values = object.valuesAt(object.keys);
    for (let i = 0; i < values.length && size <= this.#limit; i++)
      size += this.of(object.keys[i] as Value) + this.of(values[i] as Value) + 2;
    return size;
  }

  #properties(object: JsonObject): number {
    let size = 0;
    for (const name in object) {
      size += name.length + 4 + this.of(object[name] as Value);
      if (size > this.#limit) break;
    }
    return size === 0 ? 1 : size;
  }
}

/** A number has at most 25 characters; larger integers about as many as their bits say. */
function scalarSize(value: number | bigint): number {
  return typeof value === "number" ? String(value).length : Math.ceil(value.toString(16).length * 1.21);
}
