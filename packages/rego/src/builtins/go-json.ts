import { parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";

/** Parses one JSON value as OPA does with Go's decoder. Throws `BuiltinError` in the words of `encoding/json`. */
export function parseGoJson(text: string): Value {
  const wellFormed = withoutLoneSurrogates(text);
  try {
    return parseJson(wellFormed);
  } catch {
    const end = new JsonScanner(text).endOfValue();
    checkTail(text, end);
    return parseJson(wellFormed.slice(0, end));
  }
}

/** The same of the first value alone, whatever follows it. */
export function parseGoJsonPrefix(text: string): Value {
  return parseJson(withoutLoneSurrogates(text.slice(0, new JsonScanner(text).endOfValue())));
}

/** Half of a surrogate pair, escaped alone, stands for U+FFFD; OPA keeps no such half. */
function withoutLoneSurrogates(text: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return text;
  const escapes = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)/g;
  return text.replace(escapes, (each, lone: string | undefined) => (lone === undefined ? each : "\\ufffd"));
}

/** After the value OPA asks for one more token: any but null, which is no token to Go, is named and refused. */
function checkTail(text: string, end: number): void {
  const tail = text.slice(end);
  const start = tail.search(/[^ \t\r\n]/);
  if (start < 0) return;
  const char = tail.charAt(start);
  const fault = (token: string): BuiltinError =>
    new BuiltinError(`error: invalid character '${token}' after top-level value`);
  if (char === "{" || char === "[") throw fault(char);
  const token = tail.slice(start, start + new JsonScanner(tail.slice(start)).endOfValue());
  if (token === "true" || token === "false") throw fault(`%!s(bool=${token})`);
  if (char === '"') throw fault(String(parseJson(token)));
  if (token !== "null") throw fault(token);
}

/** As deep as Go's decoder goes. */
const maxDepth = 10_000;

const literals = ["true", "false", "null"] as const;

type State = "value" | "first item" | "first key" | "key" | "colon" | "after value";

/** Finds the first fault as the state machine of `encoding/json` does, which looks at one byte after the other. */
class JsonScanner {
  readonly #text: string;
  /** `[` and `{` that are open. */
  readonly #open: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the first value ends. Throws `BuiltinError`. */
  endOfValue(): number {
    let state: State = "value";
    for (;;) {
      this.#skipBlanks();
      if (this.#at === this.#text.length) throw new BuiltinError(this.#text.trim() === "" ? "EOF" : "unexpected EOF");
      state = this.#step(state);
      if (state === "after value" && this.#open.length === 0) return this.#at;
    }
  }

  #step(state: State): State {
    const char = this.#text.charAt(this.#at);
    switch (state) {
      case "first item":
        return char === "]" ? this.#close() : this.#value(char);
      case "first key":
        return char === "}" ? this.#close() : this.#key(char);
      case "key":
        return this.#key(char);
      case "colon":
        return this.#punctuation(":", "after object key", "value");
      case "after value":
        return this.#afterValue(char);
      default:
        return this.#value(char);
    }
  }

  #afterValue(char: string): State {
    const inArray = this.#open.at(-1) === "[";
    if (char === (inArray ? "]" : "}")) return this.#close();
    return inArray
      ? this.#punctuation(",", "after array element", "value")
      : this.#punctuation(",", "after object key:value pair", "key");
  }

  #punctuation(wanted: string, context: string, next: State): State {
    if (this.#text.charAt(this.#at) !== wanted) throw this.#fault(context);
    this.#at++;
    return next;
  }

  #close(): State {
    this.#at++;
    this.#open.pop();
    return "after value";
  }

  #key(char: string): State {
    if (char !== '"') throw this.#fault("looking for beginning of object key string");
    this.#string();
    return "colon";
  }

  #value(char: string): State {
    if (char === "[" || char === "{") {
      if (this.#open.length === maxDepth) throw this.#fault("exceeded max depth");
      this.#open.push(char);
      this.#at++;
      return char === "[" ? "first item" : "first key";
    }
    const literal = literals.find((each) => each.startsWith(char));
    if (char === '"') this.#string();
    else if (literal !== undefined) this.#literal(literal);
    else if (/[-0-9]/.test(char)) this.#number();
    else throw this.#fault("looking for beginning of value");
    return "after value";
  }

  #literal(literal: string): void {
    for (const char of literal)
      this.#expect(char === this.#text.charAt(this.#at), `in literal ${literal} (expecting '${char}')`);
  }

  #string(): void {
    for (this.#at++; ; ) {
      const char = this.#take();
      if (char === '"') return;
      if (char === "\\") this.#escape();
      else if (char < " ") throw this.#fault("in string literal", this.#at - 1);
    }
  }

  #escape(): void {
    const char = this.#take();
    if (char === "u")
      for (let i = 0; i < 4; i++) this.#expectMatch(/[0-9a-fA-F]/, "in \\u hexadecimal character escape");
    else if (!'"\\/bfnrt'.includes(char)) throw this.#fault("in string escape code", this.#at - 1);
  }

  #number(): void {
    if (this.#next("-")) this.#at++;
    this.#expectMatch(/[0-9]/, "in numeric literal");
    if (!this.#text.startsWith("0", this.#at - 1)) this.#digits();
    if (this.#next(".")) {
      this.#at++;
      this.#expectMatch(/[0-9]/, "after decimal point in numeric literal");
      this.#digits();
    }
    if (!this.#next("e") && !this.#next("E")) return;
    this.#at++;
    if (this.#next("+") || this.#next("-")) this.#at++;
    this.#expectMatch(/[0-9]/, "in exponent of numeric literal");
    this.#digits();
  }

  #digits(): void {
    while (/^[0-9]$/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #next(char: string): boolean {
    return this.#text.charAt(this.#at) === char;
  }

  #expectMatch(wanted: RegExp, context: string): void {
    this.#expect(wanted.test(this.#text.charAt(this.#at)), context);
  }

  #expect(isRight: boolean, context: string): void {
    if (this.#at >= this.#text.length) throw new BuiltinError("unexpected EOF");
    if (!isRight) throw this.#fault(context);
    this.#at++;
  }

  #take(): string {
    if (this.#at >= this.#text.length) throw new BuiltinError("unexpected EOF");
    return this.#text.charAt(this.#at++);
  }

  #skipBlanks(): void {
    while (/^[ \t\r\n]$/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #fault(context: string, at: number = this.#at): BuiltinError {
    return new BuiltinError(`invalid character ${quotedByte(this.#text, at)} ${context}`);
  }
}

/** The first byte of a character, as Go quotes it. */
function quotedByte(text: string, at: number): string {
  const byte = new TextEncoder().encode(String.fromCodePoint(text.codePointAt(at) as number))[0] as number;
  const char = String.fromCharCode(byte);
  if (char === "'") return "'\\''";
  return char === '"' ? "'\"'" : `'${goQuote(char).slice(1, -1)}'`;
}
