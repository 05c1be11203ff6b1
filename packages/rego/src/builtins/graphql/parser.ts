import { goQuote } from "../go-quote.ts";
import type { Argument, ChildValue, CommentGroup, Directive, Position, Type, Value } from "./ast.ts";
import { valueKinds } from "./ast.ts";
import { GraphqlError } from "./errors.ts";
import { Lexer, type Token, type TokenKind } from "./lexer.ts";

/** Lists, types and selections nest no deeper: each level is a few frames of the JavaScript stack, here and in validation. */
const maxDepth = 500;

/** What queries and schemas have in common. Throws `GraphqlError` at the first fault. */
export class Parser {
  readonly #lexer: Lexer;
  #peeked: Token | undefined;
  #depth = 0;
  /** What was taken last. */
  previous: Token | undefined;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
  }

  peek(): Token {
    this.#peeked ??= this.#lexer.next();
    return this.#peeked;
  }

  get position(): Position {
    return this.peek().position;
  }

  /** Comments before the next token. */
  get comment(): CommentGroup | undefined {
    return this.peek().comment;
  }

  next(): Token {
    const token = this.peek();
    if (token.error !== undefined) throw token.error;
    this.#peeked = undefined;
    this.previous = token;
    return token;
  }

  /** True if the next token is this name. */
  at(keyword: string): boolean {
    return this.peek().value === keyword;
  }

  skip(kind: TokenKind): boolean {
    if (this.peek().kind !== kind) return false;
    this.next();
    return true;
  }

  expect(kind: TokenKind): Token {
    const token = this.peek();
    if (token.kind !== kind) throw new GraphqlError(`Expected ${kind}, found ${token.kind}`, token.position);
    return this.next();
  }

  /** Answers the comments before it. */
  expectKeyword(keyword: string): CommentGroup | undefined {
    const token = this.peek();
    if (token.kind !== "Name" || token.value !== keyword)
      throw new GraphqlError(`Expected ${goQuote(keyword)}, found ${describe(token)}`, token.position);
    return this.next().comment;
  }

  unexpected(token: Token = this.peek()): GraphqlError {
    return new GraphqlError(`Unexpected ${describe(token)}`, token.position);
  }

  name(): string {
    return this.expect("Name").value;
  }

  /** Any number of items in brackets, which may be missing. */
  many<Item>(open: TokenKind, close: TokenKind, item: () => Item): Item[] {
    const items: Item[] = [];
    if (!this.skip(open)) return items;
    if (++this.#depth > maxDepth) throw new GraphqlError(`nested more than ${maxDepth} levels deep`, this.position);
    while (this.peek().kind !== close) items.push(item());
    this.#depth--;
    this.next();
    return items;
  }

  /** The same, but brackets must hold something. `atEnd` hears the comments before the closing one. */
  some<Item>(
    open: TokenKind,
    close: TokenKind,
    item: () => Item,
    atEnd: (comment: CommentGroup | undefined) => void = () => {},
  ): Item[] {
    const opened = this.peek().kind === open;
    const items = this.many(open, close, item);
    if (!opened) return items;
    const closing = this.previous as Token;
    if (items.length === 0)
      throw new GraphqlError(`expected at least one definition, found ${close}`, closing.position);
    atEnd(closing.comment);
    return items;
  }

  arguments(isConstant: boolean): Argument[] {
    return this.some("(", ")", () => {
      const { position, comment } = this;
      const Name = this.name();
      this.expect(":");
      return { Position: position, Comment: comment, Name, Value: this.value(isConstant) };
    });
  }

  directives(isConstant: boolean): Directive[] {
    const directives: Directive[] = [];
    while (this.skip("@")) {
      const { position } = this;
      directives.push({ Position: position, Name: this.name(), Arguments: this.arguments(isConstant), Location: "" });
    }
    return directives;
  }

  type(): Type {
    if (this.peek().kind !== "[") {
      const { position } = this;
      return { Position: position, NamedType: this.name(), NonNull: this.skip("!") };
    }
    this.next();
    if (++this.#depth > maxDepth) throw new GraphqlError(`nested more than ${maxDepth} levels deep`, this.position);
    const { position } = this;
    const Elem = this.type();
    this.#depth--;
    this.expect("]");
    return { Position: position, NamedType: "", Elem, NonNull: this.skip("!") };
  }

  variable(): string {
    this.expect("$");
    return this.name();
  }

  /** A value; constants hold no variables. */
  value(isConstant: boolean): Value {
    const token = this.peek();
    if (token.kind === "[") return this.#composite(valueKinds.list, token, () => this.#items(isConstant));
    if (token.kind === "{") return this.#composite(valueKinds.object, token, () => this.#fields(isConstant));
    const scalar = { Position: token.position, Children: [], ExpectedTypeHasDefault: false };
    if (token.kind === "$" && !isConstant) return { ...scalar, Kind: valueKinds.variable, Raw: this.variable() };
    const kind = scalarKind(token);
    if (kind === undefined) throw this.unexpected();
    return { ...scalar, Kind: kind, Raw: this.next().value };
  }

  #composite(kind: number, { position, comment }: Token, children: () => ChildValue[]): Value {
    return {
      Position: position,
      Comment: comment,
      Kind: kind,
      Raw: "",
      Children: children(),
      ExpectedTypeHasDefault: false,
    };
  }

  #items(isConstant: boolean): ChildValue[] {
    return this.many("[", "]", () => ({ Name: "", Value: this.value(isConstant) }));
  }

  #fields(isConstant: boolean): ChildValue[] {
    return this.many("{", "}", () => {
      const { position, comment } = this;
      const Name = this.name();
      this.expect(":");
      return { Position: position, Comment: comment, Name, Value: this.value(isConstant) };
    });
  }
}

function scalarKind({ kind, value }: Token): number | undefined {
  switch (kind) {
    case "Int":
      return valueKinds.int;
    case "Float":
      return valueKinds.float;
    case "String":
      return valueKinds.string;
    case "BlockString":
      return valueKinds.block;
    case "Name":
      if (value === "true" || value === "false") return valueKinds.boolean;
      return value === "null" ? valueKinds.null : valueKinds.enum;
    default:
      return undefined;
  }
}

function describe({ kind, value }: Token): string {
  return value === "" ? kind : `${kind} ${goQuote(value)}`;
}
