import type { Body, Comment, Expr, ExprTerms, Term, With } from "./ast.ts";
import { type Diagnostic, sourceLine } from "./diagnostic.ts";
import { lex, type Token } from "./lexer.ts";
import { type Source, SourceLocation } from "./source.ts";

/**
 * Thrown by `fail`, when the fault is noted already. Most of the parser answers undefined instead, because OPA goes on
 * after some faults: what it says next is part of what its users see.
 */
export class SyntaxFault extends Error {
  constructor() {
    super("syntax fault");
    this.name = "SyntaxFault";
  }
}

/** Deeper nesting is refused, so that no later recursion over the tree can run out of stack. */
export const maxDepth = 500;

/** Unfinished parses of a text that may be wrong in many places: more faults say nothing new. */
const maxFaults = 200;

export interface ParserMode {
  /** Words that are keywords here: depends on the version and the imports. */
  keywords: Set<string>;
  version: "v0" | "v1";
  /** `import future.keywords.not`: `not` is about a query of its own. */
  notBodies: boolean;
  /** What the language offers: see `LanguageCapabilities`. */
  readonly features: ReadonlySet<string>;
}

/** Where a parse stands, to come back to. */
export interface Mark {
  readonly tokens: readonly Token[];
  readonly at: number;
  /** The token was taken for a name. */
  readonly isName: boolean;
  readonly wildcards: number;
  readonly faults: number;
  readonly hints: number;
}

/** What terms hold and are held by: literals, and template strings with their expressions. */
export interface Grammar {
  /** From the token behind the bracket to the one that closes it, which is not taken. */
  readonly body: (cursor: Cursor, close: string) => Body | undefined;
  readonly literal: (cursor: Cursor) => Expr | undefined;
  readonly expression: (cursor: Cursor) => ExprTerms | undefined;
  readonly withs: (cursor: Cursor) => readonly With[] | undefined;
  readonly template: (cursor: Cursor) => Term | undefined;
}

/** A term that was parsed before at the same token, and where that parse ended. */
interface Parsed {
  /** The first one. */
  readonly token: Token;
  readonly term: Term | undefined;
  readonly tokens: readonly Token[];
  readonly at: number;
  readonly wildcards: number;
  readonly faults: readonly Diagnostic[];
  readonly stuck: Token | undefined;
  readonly isAtSpace: boolean;
}

const none: readonly Diagnostic[] = [];

/** The tokens of one source, with a place in them, and the faults found so far. */
export class Cursor {
  readonly source: Source;
  readonly mode: ParserMode;
  readonly grammar: Grammar;
  readonly faults: Diagnostic[] = [];
  /** Comments inside template strings, by offset. */
  readonly innerComments: Map<number, Comment>;
  /** Where the parse stands; a field, as it is looked at ten times before it is taken. */
  token: Token;
  /** Others behind a template string that could not be read to its end. */
  #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #wildcards = 0;
  #scanned = -1;
  #nameAt = -1;
  #spaceAt = -1;
  #hints: string[] = [];
  /** What stands in the way where the token does. */
  #stuck: Token | undefined;
  readonly #parsed = new Map<number, Parsed>();
  /** The starts of those that OPA has in memory too, in order. */
  readonly #keptByOpa: number[] = [];

  constructor(source: Source, tokens: readonly Token[], mode: ParserMode, grammar: Grammar, outer?: Cursor) {
    this.innerComments = outer?.innerComments ?? new Map();
    this.source = source;
    this.#tokens = tokens;
    this.token = tokens[0] as Token;
    this.mode = mode;
    this.grammar = grammar;
    this.#enterToken();
  }

  get next(): Token {
    return this.#tokens[this.#at + 1] ?? this.token;
  }

  get previous(): Token {
    return this.#tokens[this.#at - 1] ?? this.token;
  }

  /** A statement is over: what was parsed in it is not asked for again. */
  forgetTerms(): void {
    this.#parsed.clear();
    this.#keptByOpa.length = 0;
  }

  /** Takes the token, whatever it is. */
  advance(): Token {
    const { token } = this;
    this.#stuck = undefined;
    if (this.#at < this.#tokens.length - 1) {
      this.#at++;
      this.token = this.#tokens[this.#at] as Token;
      if (this.token.faults !== undefined) this.#enterToken();
    }
    return token;
  }

