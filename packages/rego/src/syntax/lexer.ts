import type { Comment } from "./ast.ts";
import { type Source, SourceLocation } from "./source.ts";

/** `whitespace` is only told of, where the parse stands at it. */
export type TokenKind =
  | "ident"
  | "number"
  | "string"
  | "rawstring"
  | "template"
  | "punctuation"
  | "eof"
  | "illegal"
  | "whitespace";

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** What is wrong with it: of an `illegal` token, which may also be just unknown. */
  readonly faults: readonly string[] | undefined;
  readonly start: number;
  readonly end: number;
  /** From `start` to `end`. */
  readonly loc: SourceLocation;
  /** White space or a comment stands before it: a ref or call must not be continued by it. */
  readonly spaced: boolean;
  /** A line break stands before it: a new literal may begin. */
  readonly newline: boolean;
  /** For strings: the value; undefined when the escapes are none of JSON's. */
  readonly value: string | undefined;
}

/** A token that makes its place when it is asked for that: most never are. */
class SourceToken implements Token {
  // With `declare` these are not defined before they get their values.
  declare readonly kind: TokenKind;
  declare readonly text: string;
  declare readonly faults: readonly string[] | undefined;
  declare readonly start: number;
  declare readonly end: number;
  declare readonly source: Source;
  declare spaced: boolean;
  declare newline: boolean;
  declare readonly value: string | undefined;

  constructor(
    source: Source,
    kind: TokenKind,
    start: number,
    end: number,
    value: string | undefined,
    faults: readonly string[] | undefined,
  ) {
    this.kind = kind;
    this.text = source.text.slice(start, end);
    this.faults = faults;
    this.start = start;
    this.end = end;
    this.source = source;
    this.spaced = false;
    this.newline = false;
    this.value = value;
  }

  get loc(): SourceLocation {
    return new SourceLocation(this.source, this.start, this.end);
  }
}

/** What `=` may follow: `:=`, `==`, `!=`, `<=`, `>=`. */
const beginsPair = codesOf(":=!<>");
const punctuation = codesOf("{}[]().,:;=<>+-*/%&|");

function codesOf(characters: string): ReadonlySet<number> {
  return new Set([...characters].map((each) => each.charCodeAt(0)));
}

/** All tokens of a source, the last one `eof`, and its comments. Never throws: a fault is an `illegal` token. */
export function lex(
  source: Source,
  start = 0,
  end: number = source.text.length,
): { tokens: Token[]; comments: Comment[] } {
  return new Lexer(source, start, end).run();
}

