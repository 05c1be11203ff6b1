import { parseDouble, parseInt64, parseUint64 } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import type { Ast, Expr, ListExpr, MapEntry, MapExpr, StructExpr, StructField } from "./ast.ts";
import { Builder } from "./builder.ts";
import type { Diagnostic, Source } from "./diagnostic.ts";
import { type Token, tokenize } from "./lexer.ts";
import { readBytes, readString } from "./literals.ts";
import type { Macro } from "./macro.ts";

/** As cel-go's default: a longer expression is refused before it is read. */
export const MAX_EXPRESSION_CODE_POINTS = 100_000;

/** As cel-go's default: nesting deeper than this is refused, so that no walk over the tree exhausts the stack. */
export const MAX_RECURSION_DEPTH = 250;

const reserved = new Set(
  "as break const continue else false for function if import in let loop package namespace null return true var void while".split(
    " ",
  ),
);

/** Names that are tokens of their own, so that not even a field may be called so. */
const keywords = new Set(["true", "false", "null", "in"]);

const relations = new Set(["<", "<=", ">", ">=", "==", "!=", "in"]);

const startOfExpression =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const startOfList = startOfExpression
  .replace("'[',", "'[', ']',")
  .replace("'.', '-', '!',", "'.', ',', '-', '!', '?',");

const startOfMap = startOfExpression.replace("'{',", "'{', '}',").replace("'.', '-', '!',", "'.', ',', '-', '!', '?',");

/** Ends the parse at its first fault of syntax: what follows would only be guesses. */
class SyntaxFault extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Ends the parse where all that is wrong was told. */
class SyntaxEnd extends Error {}

/** Parses an expression and expands the given macros; answers the tree or the faults. */
export function parse(source: Source, macros: readonly Macro[]): Ast | readonly Diagnostic[] {
  const size = [...source.text].length;
  if (size > MAX_EXPRESSION_CODE_POINTS) {
    const message = `expression code point size exceeds limit: size: ${size}, limit ${MAX_EXPRESSION_CODE_POINTS}`;
    return [{ line: 0, column: 0, message }];
  }
  const parser = new Parser(source, macros);
  try {
    const root = parser.program();
    return parser.faults.length > 0 ? parser.faults : { root, offsets: parser.builder.offsets };
  } catch (error) {
    if (error instanceof SyntaxEnd) return parser.faults;
    if (!(error instanceof SyntaxFault)) throw error;
    return [...parser.faults, source.fault(error.offset, error.message)];
  }
}

function isName({ kind }: Token): boolean {
  return kind === "ident" || kind === "quoted";
}

/** Whether an expression may begin with it. */
function isStart({ kind, text }: Token): boolean {
  if (kind === "sign") return "[{(.-!".includes(text);
  return kind !== "end" && kind !== "quoted" && !(kind === "ident" && text === "in");
}

/** A token as it stands in the source. */
function written({ kind, text }: Pick<Token, "kind" | "text">): string {
  return kind === "quoted" ? `\`${text}\`` : text;
}

function isOneOf({ kind, text }: Token, signs: string): boolean {
  return kind === "sign" && text.length === 1 && signs.includes(text);
}

/** Recursive descent; a method is a production of cel-spec's grammar, quoted above it. */
class Parser {
  readonly builder: Builder = new Builder();
  readonly faults: Diagnostic[] = [];
  readonly #source: Source;
  readonly #macros: readonly Macro[];
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** What may stand behind the expressions that are being read, the innermost last. */
  readonly #behind: string[] = [];

  constructor(source: Source, macros: readonly Macro[]) {
    this.#source = source;
    this.#macros = macros;
    const tokens = tokenize(source.text);
    this.#tokens = tokens.filter(({ kind }) => kind !== "unknown");
    for (const { kind, text, offset } of tokens) {
      if (kind === "unknown") this.#fault(offset, `Syntax error: token recognition error at: '${text}'`);
    }
  }

