import { setEntry } from "./entries.ts";
import { parseExactly, parseJson } from "./json.ts";
import type { JsonPaths } from "./json-paths.ts";
import { holdsInexact, skipSpace, skipString, skipValue } from "./json-scanner.ts";
import { utf8Of } from "./utf8.ts";
import type { Value } from "./value.ts";

/** Shorter texts are parsed whole: there is too little to skip. */
const minLength = 512;

/** Where more than this part of what was read so far was wanted, looking for what is not costs more than it saves. */
const maxWanted = 0.6;

/** Before so many bytes nothing is known about how much is wanted. */
const minSeen = 65_536;

/**
 * Parses JSON, building only what is wanted: for who looks at nothing else, the value is the same as of `parseJson`. All of the text is
 * checked; throws `SyntaxError` as `JSON.parse` does.
 */
export function parseInput(text: string, wanted: JsonPaths): Value {
  if (wanted.isWhole || text.length < minLength || !isWorthIt(wanted)) return parseJson(text);
  // Half a surrogate pair has no bytes in UTF-8.
  if (!text.isWellFormed()) return parseJson(text);
  const reader = new Reader(text);
  const value = reader.value(wanted);
  // Whatever is wrong with a text, `JSON.parse` says it best.
  if (value === undefined || !reader.isAtEnd) return parseJson(text);
  wanted.count(reader.built, text.length);
  return value;
}

function isWorthIt({ seen, built }: JsonPaths): boolean {
  return seen < minSeen || built < seen * maxWanted;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads values; each method answers undefined where the text is no JSON. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #length: number;
  /** The text, when its positions are those of the bytes. */
  readonly #text: string | undefined;
  #at = 0;
  /** How many bytes were values that were wanted. */
  built = 0;

  constructor(text: string) {
    const { bytes, length } = utf8Of(text);
    this.#bytes = bytes;
    this.#length = length;
    this.#text = length === text.length ? text : undefined;
  }

  get isAtEnd(): boolean {
    return skipSpace(this.#bytes, this.#at) === this.#length;
  }

  #slice(start: number, end: number): string {
    return this.#text?.slice(start, end) ?? decoder.decode(this.#bytes.subarray(start, end));
  }

  value(wanted: JsonPaths): Value | undefined {
    this.#at = skipSpace(this.#bytes, this.#at);
    const c = this.#bytes[this.#at] as number;
    if (!wanted.isWhole && c === 0x7b) return this.#object(wanted);
    if (!wanted.isWhole && c === 0x5b) return this.#array(wanted);
    const start = this.#at;
    if (!this.#skip()) return undefined;
    this.built += this.#at - start;
    if (c === 0x22) return this.#string(start, this.#at);
    const text = this.#slice(start, this.#at);
    return holdsInexact(this.#bytes, start, this.#at) ? parseExactly(text) : (JSON.parse(text) as Value);
  }

  #skip(): boolean {
    const end = skipValue(this.#bytes, this.#at);
    if (end >= 0) this.#at = end;
    return end >= 0;
  }

  /** Goes behind a character; false when another one stands here. */
  #take(code: number): boolean {
    this.#at = skipSpace(this.#bytes, this.#at);
    if (this.#bytes[this.#at] !== code) return false;
    this.#at++;
    return true;
  }

  #object(wanted: JsonPaths): Value | undefined {
    const object: { [key: string]: Value } = {};
    this.#at++;
    if (this.#take(0x7d)) return object;
    do {
      const key = this.#key();
      if (key === undefined || !this.#take(0x3a)) return undefined;
      const below = wanted.at(key);
      if (below === undefined) {
        if (!this.#skip()) return undefined;
        continue;
      }
      const value = this.value(below);
      if (value === undefined) return undefined;
      setEntry(object, key, value);
    } while (this.#take(0x2c));
    return this.#take(0x7d) ? object : undefined;
  }

  #key(): string | undefined {
    const start = skipSpace(this.#bytes, this.#at);
    const end = this.#bytes[start] === 0x22 ? skipString(this.#bytes, start) : -1;
    if (end < 0) return undefined;
    this.#at = end;
    return this.#string(start, end);
  }

  /** The string between and with its quotes. */
  #string(start: number, end: number): string {
    const inner = this.#slice(start + 1, end - 1);
    return inner.includes("\\") ? (JSON.parse(`"${inner}"`) as string) : inner;
  }

  /** Without its items when none is wanted: only that it is an array. */
  #array({ any }: JsonPaths): Value | undefined {
    const array: Value[] = [];
    if (any === undefined) return this.#skip() ? array : undefined;
    this.#at++;
    if (this.#take(0x5d)) return array;
    do {
      const item = this.value(any);
      if (item === undefined) return undefined;
      array.push(item);
    } while (this.#take(0x2c));
    return this.#take(0x5d) ? array : undefined;
  }
}
