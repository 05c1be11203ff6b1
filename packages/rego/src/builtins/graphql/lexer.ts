import type { CommentGroup, Position } from "./ast.ts";
import { blockStringValue } from "./block-string.ts";
import { GraphqlError } from "./errors.ts";

/** A punctuator as it is written, or the name that error messages use. */
export type TokenKind =
  | ("!" | "$" | "&" | "(" | ")" | "..." | ":" | "=" | "@" | "[" | "]" | "{" | "}" | "|")
  | ("Name" | "Int" | "Float" | "String" | "BlockString" | "<EOF>" | "<Invalid>");

export interface Token {
  readonly kind: TokenKind;
  /** Empty for punctuators. */
  readonly value: string;
  readonly position: Position;
  /** Comments right before it. */
  readonly comment: CommentGroup | undefined;
  /** Of an `<Invalid>` token; thrown when the parser takes it. */
  readonly error?: GraphqlError;
}

const punctuators = new Set("!$&():=@[]{}|");
const simpleEscapes: { readonly [char: string]: string } = {
  '"': '"',
  "/": "/",
  "\\": "\\",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Cuts a document into tokens. https://spec.graphql.org/October2021/#sec-Language.Source-Text; places as gqlparser counts. */
export class Lexer {
  readonly #runes: readonly string[];
  #start = 0;
  #end = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#runes = Array.from(text);
  }

  /** The next token; endless `<EOF>` at the end. */
  next(): Token {
    const comments: { Value: string }[] = [];
    this.#skipSpace();
    while (this.#runes[this.#end] === "#") {
      comments.push({ Value: this.#comment() });
      this.#skipSpace();
    }
    const token = this.#token();
    return comments.length === 0 ? token : { ...token, comment: { List: comments } };
  }

  #token(): Token {
    this.#start = this.#end;
    const rune = this.#runes[this.#end];
    if (rune === undefined) return this.#make("<EOF>", "");
    if (punctuators.has(rune)) {
      this.#end++;
      return this.#make(rune as TokenKind, "");
    }
    if (rune === "." && this.#startsWith("...")) {
      this.#end += 3;
      return this.#make("...", "");
    }
    if (/[_A-Za-z]/.test(rune)) return this.#name();
    if (/[-0-9]/.test(rune)) return this.#number();
    if (rune === '"') return this.#startsWith('"""') ? this.#blockString() : this.#string();
    return this.#invalid(unexpected(rune));
  }

  #make(kind: TokenKind, value: string): Token {
    const position = { line: this.#line, column: this.#start - this.#lineStart + 1 };
    return { kind, value, position, comment: undefined };
  }

  #text(): string {
    return this.#runes.slice(this.#start, this.#end).join("");
  }

  /** Errors stand where reading stopped. */
  #invalid(message: string): Token {
    const position = { line: this.#line, column: this.#end - this.#lineStart + 1 };
    return {
      kind: "<Invalid>",
      value: "",
      position,
      comment: undefined,
      error: new GraphqlError(message, position),
    };
  }

  #startsWith(text: string): boolean {
    return [...text].every((char, i) => this.#runes[this.#end + i] === char);
  }

  #newLine(): void {
    this.#line++;
    this.#lineStart = this.#end;
  }

  #skipSpace(): void {
    for (;;) {
      const rune = this.#runes[this.#end];
      if (rune === undefined || !/[\t ,\n\r\ufeff]/.test(rune)) return;
      this.#end++;
      if (rune === "\n" || rune === "\r") this.#newLine();
      // The line feed after a carriage return counts as the new line's first column.
      if (rune === "\r" && this.#runes[this.#end] === "\n") this.#end++;
    }
  }

  #comment(): string {
    this.#start = this.#end;
    while (/[\t\u0020-\u{10ffff}]/u.test(this.#runes[this.#end] ?? "")) this.#end++;
    return this.#text();
  }

  #name(): Token {
    while (/[_A-Za-z0-9]/.test(this.#runes[this.#end] ?? "")) this.#end++;
    return this.#make("Name", this.#text());
  }

  /** -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
  #number(): Token {
    const expected = () => this.#invalid(`Invalid number, expected digit but got: ${this.#describeNext()}.`);
    this.#accept(/-/);
    if (this.#accept(/0/)) {
      if (/[0-9]/.test(this.#runes[this.#end] ?? ""))
        return this.#invalid(`Invalid number, unexpected digit after 0: ${this.#describeNext()}.`);
    } else if (!this.#digits()) return expected();
    let kind: TokenKind = "Int";
    if (this.#accept(/\./)) {
      kind = "Float";
      if (!this.#digits()) return expected();
    }
    if (this.#accept(/[eE]/)) {
      kind = "Float";
      this.#accept(/[-+]/);
      if (!this.#digits()) return expected();
    }
    return this.#make(kind, this.#text());
  }

  #accept(pattern: RegExp): boolean {
    const accepted = pattern.test(this.#runes[this.#end] ?? "");
    if (accepted) this.#end++;
    return accepted;
  }

  #digits(): boolean {
    const from = this.#end;
    while (this.#accept(/[0-9]/));
    return this.#end > from;
  }

  #describeNext(): string {
    const next = this.#runes[this.#end];
    return next === undefined ? "<EOF>" : `"${firstByte(next)}"`;
  }

  /** Tokens of strings stand behind their opening quotes. */
  #string(): Token {
    this.#start = ++this.#end;
    let value = "";
    for (;;) {
      const rune = this.#runes[this.#end];
      if (rune === undefined || rune === "\n" || rune === "\r") return this.#invalid("Unterminated string.");
      if (isControl(rune)) return this.#invalid(`Invalid character within String: "\\u${hex(rune)}".`);
      if (rune === '"') {
        const token = this.#make("String", value);
        this.#end++;
        return token;
      }
      const piece = rune === "\\" ? this.#escape() : rune;
      if (piece === undefined) return this.#invalidEscape();
      value += piece;
      this.#end += rune !== "\\" ? 1 : this.#runes[this.#end + 1] === "u" ? 6 : 2;
    }
  }

  /** Undefined for no escape. */
  #escape(): string | undefined {
    const char = this.#runes[this.#end + 1] ?? "";
    if (char !== "u") return simpleEscapes[char];
    const digits = this.#runes.slice(this.#end + 2, this.#end + 6).join("");
    // At least one more character must follow, as gqlparser has it.
    if (!/^[0-9A-Fa-f]{4}$/.test(digits) || this.#end + 6 >= this.#runes.length) return undefined;
    const code = Number.parseInt(digits, 16);
    return code >= 0xd800 && code <= 0xdfff ? "\ufffd" : String.fromCharCode(code);
  }

  #invalidEscape(): Token {
    this.#end++;
    const char = this.#runes[this.#end];
    if (char === undefined) return this.#invalid("Invalid character escape sequence.");
    const shown = char === "u" ? this.#runes.slice(this.#end, this.#end + 5).join("") : firstByte(char);
    return this.#invalid(`Invalid character escape sequence: \\${shown}.`);
  }

  #blockString(): Token {
    this.#end += 3;
    this.#start = this.#end;
    let raw = "";
    for (;;) {
      const rune = this.#runes[this.#end];
      if (rune === undefined) return this.#invalid("Unterminated string.");
      const quotes = this.#quotes();
      if (quotes >= 3) {
        const token = this.#make("BlockString", blockStringValue(raw + '"'.repeat(quotes - 3)));
        this.#end += quotes;
        return token;
      }
      if (isControl(rune) && rune !== "\n" && rune !== "\r")
        return this.#invalid(`Invalid character within String: "\\u${hex(rune)}".`);
      raw += this.#blockPiece(rune);
    }
  }

  #quotes(): number {
    let quotes = 0;
    while (this.#runes[this.#end + quotes] === '"') quotes++;
    return quotes;
  }

  #blockPiece(rune: string): string {
    if (this.#startsWith('\\"""')) {
      this.#end += 4;
      return '"""';
    }
    if (rune === "\r" && this.#runes[this.#end + 1] === "\n") this.#end++;
    this.#end++;
    if (rune !== "\r" && rune !== "\n") return rune;
    this.#newLine();
    return "\n";
  }
}

function isControl(rune: string): boolean {
  return rune < " " && rune !== "\t";
}

function hex(rune: string): string {
  return (rune.codePointAt(0) as number).toString(16).padStart(4, "0");
}

/** gqlparser shows the first byte of UTF-8 as a character of its own. */
function firstByte(rune: string): string {
  return String.fromCharCode(new TextEncoder().encode(rune)[0] ?? 0);
}

function unexpected(rune: string): string {
  if (isControl(rune)) return `Cannot contain the invalid character "\\u${hex(rune)}"`;
  if (rune === "'") return `Unexpected single quote character ('), did you mean to use a double quote (")?`;
  return `Cannot parse the unexpected character "${firstByte(rune)}".`;
}