  /** Goes on without a look at the token: for looking ahead. */
  skip(): void {
    if (this.#at < this.#tokens.length - 1) this.#moveTo(this.#at + 1);
  }

  save(): Mark {
    const isName = this.#nameAt === this.#at;
    const [faults, hints] = [this.faults.length, this.#hints.length];
    return { tokens: this.#tokens, at: this.#at, isName, wildcards: this.#wildcards, faults, hints };
  }

  restore({ tokens, at, isName, wildcards, faults, hints }: Mark): void {
    this.#turnTo(tokens);
    this.#moveTo(at);
    this.#nameAt = isName ? at : -1;
    this.#stuck = undefined;
    this.#spaceAt = -1;
    this.#wildcards = wildcards;
    this.faults.length = Math.min(this.faults.length, faults);
    this.#hints.length = Math.min(this.#hints.length, hints);
    this.#scanned = Math.min(this.#scanned, at);
  }

  is(text: string): boolean {
    const { token } = this;
    return token.text === text && (token.kind === "punctuation" || this.isKeyword(text));
  }

  isKeyword(word: string): boolean {
    const { token } = this;
    return token.text === word && token.kind === "ident" && this.isReserved();
  }

  /** The token is a keyword here. */
  isReserved(): boolean {
    const { token } = this;
    return token.kind === "ident" && this.mode.keywords.has(token.text) && this.#at !== this.#nameAt;
  }

  /** The token is a name, also when it is a keyword. */
  treatAsName(): void {
    this.#nameAt = this.#at;
  }

  /** `.` or `[` stands right behind the token: it is the beginning of a ref, also when it is a keyword. */
  isRefHead(): boolean {
    const { next } = this;
    if (!this.mode.features.has("keywords_in_refs")) return false;
    return next.kind === "punctuation" && (next.text === "." || next.text === "[") && !next.spaced;
  }

  /** The keyword `in`. As in OPA, any keyword that stands here before `.` or `[` is a name from now on. */
  isMembership(): boolean {
    if (this.isReserved() && this.isRefHead()) this.treatAsName();
    return this.isKeyword("in");
  }

  /** `and(` or `or(` where an operand is expected: the builtin of that name, also when the word is a keyword. */
  isCalledOperator(): boolean {
    const { text } = this.token;
    return (text === "and" || text === "or") && this.next.text === "(" && !this.next.spaced;
  }

  /** Takes the token when it is this punctuation or keyword. */
  take(text: string): Token | undefined {
    return this.is(text) ? this.advance() : undefined;
  }

  /** `$0`, `$1`, … for each `_`. */
  wildcard(): string {
    return `$${this.#wildcards++}`;
  }

  /** What the next fault's message ends with. */
  hint(text: string): void {
    this.#hints.push(text);
  }

  /** Notes the fault that the token has no place here. */
  illegal(note = ""): undefined {
    const token = this.#stuck ?? this.token;
    if (this.isAtSpace) return this.#unexpected("whitespace token", note);
    if (token.kind === "illegal") return this.report("illegal token");
    return this.#unexpected(describe(token, this.isReserved()), note);
  }

  #unexpected(text: string, note: string): undefined {
    return this.report(`unexpected ${text}${note === "" ? "" : `: ${note}`}`);
  }

  /** Notes a fault. */
  report(message: string, loc: SourceLocation = this.#place(), isFinal = false): undefined {
    const hints = this.#hints;
    const label = hints.length === 1 ? "hint" : "hints";
    const hint = hints.length === 0 ? "" : ` (${label}: ${hints.join(", ")})`;
    this.#hints = [];
    if (this.faults.length >= maxFaults) return undefined;
    const line = isFinal ? {} : { line: sourceLine(this.source.text, loc.offset) };
    this.faults.push({ code: "rego_parse_error", message: message + hint, loc, ...line });
    return undefined;
  }

  /** Notes a fault and ends the parse that is under way. */
  fail(message: string, token: { readonly loc: SourceLocation } = this.token): never {
    this.report(message, token.loc);
    throw new SyntaxFault();
  }

  /** The same for the token at hand. */
  unexpected(note = ""): never {
    this.illegal(note);
    throw new SyntaxFault();
  }

  expect(text: string, note = ""): Token {
    return this.take(text) ?? this.unexpected(note);
  }

  /** Runs one level deeper. */
  nested<T>(parse: (cursor: Cursor) => T): T | undefined {
    if (this.#depth >= maxDepth) return this.report(`max parsing recursion depth exceeded`);
    this.#depth++;
    try {
      return parse(this);
    } finally {
      this.#depth--;
    }
  }

  /** Parses a term one level deeper, or takes what was parsed here before: without this, each nesting would double the work. */
  remember(parse: (cursor: Cursor) => Term | undefined): Term | undefined {
    const start = this.#at;
    const { token } = this;
    const known = start === this.#nameAt ? undefined : this.#parsed.get(start);
    if (known?.token === token) {
      this.#turnTo(known.tokens);
      this.#moveTo(known.at);
      this.#scanned = Math.max(this.#scanned, known.at);
      this.#wildcards = known.wildcards;
      this.#stuck = known.stuck;
      this.#spaceAt = known.isAtSpace ? known.at : -1;
      // Those that still stand are told once, as in OPA, where it remembers the term too.
      const isKept = known.faults.length > 0 && this.#keptByOpa.includes(start);
      if (known.faults.length > 0)
        this.faults.push(...known.faults.filter((each) => !isKept || !this.faults.includes(each)));
      this.#keepAsOpa(start);
      return known.term;
    }
    const before = this.faults.length;
    const term = this.nested(parse);
    this.#parsed.set(start, {
      token,
      term,
      tokens: this.#tokens,
      at: this.#at,
      wildcards: this.#wildcards,
      faults: this.faults.length === before ? none : this.faults.slice(before),
      stuck: this.#stuck,
      isAtSpace: this.isAtSpace,
    });
    this.#keepAsOpa(start);
    return term;
  }

  /** OPA forgets the terms within, and behind, the one that it parsed last. */
  #keepAsOpa(start: number): void {
    while ((this.#keptByOpa.at(-1) ?? -1) >= start) this.#keptByOpa.pop();
    this.#keptByOpa.push(start);
  }

  /** A cursor over tokens of the same source that stand inside a token of this one. */
  inside({ tokens, comments }: { readonly tokens: readonly Token[]; readonly comments: readonly Comment[] }): Cursor {
    for (const comment of comments) this.innerComments.set(comment.loc.offset, comment);
    const inner = new Cursor(this.source, tokens, this.mode, this.grammar, this);
    inner.#depth = this.#depth + 1;
    inner.#wildcards = this.#wildcards;
    return inner;
  }

  /** Takes over what an inner cursor found, which reached the end of its part. */
  takeFrom(inner: Cursor): void {
    this.#wildcards = inner.#wildcards;
    this.faults.push(...inner.faults);
  }

  /**
   * Goes on where an inner cursor stands, and takes over what it found. As OPA does, what follows is read as if no template string had begun:
   * as the tokens of its text are others then, it mostly is at fault too.
   */
  leaveTo(inner: Cursor): void {
    this.takeFrom(inner);
    const { token } = inner;
    const [first, ...rest] = lex(this.source, token.start).tokens as [Token, ...Token[]];
    const { spaced, newline } = token;
    this.#turnTo([...this.#tokens.slice(0, this.#at), Object.assign(first, { spaced, newline }), ...rest]);
    this.#moveTo(this.#at);
    this.#nameAt = inner.#nameAt === inner.#at ? this.#at : -1;
    this.#stuck = inner.#stuck ?? (inner.isAtSpace ? inner.#standing() : undefined);
    this.#scanned = token.kind === "eof" ? this.#at - 1 : this.#at;
    this.#enterToken();
  }

  /** Other tokens from some place on. */
  #turnTo(tokens: readonly Token[]): void {
    if (tokens === this.#tokens) return;
    this.#scanned = Math.min(
      this.#scanned,
      tokens.findIndex((token, i) => token !== this.#tokens[i]),
    );
    this.#tokens = tokens;
  }

  /** The token, or the white space before it where the parse stands at that. */
  #standing(): Token {
    return this.isAtSpace ? { ...this.token, kind: "whitespace", loc: this.#place() } : this.token;
  }

  /** Notes faults of a part of the token, which is then a token that cannot be read. */
  stickAt(loc: SourceLocation, faults: readonly string[]): undefined {
    for (const message of faults) this.report(message, loc);
    const { text, spaced, newline, value } = this.token;
    this.#stuck = { kind: "illegal", text, loc, start: loc.offset, end: loc.end, spaced, newline, value, faults };
  }

  /** From `start` to the last token taken. */
  span(start: Token): SourceLocation {
    return new SourceLocation(this.source, start.start, this.previous.end);
  }

  /** White space stands where a word must follow at once: until the parse goes elsewhere, it is what is in the way. */
  stopAtSpace(): void {
    const { spaced, loc, faults } = this.token;
    if (!spaced) return;
    this.#spaceAt = this.#at;
    // What is behind it is not read.
    const isBehind = (fault: Diagnostic | undefined): boolean => fault?.loc?.offset === loc.offset;
    if (faults !== undefined) while (isBehind(this.faults.at(-1))) this.faults.pop();
  }

  /** The parse could not go on at white space. */
  get isAtSpace(): boolean {
    return this.#spaceAt === this.#at;
  }

  #place(): SourceLocation {
    const { loc } = this.#stuck ?? this.token;
    if (this.#spaceAt !== this.#at) return loc;
    const { text } = this.source;
    let at = this.previous.end;
    // Comments are no white space: only their ends are.
    if (text[at] === "#") at = text.indexOf("\n", at);
    return at < 0 ? loc : new SourceLocation(this.source, at, at + 1);
  }

  #moveTo(at: number): void {
    this.#at = at;
    this.token = this.#tokens[at] as Token;
  }

  /** A token that the lexer could not read is a fault as soon as it is reached. */
  #enterToken(): void {
    if (this.#scanned >= this.#at) return;
    this.#scanned = this.#at;
    const { faults, loc } = this.token;
    if (faults !== undefined) for (const message of faults) this.report(message, loc);
  }
}

const names: { readonly [text: string]: string } = {
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
};

function describe(token: Token, isKeyword: boolean): string {
  if (isKeyword) return `${token.text} keyword`;
  return `${kindText(token)} token`;
}

/** OPA reads a template string in parts: up to its first brace, or its end. */
function templateText(text: string): string {
  const isRaw = text[1] === "`";
  return `${isRaw ? "raw-" : ""}template-string-${/^..(?:\\.|[^\\{])*\{/s.test(text) ? "part" : "end"}`;
}

function kindText(token: Token): string {
  if (token.kind === "punctuation") return names[token.text] ?? token.text;
  if (token.kind === "template") return templateText(token.text);
  if (token.kind === "ident") return "identifier";
  return token.kind === "rawstring" ? "string" : token.kind;
}
