/** A message of protobuf's text format, read without its schema: what each field was given, in order. */
export type TextMessage = ReadonlyMap<string, readonly TextValue[]>;

/** Texts are kept as bytes, since only the schema knows which are strings. Bare words are enum values, numbers and booleans. */
export type TextValue = TextMessage | Uint8Array | { readonly word: string };

/** Reads a message in protobuf's text format: https://protobuf.dev/reference/protobuf/textformat-spec */
export function parseTextproto(text: string): TextMessage {
  return new Reader(text).message(undefined);
}

const token = /(?:\s|#[^\n]*)*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[{}[\]<>:;,]|[^\s{}[\]<>:;,#"']+)/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  message(end: string | undefined): TextMessage {
    const fields = new Map<string, TextValue[]>();
    for (;;) {
      const name = this.#next();
      if (name === end) return fields;
      if (name === undefined) throw new Error(`textproto: ${end} is missing`);
      if (name === "," || name === ";") continue;
      const field = name === "[" ? this.#extension() : name;
      if (this.#peek() === ":") this.#next();
      const values = fields.get(field) ?? [];
      values.push(...this.#values());
      fields.set(field, values);
    }
  }

  #extension(): string {
    let name = "";
    for (let part = this.#next(); part !== "]"; part = this.#next()) name += part;
    return `[${name}]`;
  }

  #values(): readonly TextValue[] {
    if (this.#peek() !== "[") return [this.#value()];
    this.#next();
    const values: TextValue[] = [];
    while (this.#peek() !== "]") {
      if (this.#peek() === ",") this.#next();
      else values.push(this.#value());
    }
    this.#next();
    return values;
  }

  #value(): TextValue {
    const first = this.#next();
    if (first === "{") return this.message("}");
    if (first === "<") return this.message(">");
    if (first === undefined) throw new Error("textproto: a value is missing");
    if (!/^["']/.test(first)) return { word: first };
    const bytes = [...octets(first)];
    while (/^["']/.test(this.#peek() ?? "")) bytes.push(...octets(this.#next() as string));
    return Uint8Array.from(bytes);
  }

  #peek(): string | undefined {
    const before = this.#at;
    const found = this.#next();
    this.#at = before;
    return found;
  }

  #next(): string | undefined {
    token.lastIndex = this.#at;
    const match = token.exec(this.#text);
    if (match === null) return undefined;
    this.#at = token.lastIndex;
    return match[1];
  }
}

const letters: { readonly [letter: string]: number } = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

function* octets(quoted: string): Generator<number> {
  const encoder = new TextEncoder();
  const parts = quoted
    .slice(1, -1)
    .matchAll(/\\x([0-9a-fA-F]{1,2})|\\([0-7]{1,3})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\(.)|[^\\]+/g);
  for (const [part, hex, octal, short, long, letter] of parts) {
    if (hex !== undefined) yield Number.parseInt(hex, 16);
    else if (octal !== undefined) yield Number.parseInt(octal, 8);
    else if (short !== undefined || long !== undefined) {
      yield* encoder.encode(String.fromCodePoint(Number.parseInt((short ?? long) as string, 16)));
    } else if (letter !== undefined) yield letters[letter] ?? letter.charCodeAt(0);
    else yield* encoder.encode(part);
  }
}
