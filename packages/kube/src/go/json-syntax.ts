/** What encoding/json says of bytes that are not JSON. */
export function jsonSyntaxFault(bytes: Uint8Array): string {
  // One character a byte, as Go's scanner reads.
  const chars: string[] = [];
  for (let at = 0; at < bytes.length; at += chunk) chars.push(String.fromCharCode(...bytes.subarray(at, at + chunk)));
  return new Scanner(chars.join("")).fault();
}

/** More arguments than a call may have. */
const chunk = 8192;

class SyntaxFault extends Error {}

const ended = "unexpected end of JSON input";

/** Reads on until the first character that cannot be. Values are at most as deep as the stack allows, deeper ones are cut by their reader. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fault(): string {
    try {
      this.#value("looking for beginning of value");
      this.#space();
      if (this.#at >= this.#text.length) return ended;
      return this.#unexpected("after top-level value").message;
    } catch (error) {
      if (error instanceof SyntaxFault) return error.message;
      if (error instanceof RangeError) return "exceeded max depth";
      throw error;
    }
  }

  #value(where: string): void {
    this.#space();
    const char = this.#text[this.#at];
    if (char === "{") this.#object();
    else if (char === "[") this.#array();
    else if (char === '"') this.#string();
    else if (char === "-" || isDigit(char)) this.#number();
    else if (char === "t") this.#literal("true");
    else if (char === "f") this.#literal("false");
    else if (char === "n") this.#literal("null");
    else throw this.#unexpected(where);
  }

  #object(): void {
    this.#at++;
    this.#space();
    if (this.#takes("}")) return;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected("looking for beginning of object key string");
      this.#string();
      this.#space();
      if (!this.#takes(":")) throw this.#unexpected("after object key");
      this.#value("looking for beginning of value");
      this.#space();
      if (this.#takes("}")) return;
      if (!this.#takes(",")) throw this.#unexpected("after object key:value pair");
    }
  }

  #array(): void {
    this.#at++;
    this.#space();
    if (this.#takes("]")) return;
    for (;;) {
      this.#value("looking for beginning of value");
      this.#space();
      if (this.#takes("]")) return;
      if (!this.#takes(",")) throw this.#unexpected("after array element");
    }
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char < " ") throw this.#unexpected("in string literal");
      this.#at++;
      if (char === '"') return;
      if (char !== "\\") continue;
      const code = this.#text[this.#at] ?? "";
      if (code === "" || !'"\\/bfnrtu'.includes(code)) throw this.#unexpected("in string escape code");
      this.#at++;
      for (let digits = code === "u" ? 4 : 0; digits > 0; digits--) {
        if (!/^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? ""))
          throw this.#unexpected("in \\u hexadecimal character escape");
        this.#at++;
      }
    }
  }

  #number(): void {
    this.#takes("-");
    if (!isDigit(this.#text[this.#at])) throw this.#unexpected("in numeric literal");
    if (!this.#takes("0")) this.#digits();
    if (this.#takes(".")) {
      if (!isDigit(this.#text[this.#at])) throw this.#unexpected("after decimal point in numeric literal");
      this.#digits();
    }
    if (!this.#takes("e") && !this.#takes("E")) return;
    if (!this.#takes("+")) this.#takes("-");
    if (!isDigit(this.#text[this.#at])) throw this.#unexpected("in exponent of numeric literal");
    this.#digits();
  }

  #literal(word: string): void {
    for (const [i, letter] of [...word].entries()) {
      if (i > 0 && this.#text[this.#at] !== letter)
        throw this.#unexpected(`in literal ${word} (expecting '${letter}')`, " ");
      this.#at++;
    }
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at])) this.#at++;
  }

  #space(): void {
    while (/^[ \t\r\n]$/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #takes(char: string): boolean {
    const isThere = this.#text[this.#at] === char;
    if (isThere) this.#at++;
    return isThere;
  }

  /** `atEnd` is what Go's scanner feeds itself at the end of a word, where it does not see the end first. */
  #unexpected(where: string, atEnd?: string): SyntaxFault {
    const char = this.#text[this.#at] ?? atEnd;
    return new SyntaxFault(char === undefined ? ended : `invalid character ${quoted(char)} ${where}`);
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= "0" && char <= "9";
}

const named: { readonly [char: string]: string } = {
  "'": `'\\''`,
  '"': `'"'`,
  "\n": "'\\n'",
  "\r": "'\\r'",
  "\t": "'\\t'",
  "\b": "'\\b'",
  "\f": "'\\f'",
};

/** A byte as Go shows it: bytes of other characters stand for Latin-1. */
function quoted(char: string): string {
  const known = named[char];
  if (known !== undefined) return known;
  const byte = char.charCodeAt(0);
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, "0")}'`;
  return byte >= 0x80 && byte < 0xa1 ? `'\\u00${byte.toString(16)}'` : `'${char}'`;
}
