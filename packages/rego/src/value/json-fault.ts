/** What Go's encoding/json says of a text that is no JSON. */
export function jsonFault(text: string): string {
  const fault = new Scanner(text).scan();
  return fault === "" ? "unexpected EOF" : fault;
}

const literals = ["true", "false", "null"];

/** Thrown inside the scanner only. */
class Fault extends Error {}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The fault of the first value and of what follows it; empty when there is none. */
  scan(): string {
    try {
      this.#space();
      if (this.#at >= this.#text.length) return "EOF";
      this.#value();
      this.#space();
      return this.#at < this.#text.length ? `error: ${this.#invalid("after top-level value").message}` : "";
    } catch (error) {
      if (error instanceof Fault) return error.message;
      throw error;
    }
  }

  #value(): void {
    this.#space();
    const char = this.#peek();
    if (char === "{") this.#object();
    else if (char === "[") this.#array();
    else if (char === '"') this.#string();
    else if (/[-\d]/.test(char)) this.#number();
    else this.#literal(char);
  }

  #literal(char: string): void {
    const literal = literals.find((each) => each[0] === char);
    if (literal === undefined) throw this.#invalid("looking for beginning of value");
    for (const letter of literal) {
      if (this.#peek() !== letter) throw this.#invalid(`in literal ${literal} (expecting ${quoted(letter)})`);
      this.#at++;
    }
  }

  /** True when the character at hand closes the collection, which is then taken; a comma is taken too. */
  #closes(end: string, where: string): boolean {
    this.#space();
    const char = this.#peek();
    if (char !== end && char !== ",") throw this.#invalid(where);
    this.#at++;
    return char === end;
  }

  #isEmpty(end: string): boolean {
    this.#at++;
    this.#space();
    if (this.#peek() !== end) return false;
    this.#at++;
    return true;
  }

  #object(): void {
    if (this.#isEmpty("}")) return;
    do {
      this.#space();
      if (this.#peek() !== '"') throw this.#invalid("looking for beginning of object key string");
      this.#string();
      this.#space();
      if (this.#peek() !== ":") throw this.#invalid("after object key");
      this.#at++;
      this.#value();
    } while (!this.#closes("}", "after object key:value pair"));
  }

  #array(): void {
    if (this.#isEmpty("]")) return;
    do this.#value();
    while (!this.#closes("]", "after array element"));
  }

  #string(): void {
    this.#at++;
    for (let char = this.#peek(); char !== '"'; char = this.#peek()) {
      if (char < " ") throw this.#invalid("in string literal");
      this.#at++;
      if (char !== "\\") continue;
      if (!/["\\/bfnrtu]/.test(this.#peek())) throw this.#invalid("in string escape code");
      const isUnicode = this.#peek() === "u";
      this.#at++;
      for (let i = 0; isUnicode && i < 4; i++, this.#at++)
        if (!/[\da-fA-F]/.test(this.#peek())) throw this.#invalid("in \\u hexadecimal character escape");
    }
    this.#at++;
  }

  #number(): void {
    if (this.#peek() === "-") this.#at++;
    if (!/\d/.test(this.#peek())) throw this.#invalid("in numeric literal");
    if (this.#peek() === "0") this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!/\d/.test(this.#peek())) throw this.#invalid("after decimal point in numeric literal");
      this.#digits();
    }
    if (!/[eE]/.test(this.#text[this.#at] ?? "")) return;
    this.#at++;
    if (/[+-]/.test(this.#peek())) this.#at++;
    if (!/\d/.test(this.#peek())) throw this.#invalid("in exponent of numeric literal");
    this.#digits();
  }

  #digits(): void {
    while (/\d/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  /** The character at hand; at the end of the text that is the fault. */
  #peek(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new Fault("unexpected EOF");
    return char;
  }

  #invalid(where: string): Fault {
    return new Fault(`invalid character ${quoted(this.#peek())} ${where}`);
  }
}

/** As Go quotes a character in these messages. */
function quoted(char: string): string {
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  return `'${JSON.stringify(char).slice(1, -1)}'`;
}
