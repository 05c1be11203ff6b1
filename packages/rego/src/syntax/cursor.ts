import type { Location } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { lex, type Token } from "./lexer.ts";
import { type Source, SourceLocation } from "./source.ts";

/** Thrown inside the parser only; `parseModule` turns it into its diagnostic. */
export class SyntaxFault extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.name = "SyntaxFault";
    this.diagnostic = diagnostic;
  }
}

/** Deeper nesting is refused, so that no later recursion over the tree can run out of stack. */
export const maxDepth = 500;

export interface ParserMode {
  /** Words that are keywords here: depends on the version and the imports. */
  keywords: Set<string>;
  version: "v0" | "v1";
  /** `import future.keywords.not`: `not` is about a query of its own. */
  notBodies: boolean;
  /** What the language offers: see `LanguageCapabilities`. */
  readonly features: ReadonlySet<string>;
}

export interface Counter {
  wildcards: number;
  /** Parses that may have to be taken back; see `terms.ts`. */
  attempts: number;
}

/** The tokens of one source, with a place in them. */
export class Cursor {
  readonly source: Source;
  readonly mode: ParserMode;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** Numbers the wildcards `$0`, `$1`, … of one source; shared with the parsers of template strings inside it. */
  readonly counter: Counter;

  constructor(source: Source, tokens: readonly Token[], mode: ParserMode, counter: Counter) {
    this.source = source;
    this.#tokens = tokens;
    this.mode = mode;
    this.counter = counter;
  }

  static over(source: Source, start: number, end: number, parent: Cursor): Cursor {
    const cursor = new Cursor(source, lex(source, start, end).tokens, parent.mode, parent.counter);
    cursor.#depth = parent.#depth + 1;
    return cursor;
  }

  get token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get next(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)] as Token;
  }

  get previous(): Token {
    return this.#tokens[Math.max(this.#at - 1, 0)] as Token;
  }

  advance(): Token {
    const token = this.token;
    if (token.kind === "illegal") this.fail(token.text, token);
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  /** Goes on, whatever the token is: for looking ahead. */
  skip(): void {
    if (this.#at < this.#tokens.length - 1) this.#at++;
  }

  save(): number {
    return this.#at;
  }

  restore(at: number): void {
    this.#at = at;
  }

  is(text: string): boolean {
    return this.token.text === text && (this.token.kind === "punctuation" || this.isKeyword(text));
  }

  isKeyword(word: string): boolean {
    return this.token.kind === "ident" && this.token.text === word && this.isReserved();
  }

  /** The token is a keyword here; with a `.` right behind it, it is a name: `not.foo`. */
  isReserved(): boolean {
    const { token, next } = this;
    if (!this.mode.features.has("keywords_in_refs")) return this.mode.keywords.has(token.text);
    return this.mode.keywords.has(token.text) && !(next.text === "." && next.kind === "punctuation" && !next.spaced);
  }

  /** Takes the token when it is this punctuation or keyword. */
  take(text: string): Token | undefined {
    return this.is(text) ? this.advance() : undefined;
  }

  expect(text: string, what = `expected ${text}`): Token {
    return this.take(text) ?? this.unexpected(what);
  }

  unexpected(what?: string): never {
    const { token } = this;
    if (token.kind === "illegal") this.fail(token.text, token);
    this.fail(`unexpected ${describe(token, this.mode)}${what === undefined ? "" : `: ${what}`}`, token);
  }

  fail(message: string, token: { readonly loc: Location } = this.token): never {
    throw new SyntaxFault({ code: "rego_parse_error", message, loc: token.loc });
  }

  /** Runs one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > maxDepth) this.fail(`max recursion depth of ${maxDepth} exceeded`);
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  /** From `start` to the last token taken. */
  span(start: { readonly loc: SourceLocation }): SourceLocation {
    return start.loc.to(this.previous.loc);
  }

  spanFrom(offset: number): SourceLocation {
    return new SourceLocation(this.source, offset, this.previous.loc.end);
  }
}

const names: { readonly [text: string]: string } = {
  "{": "{",
  "}": "}",
  "|": "or",
  "&": "and",
  ":=": "assign",
  "=": "eq",
  "==": "equal",
  "!=": "neq",
  "<": "lt",
  ">": "gt",
  "<=": "lte",
  ">=": "gte",
  "+": "plus",
  "-": "minus",
  "*": "mul",
  "/": "div",
  "%": "rem",
  ",": ",",
};

function describe(token: Token, mode: ParserMode): string {
  if (token.kind === "ident" && mode.keywords.has(token.text)) return `${token.text} keyword`;
  return `${kindText(token)} token`;
}

function kindText(token: Token): string {
  if (token.kind === "punctuation") return names[token.text] ?? token.text;
  if (token.kind === "ident") return "identifier";
  return token.kind === "rawstring" || token.kind === "template" ? "string" : token.kind;
}