class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #end: number;
  readonly #tokens: Token[] = [];
  readonly #comments: Comment[] = [];
  #at: number;
  #spaced = false;
  #newline = false;

  constructor(source: Source, start: number, end: number) {
    this.#source = source;
    this.#text = source.text;
    this.#at = start;
    this.#end = end;
  }

  run(): { tokens: Token[]; comments: Comment[] } {
    for (;;) {
      this.#skipSpace();
      if (this.#at >= this.#end) break;
      this.#token();
      this.#spaced = false;
      this.#newline = false;
    }
    this.#push("eof", this.#end, "");
    return { tokens: this.#tokens, comments: this.#comments };
  }

  #skipSpace(): void {
    const text = this.#text;
    while (this.#at < this.#end) {
      const unit = text.charCodeAt(this.#at);
      if (unit > 0x23) return;
      if (unit === 0x0a) this.#newline = true;
      if (unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d) this.#at++;
      else if (unit === 0x23) this.#comment();
      else return;
      this.#spaced = true;
    }
  }

  #comment(): void {
    const start = this.#at;
    let end = this.#text.indexOf("\n", start);
    if (end < 0 || end > this.#end) end = this.#end;
    this.#at = end;
    const stop = this.#text.charCodeAt(end - 1) === 0x0d ? end - 1 : end;
    this.#comments.push({
      loc: new SourceLocation(this.#source, start, stop),
      text: this.#text.slice(start + 1, stop),
    });
  }

  #token(): void {
    const first = this.#text.charCodeAt(this.#at);
    if (punctuation.has(first)) this.#punctuation(first);
    else if (isLetter(first)) this.#ident();
    else if (first === 0x22) this.#string();
    else if (isDigit(first)) this.#number();
    else if (first === 0x60) this.#raw();
    else if (first === 0x24) this.#template();
    else this.#punctuation(first);
  }

  #ident(): void {
    word.lastIndex = this.#at;
    word.test(this.#text);
    const end = Math.min(word.lastIndex, this.#end);
    const beyond = end < this.#end ? (this.#text.codePointAt(end) ?? 0) : 0;
    // As in OPA, the first bytes of such a character belong to the name, which is no keyword then; it stands behind it all the same.
    this.#push("ident", beyond <= 0x7f ? end : end + String.fromCodePoint(beyond).length, "");
    this.#at = end;
  }

  /** JSON's numbers; leading zeros are for the parser to refuse. */
  #number(): void {
    const match = /\d+(\.\d*)?(?:[eE][+-]?(\d*))?/y;
    match.lastIndex = this.#at;
    const [text = "", fraction, exponent] = match.exec(this.#text.slice(0, this.#end)) ?? [];
    const faults: string[] = [];
    const beyond = this.#text.codePointAt(this.#at + text.length) ?? 0;
    if (beyond > 0x7f && fraction !== "." && exponent !== "") {
      // As in OPA, half of such a character belongs to the number.
      this.#push("number", this.#at + text.length + String.fromCodePoint(beyond).length, "");
      return;
    }
    if (fraction === ".") faults.push("expected fraction");
    if (exponent === "") faults.push("expected exponent");
    let end = this.#at + text.length;
    if (end < this.#end && isWord(this.#text.charCodeAt(end))) {
      faults.push("illegal number format");
      while (end < this.#end && isWord(this.#text.charCodeAt(end))) end++;
    }
    if (faults.length > 0) this.#illegal(end, ...faults);
    else this.#push("number", end, "");
  }

  #string(): void {
    const end = stringEnd(this.#text, this.#at, this.#end);
    if (end === undefined) {
      const newline = this.#text.indexOf("\n", this.#at);
      const stop = newline < 0 || newline > this.#end ? this.#end : newline;
      const escapes = Array<string>(wrongEscapes(this.#text.slice(this.#at, stop + 1))).fill(wrongEscape);
      this.#illegal(stop, ...escapes, "non-terminated string");
      return;
    }
    const literal = this.#text.slice(this.#at, end);
    const faults = literal.includes("\\") ? wrongEscapes(literal) : 0;
    if (faults > 0) this.#illegal(end, ...Array<string>(faults).fill(wrongEscape));
    else this.#push("string", end, unquote(literal));
  }

  #raw(): void {
    const close = this.#text.indexOf("`", this.#at + 1);
    if (close < 0 || close >= this.#end) this.#illegal(this.#end, "non-terminated string");
    else this.#push("rawstring", close + 1, this.#text.slice(this.#at + 1, close));
  }

  /** A whole `$"…"`, or all that is left where it does not end; the parser takes it apart. */
  #template(): void {
    const quote = this.#text[this.#at + 1];
    if (quote !== '"' && quote !== "`") {
      this.#illegal(this.#at + 1, "illegal $ character");
      return;
    }
    const end = templateEnd(this.#text, this.#at, this.#end) ?? this.#end;
    const { faults } = templatePart(this.#text, this.#at + 2, this.#end, quote);
    if (faults.length > 0) this.#illegal(end, ...faults);
    else this.#push("template", end, "");
  }

  #punctuation(first: number): void {
    const isPair = beginsPair.has(first) && this.#at + 1 < this.#end && this.#text.charCodeAt(this.#at + 1) === 0x3d;
    if (isPair) this.#push("punctuation", this.#at + 2, "");
    else if (punctuation.has(first)) this.#push("punctuation", this.#at + 1, "");
    else this.#illegalCharacter();
  }

  #illegalCharacter(): void {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) as number);
    const end = this.#at + character.length;
    if (character === "!") this.#illegal(end, "illegal ! character");
    else if (character === "\u0000") this.#illegal(end, "illegal null character");
    else this.#illegal(end);
  }

  #push(kind: TokenKind, end: number, value: string | undefined): void {
    this.#add(new SourceToken(this.#source, kind, this.#at, end, value, undefined));
  }

  #illegal(end: number, ...faults: readonly string[]): void {
    this.#add(new SourceToken(this.#source, "illegal", this.#at, end, "", faults));
  }

  #add(token: SourceToken): void {
    token.spaced = this.#spaced;
    token.newline = this.#newline;
    this.#tokens.push(token);
    this.#at = token.end;
  }
}