  /** `Expr EOF` */
  program(): Expr {
    const root = this.#exprBefore("<EOF>");
    if (this.#token.kind !== "end") this.#unexpected("<EOF>");
    return root;
  }

  /** `Expr = ConditionalOr ["?" ConditionalOr ":" Expr]` */
  #expr(): Expr {
    return this.#nested(() => {
      const condition = this.#or();
      if (!this.#isSign("?")) return condition;
      const { offset } = this.#next();
      const yes = this.#before(":", () => this.#or());
      this.#expect(":");
      const no = this.#expr();
      return this.builder.call(offset, "_?_:_", [condition, yes, no]);
    });
  }

  /** `ConditionalOr = [ConditionalOr "||"] ConditionalAnd` */
  #or(): Expr {
    return this.#logic("||", "_||_", () => this.#and());
  }

  /** `ConditionalAnd = [ConditionalAnd "&&"] Relation` */
  #and(): Expr {
    return this.#logic("&&", "_&&_", () => this.#relation());
  }

  /** Long chains become balanced trees, as in cel-go, so that they are not deep. */
  #logic(sign: string, name: string, operand: () => Expr): Expr {
    const terms = [operand()];
    const offsets: number[] = [];
    while (this.#isSign(sign)) {
      offsets.push(this.#next().offset);
      terms.push(operand());
    }
    const balance = (low: number, high: number): Expr => {
      if (low === high) return terms[low] as Expr;
      const middle = Math.floor((low + high + 1) / 2);
      const left = balance(low, middle - 1);
      return this.builder.call(offsets[middle - 1] as number, name, [left, balance(middle, high)]);
    };
    return balance(0, terms.length - 1);
  }

  /** `Relation = [Relation Relop] Addition` */
  #relation(): Expr {
    let left = this.#addition();
    for (let levels = 1; relations.has(this.#token.text) && this.#token.kind !== "string"; levels++) {
      const { text, offset } = this.#next();
      this.#limit(levels, offset);
      left = this.builder.call(offset, text === "in" ? "@in" : `_${text}_`, [left, this.#addition()]);
    }
    return left;
  }

  /** `Addition = [Addition ("+" | "-")] Multiplication` */
  #addition(): Expr {
    let left = this.#multiplication();
    for (let levels = 1; this.#isSign("+") || this.#isSign("-"); levels++) {
      const { text, offset } = this.#next();
      this.#limit(levels, offset);
      left = this.builder.call(offset, `_${text}_`, [left, this.#multiplication()]);
    }
    return left;
  }

  /** `Multiplication = [Multiplication ("*" | "/" | "%")] Unary` */
  #multiplication(): Expr {
    let left = this.#unary();
    for (let levels = 1; this.#isSign("*") || this.#isSign("/") || this.#isSign("%"); levels++) {
      const { text, offset } = this.#next();
      this.#limit(levels, offset);
      left = this.builder.call(offset, `_${text}_`, [left, this.#unary()]);
    }
    return left;
  }

  /** `Unary = Member | "!" {"!"} Member | "-" {"-"} Member`; pairs of signs cancel out. */
  #unary(): Expr {
    const { text, offset } = this.#token;
    if (!this.#isSign("!") && !this.#isSign("-")) return this.#member(this.#primary());
    const negative = this.#negativeNumber();
    if (negative !== undefined) return this.#member(negative);
    let count = 0;
    while (this.#isSign(text)) {
      this.#next();
      count++;
    }
    const operand = text === "!" ? this.#negated() : this.#afterMinus();
    return count % 2 === 0 ? operand : this.builder.call(offset, text === "!" ? "!_" : "-_", [operand]);
  }

  /** A literal has its own minus. */
  #negativeNumber(): Expr | undefined {
    const { offset } = this.#token;
    const { kind, text } = this.#tokens[this.#at + 1] ?? this.#token;
    if (!this.#isSign("-") || (kind !== "int" && kind !== "float")) return undefined;
    this.#next();
    this.#next();
    return this.#number(`-${text}`, kind, offset);
  }

  /** What stands behind `!`: a minus only with a number. */
  #negated(): Expr {
    const negative = this.#negativeNumber();
    if (negative !== undefined) return this.#member(negative);
    if (!isStart(this.#token))
      throw new SyntaxFault(
        this.#token.offset,
        `Syntax error: extraneous input '${written(this.#token)}' expecting ${startOfExpression}`,
      );
    if (this.#accept("-")) this.#fault(this.#token.offset, this.#noAlternative());
    return this.#member(this.#primary());
  }

  /** A minus may begin a number or negate: where neither can follow, the reference parser tells that first. */
  #afterMinus(): Expr {
    if (this.#isSign("!")) throw new SyntaxFault(this.#token.offset, this.#noAlternative());
    if (!isStart(this.#token)) this.#fault(this.#token.offset, this.#noAlternative());
    return this.#member(this.#primary());
  }

  /** From the last token to the next one. */
  #noAlternative(): string {
    const from = (this.#tokens[this.#at - 1] as Token).offset;
    const { kind, offset } = this.#token;
    const end = kind === "end" ? offset : offset + written(this.#token).length;
    return `Syntax error: no viable alternative at input '${this.#source.text.slice(from, end)}'`;
  }

  /** `Member = Primary | Member "." ["?"] SELECTOR ["(" [ExprList] ")"] | Member "[" ["?"] Expr "]"` */
  #member(primary: Expr): Expr {
    let left = primary;
    for (let levels = 1; ; levels++) {
      const { offset } = this.#token;
      if (this.#isSign(".")) left = this.#selection(left);
      else if (this.#isSign("[")) left = this.#index(left);
      else return left;
      this.#limit(levels, offset);
    }
  }

  #selection(operand: Expr): Expr {
    const dot = this.#next().offset;
    const isOptional = this.#accept("?");
    if (isOptional) this.#skipBefore(isName, "{IDENTIFIER, ESC_IDENTIFIER}");
    const name = this.#selector();
    if (isOptional) return this.builder.call(dot, "_?._", [operand, this.builder.literal(name.offset, name.text)]);
    if (name.kind === "ident" && this.#isSign("(")) {
      const open = this.#next().offset;
      return this.#callOrMacro(open, name.text, this.#arguments(), operand);
    }
    return this.builder.select(dot, operand, name.text);
  }

  /** Where the next token is not a right one, but the one after it is, the next one is passed over. */
  #skipBefore(isRight: (token: Token) => boolean, wanted: string): void {
    const [token, after] = [this.#token, this.#tokens[this.#at + 1]];
    if (isRight(token)) return;
    if (after === undefined || !isRight(after)) this.#unexpected(wanted);
    this.#fault(token.offset, `Syntax error: extraneous input '${token.text}' expecting ${wanted}`);
    this.#next();
  }

  #selector(): Token {
    const name = this.#next();
    if (name.kind === "quoted" || (name.kind === "ident" && !keywords.has(name.text))) return name;
    throw new SyntaxFault(
      name.offset,
      `Syntax error: no viable alternative at input '.${name.kind === "end" ? "" : name.text}'`,
    );
  }

  #index(operand: Expr): Expr {
    const { offset } = this.#next();
    const isOptional = this.#accept("?");
    if (!isOptional && this.#token.kind === "end") this.#unexpected(startOfExpression.replace("'!',", "'!', '?',"));
    const index = this.#exprBefore("]");
    this.#expect("]");
    return this.builder.call(offset, isOptional ? "_[?_]" : "_[_]", [operand, index]);
  }

  /** `Primary = LITERAL | "(" Expr ")" | "[" … "]" | "{" … "}" | ["."] IDENT ["(" … ")"] | ["."] SELECTOR {"." SELECTOR} "{" … "}"` */
  #primary(): Expr {
    const token = this.#next();
    const { kind, text, offset } = token;
    if (kind === "int" || kind === "uint" || kind === "float") return this.#number(text, kind, offset);
    if (kind === "string") return this.#literal(offset, readString(text));
    if (kind === "bytes") return this.#literal(offset, readBytes(text));
    if (kind === "ident") return this.#name(token, "");
    if (kind === "sign" && text === ".") {
      const name = this.#next();
      if (name.kind === "ident") return this.#name(name, ".");
      const input = name.kind === "end" ? "" : name.text;
      throw new SyntaxFault(name.offset, `Syntax error: no viable alternative at input '.${input}'`);
    }
    if (kind === "sign" && text === "(") {
      const inner = this.#exprBefore(")");
      this.#expect(")");
      return inner;
    }
    if (kind === "sign" && text === "[") return this.#list(offset);
    if (kind === "sign" && text === "{") return this.#map(offset);
    return this.#skipSign(token);
  }

  /** As the reference parser does, one sign too many is passed over, so that what follows is read too. */
  #skipSign(token: Token): Expr {
    const next = this.#token;
    if (token.kind !== "sign" || !isStart(next)) return this.#unexpected(startOfExpression, token);
    this.#fault(token.offset, `Syntax error: extraneous input '${token.text}' expecting ${startOfExpression}`);
    return this.#primary();
  }

  #name(name: Token, dot: string): Expr {
    if (dot === "") {
      if (name.text === "true" || name.text === "false") return this.builder.literal(name.offset, name.text === "true");
      if (name.text === "null") return this.builder.literal(name.offset, null);
    }
    if (name.text === "in") this.#unexpected(startOfExpression, name);
    const struct = this.#structName(name, dot);
    if (struct !== undefined) return this.#struct(struct);
    const isReserved = this.#refuseReserved(name);
    if (!this.#isSign("(") && isReserved) return this.builder.literal(name.offset, null);
    if (!this.#isSign("(")) return this.builder.ident(name.offset, dot + name.text);
    const open = this.#next().offset;
    return this.#callOrMacro(open, dot + name.text, this.#arguments());
  }

  /** The name of a message when what follows is `a.b.C{`: then the tokens up to the brace are taken. */
  #structName(first: Token, dot: string): string | undefined {
    let name = dot + first.text;
    for (let at = this.#at; ; at += 2) {
      const token = this.#tokens[at] as Token;
      if (token.kind === "sign" && token.text === "{") {
        this.#at = at;
        return name;
      }
      const field = this.#tokens[at + 1];
      if (token.text !== "." || field?.kind !== "ident") return undefined;
      name += `.${field.text}`;
    }
  }

  #struct(name: string): StructExpr {
    const { offset } = this.#next();
    const id = this.builder.id(offset);
    const fields: StructField[] = [];
    this.#acceptOnly(",", "}");
    while (!this.#isSign("}")) {
      const isOptional = this.#accept("?");
      const field = this.#selector();
      const colon = this.#expect(":");
      fields.push({ id: this.builder.id(colon), name: field.text, value: this.#exprBefore(",}"), isOptional });
      if (!this.#accept(",")) break;
    }
    this.#expect("}", "{'}', ','}");
    return { kind: "struct", id, name, fields };
  }

  #list(offset: number): ListExpr {
    const elements: Expr[] = [];
    const optionals = new Set<number>();
    this.#skipBefore((each) => isStart(each) || isOneOf(each, "],?"), startOfList);
    this.#acceptOnly(",", "]");
    while (!this.#isSign("]")) {
      if (this.#accept("?")) optionals.add(elements.length);
      elements.push(this.#exprBefore(",]"));
      if (!this.#accept(",")) {
        this.#expect("]", "{']', ','}");
        return this.builder.list(offset, elements, optionals);
      }
      if (!this.#isSign("?") && !isStart(this.#token)) break;
    }
    this.#expect("]");
    return this.builder.list(offset, elements, optionals);
  }

  #map(offset: number): MapExpr {
    const id = this.builder.id(offset);
    const entries: MapEntry[] = [];
    this.#skipBefore((each) => isStart(each) || isOneOf(each, "},?"), startOfMap);
    this.#acceptOnly(",", "}");
    while (!this.#isSign("}")) {
      const isOptional = this.#accept("?");
      const key = this.#exprBefore(":");
      const colon = this.#expect(":");
      entries.push({ id: this.builder.id(colon), key, value: this.#exprBefore(",}"), isOptional });
      if (!this.#accept(",")) break;
    }
    this.#expect("}", "{'}', ','}");
    return { kind: "map", id, entries };
  }

  /** A comma alone stands between brackets of nothing, too. */
  #acceptOnly(text: string, close: string): void {
    const after = this.#tokens[this.#at + 1];
    if (this.#isSign(text) && after?.kind === "sign" && after.text === close) this.#next();
  }

  #arguments(): Expr[] {
    const args: Expr[] = [];
    if (this.#accept(")")) return args;
    this.#skipBefore((each) => isStart(each) || isOneOf(each, ")"), startOfExpression.replace("'(',", "'(', ')',"));
    if (this.#accept(")")) return args;
    do args.push(this.#exprBefore(",)"));
    while (this.#accept(","));
    this.#expect(")");
    return args;
  }

  #callOrMacro(offset: number, name: string, args: Expr[], target?: Expr): Expr {
    const macro = this.#macros.find(
      (each) =>
        each.name === name &&
        each.isReceiver === (target !== undefined) &&
        (each.argCount === undefined || each.argCount === args.length),
    );
    if (macro === undefined) return this.builder.call(offset, name, args, target);
    const expanded = macro.expand({ builder: this.builder, offset, target, args });
    if (expanded === undefined) return this.builder.call(offset, name, args, target);
    if ("fault" in expanded) {
      this.#fault(expanded.at === undefined ? offset : this.builder.offsetOf(expanded.at), expanded.fault);
      return this.builder.literal(offset, null);
    }
    return expanded;
  }

  #number(text: string, kind: "int" | "uint" | "float", offset: number): Expr {
    const value =
      kind === "int" ? parseInt64(text) : kind === "uint" ? parseUint64(text.slice(0, -1)) : parseDouble(text);
    if (value !== undefined) return this.builder.literal(offset, value);
    this.#fault(offset, kind === "float" ? "invalid double literal" : `invalid ${kind} literal`);
    return this.builder.literal(offset, 0n);
  }

  #literal(offset: number, value: string | Uint8Array | { readonly fault: string }): Expr {
    if (typeof value === "object" && "fault" in value) {
      this.#fault(offset, value.fault);
      return this.builder.literal(offset, "");
    }
    return this.builder.literal(offset, value as Value);
  }

  #refuseReserved({ text, offset }: Token): boolean {
    if (reserved.has(text)) this.#fault(offset, `reserved identifier: ${text}`);
    return reserved.has(text);
  }

  #nested<T>(parse: () => T): T {
    this.#depth++;
    this.#limit(this.#depth, this.#token.offset);
    const result = parse();
    this.#depth--;
    return result;
  }

  #limit(depth: number, offset: number): void {
    if (depth > MAX_RECURSION_DEPTH) {
      throw new SyntaxFault(offset, `expression recursion limit exceeded: ${MAX_RECURSION_DEPTH}`);
    }
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #next(): Token {
    const token = this.#token;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  #isSign(text: string): boolean {
    return this.#token.kind === "sign" && this.#token.text === text;
  }

  #accept(text: string): boolean {
    if (!this.#isSign(text)) return false;
    this.#at++;
    return true;
  }

  #exprBefore(signs: string): Expr {
    return this.#before(signs, () => this.#expr());
  }

  #before<T>(signs: string, parse: () => T): T {
    this.#behind.push(signs);
    const result = parse();
    this.#behind.pop();
    return result;
  }

  /** As ANTLR does it, one token too many is passed over, and one that is missing is thought to be there; both are told. */
  #expect(text: string, wanted = `'${text}'`): number {
    if (this.#isSign(text)) return this.#next().offset;
    const { kind, text: found, offset } = this.#token;
    const after = this.#tokens[this.#at + 1];
    // A comma too many may stand before an end that is told with it.
    const isChoice = wanted !== `'${text}'`;
    if (kind !== "end" && after?.kind === "sign" && (after.text === text || (isChoice && after.text === ","))) {
      this.#fault(offset, `Syntax error: extraneous input '${found}' expecting ${wanted}`);
      this.#next();
      // What is behind another comma is not read any more: the whole is refused already.
      if (after.text !== text) throw new SyntaxEnd();
      return this.#next().offset;
    }
    if (isChoice || !this.#mayFollow(text)) this.#unexpected(wanted);
    this.#fault(offset, `Syntax error: missing '${text}' at '${found}'`);
    return offset;
  }

  /** Whether the next token could stand behind the sign. */
  #mayFollow(sign: string): boolean {
    const { kind, text } = this.#token;
    if (sign === ":") return isStart(this.#token);
    if (kind === "end") return this.#behind.at(-1) === "<EOF>";
    if (kind === "ident") return text === "in";
    return (
      kind === "sign" &&
      (relations.has(text) || "+-*/%.[?&&||".includes(text) || this.#behind.at(-1)?.includes(text) === true)
    );
  }

  #unexpected(wanted: string, { kind, text, offset } = this.#token): never {
    const found = written({ kind, text });
    // One token too many is passed over; more are no expression.
    const isLast = this.#tokens[this.#at + 1]?.kind === "end";
    const problem = wanted === "<EOF>" && isLast ? "extraneous" : "mismatched";
    throw new SyntaxFault(offset, `Syntax error: ${problem} input '${found}' expecting ${wanted}`);
  }

  #fault(offset: number, message: string): void {
    this.faults.push(this.#source.fault(offset, message));
  }
}
