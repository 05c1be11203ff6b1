/** A stretch of plain text and the verb behind it. */
export interface Piece {
  readonly before: string;
  readonly flags: string;
  /** `*` takes the number from the operands. */
  readonly width: number | "*" | undefined;
  readonly precision: number | "*" | undefined;
  /** Numbers of operands in brackets before the width's `*`, the precision's `*` and the verb. */
  readonly indexes: readonly (Index | undefined)[];
  /** A number of an operand where Go has none: before a width or precision that is written out. */
  readonly isMisplaced: boolean;
  /** Undefined at the end of the format. */
  readonly letter: string | undefined;
  /** No flags, width, precision or numbers of operands. */
  readonly isBare: boolean;
  /** Texts come out as they are. */
  readonly isPlainText: boolean;
  /** Integers come out as they are. */
  readonly isPlainNumber: boolean;
}

/** Counted from 1; undefined where the brackets hold no number. */
interface Index {
  readonly number: number | undefined;
}

export interface Format {
  readonly pieces: readonly Piece[];
  readonly rest: string;
}

/** Formats that were read last: most are constants of policies. */
const knownFormats = new Map<string, Format>();
const maxKnownFormats = 512;

/** The pieces of a format of Go's fmt. */
export function formatOf(text: string): Format {
  const known = knownFormats.get(text);
  if (known !== undefined) return known;
  const format = new FormatReader(text).read();
  if (knownFormats.size >= maxKnownFormats) knownFormats.clear();
  knownFormats.set(text, format);
  return format;
}

/** Go reads no further digit behind a number beyond this, and no verb either. */
const maxSize = 1_000_000;

class FormatReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Format {
    const pieces: Piece[] = [];
    for (;;) {
      const start = this.#text.indexOf("%", this.#at);
      if (start < 0) return { pieces, rest: this.#text.slice(this.#at) };
      const before = this.#text.slice(this.#at, start);
      this.#at = start + 1;
      pieces.push(this.#piece(before));
    }
  }

  #piece(before: string): Piece {
    const start = this.#at;
    const flags = this.#match(/[-+# 0]*/y);
    const first = this.#index();
    const width = this.#size();
    let isMisplaced = isNumber(first) && typeof width === "number";
    let after = width === "*" ? undefined : first;
    let precision: number | "*" | undefined;
    let second: Index | undefined;
    if (this.#match(/\.(?=[\s\S])/y) !== "") {
      isMisplaced ||= isNumber(after);
      second = this.#index();
      precision = this.#size() ?? 0;
      after = precision === "*" ? undefined : second;
    }
    const third = isNumber(after) ? undefined : this.#index();
    const isBare = this.#at === start;
    const letter = this.#match(/[\s\S]/uy) || undefined;
    return {
      ...{ before, flags, width, precision, indexes: [first, second, third], isMisplaced, letter, isBare },
      isPlainText: isBare && (letter === "s" || letter === "v"),
      isPlainNumber: isBare && (letter === "d" || letter === "v"),
    };
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  /** Of brackets that nobody closes Go skips the first alone. */
  #index(): Index | undefined {
    if (this.#text[this.#at] !== "[") return undefined;
    const end = this.#text.indexOf("]", this.#at);
    if (end < 0 || this.#text.length - this.#at < 3) {
      this.#at++;
      return { number: undefined };
    }
    const inside = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return { number: /^0*\d{1,7}$/.test(inside) ? Number(inside) : undefined };
  }

  #size(): number | "*" | undefined {
    if (this.#match(/\*/y) !== "") return "*";
    let size: number | undefined;
    for (let digit = this.#match(/\d/y); digit !== ""; digit = this.#match(/\d/y)) {
      if ((size ?? 0) > maxSize) {
        this.#at = this.#text.length;
        return undefined;
      }
      size = (size ?? 0) * 10 + Number(digit);
    }
    return size;
  }
}

function isNumber(index: Index | undefined): boolean {
  return index?.number !== undefined;
}