/** A name, from where it begins: asked of the regular expression as a whole, as a call for each of its letters takes longer. */
const word = /\w+/y;

function isWord(unit: number): boolean {
  return isLetter(unit) || isDigit(unit);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f;
}

const wrongEscape = "illegal escape sequence";

/** How many escapes of a string literal are none of JSON's. */
function wrongEscapes(literal: string): number {
  return [...literal.matchAll(/\\(?:["\\/bfnrtu]|(.))/gs)].filter(([, wrong]) => wrong !== undefined).length;
}

/** Offset behind the closing quote of the string at `start`; undefined when its line ends first. */
function stringEnd(text: string, start: number, limit: number): number | undefined {
  for (let at = start + 1; at < limit; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at + 1;
    if (unit === 0x0a) return undefined;
    // Digits are not looked at here: with too few of them, what stands in their place is passed over.
    if (unit === 0x5c) at += text[at + 1] === "u" ? 4 : 1;
  }
  return undefined;
}

/** A constant part of a template string. */
export interface TemplatePart {
  /** The offset of the brace or quote that ends it. */
  readonly end: number;
  readonly faults: readonly string[];
}

/** The part that begins at `start`, in a template string of a kind of quotes. */
export function templatePart(text: string, start: number, limit: number, quote: string): TemplatePart {
  let end = start;
  while (end < limit && text[end] !== "{" && text[end] !== quote && (quote === "`" || text[end] !== "\n"))
    end += text[end] === "\\" ? 2 : 1;
  const isEnded = end < limit && (text[end] === "{" || text[end] === quote);
  const written = text.slice(start, Math.min(end, limit)).replaceAll("\\{", "");
  const faults = quote === '"' ? Array<string>(wrongEscapes(written)).fill(wrongEscape) : [];
  return { end: Math.min(end, limit), faults: isEnded ? faults : [...faults, "non-terminated string"] };
}

/** How deep `{"{…}"}` may nest in template strings: each level is a call of the scanner. */
const maxTemplateDepth = 100;

/** Offset behind the template string at `start` (its `$`). */
function templateEnd(text: string, start: number, limit: number, depth = 0): number | undefined {
  if (depth > maxTemplateDepth) return undefined;
  const quote = text[start + 1] as string;
  for (let at = start + 2; at < limit; ) {
    const char = text[at] as string;
    if (char === quote) return at + 1;
    if (char === "\n" && quote === '"') return undefined;
    if (char === "\\") at += 2;
    else if (char === "{") {
      const end = templateExpressionEnd(text, at, limit, depth);
      if (end === undefined) return undefined;
      at = end;
    } else at++;
  }
  return undefined;
}

/** Offset behind the `}` that closes the `{` at `start`. */
export function templateExpressionEnd(text: string, start: number, limit: number, depth = 0): number | undefined {
  let braces = 0;
  for (let at = start; at < limit; ) {
    const char = text[at] as string;
    if (char === "{") braces++;
    if (char === "}" && --braces === 0) return at + 1;
    const end =
      char === '"' || char === "`" || char === "$" || char === "#" ? skipNested(text, at, limit, depth) : at + 1;
    if (end === undefined) return undefined;
    at = end;
  }
  return undefined;
}

function skipNested(text: string, at: number, limit: number, depth: number): number | undefined {
  if (text[at] === '"') return stringEnd(text, at, limit);
  if (text[at] === "#") return text.indexOf("\n", at) + 1 || undefined;
  if (text[at] === "$")
    return text[at + 1] === '"' || text[at + 1] === "`" ? templateEnd(text, at, limit, depth + 1) : at + 1;
  const close = text.indexOf("`", at + 1);
  return close < 0 || close >= limit ? undefined : close + 1;
}

/** The value of a string literal, which is JSON's where it escapes something; undefined when it is none. */
export function unquote(literal: string): string | undefined {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return (JSON.parse(literal) as string).toWellFormed();
  } catch {
    return undefined;
  }
}
