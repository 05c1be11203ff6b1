import { findSignature } from "../builtins/capabilities.ts";
import { attachAnnotations, type ReadBlock, readBlocks } from "./annotations.ts";
import type { Body, Comment, Expr, Import, Location, Module, Ref, RegoVersion, Rule, Term } from "./ast.ts";
import { type LanguageCapabilities, languageOf } from "./capabilities.ts";
import { Cursor, type ParserMode } from "./cursor.ts";
import { type Diagnostic, RegoError, sourceLine } from "./diagnostic.ts";
import { ruleFromBody } from "./expression-rules.ts";
import { alwaysKeywords, futureKeywords } from "./keywords.ts";
import { lex } from "./lexer.ts";
import { grammar, parseQuery as parseLiterals } from "./literals.ts";
import { refText } from "./ref-text.ts";
import { checkWritten, parseRules, type WrittenRule } from "./rules.ts";
import { Source, type SourceLocation } from "./source.ts";
import { parseInfix, parseTerm } from "./terms.ts";

export interface ParseOptions {
  readonly file?: string;
  /** Default v1. `import rego.v1` makes a v0 module v1. */
  readonly regoVersion?: RegoVersion;
  /** Default those of OPA 1.19. Its experiments are the future keywords `and` and `or`. */
  readonly capabilities?: LanguageCapabilities;
  /** False leaves `# METADATA` to be comments. */
  readonly annotations?: boolean;
}

export interface ParseResult {
  readonly module: Module | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Words that are names in the path of an import, and right behind it. */
const freeWords: ReadonlySet<string> = new Set(["not", ...futureKeywords]);

/** Larger modules are refused before any work: generated bundles stay far below. */
const maxTextLength = 16 * 1024 * 1024;

/** Parses one module. Never throws; all faults that OPA tells are in `diagnostics`. */
export function parseModule(text: string, options: ParseOptions = {}): ParseResult {
  const parser = new ModuleParser(new Source(options.file ?? "", text), options);
  const module = parser.parse();
  return parser.faults.length > 0 ? { module: undefined, diagnostics: parser.faults } : { module, diagnostics: [] };
}

/** The same, throwing `RegoError`. */
export function parseModuleOrThrow(text: string, options: ParseOptions = {}): Module {
  const { module, diagnostics } = parseModule(text, options);
  if (module === undefined) throw new RegoError(diagnostics);
  return module;
}

/** Parses a query: literals separated by `;` or line breaks. Throws `RegoError`. */
export function parseQuery(text: string, options: ParseOptions = {}): Body {
  return parseWhole(text, options, (cursor) => {
    if (isAtEnd(cursor)) return cursor.report("empty query");
    const body: Expr[] = [];
    while (!isAtEnd(cursor)) {
      const statement = isBroken(cursor) ? undefined : parseLiterals(cursor, "eof", true);
      if (statement === undefined) return undefined;
      body.push(...statement);
    }
    return body;
  });
}

/** True before a token that is broken in itself, which is told alone: as in OPA, nothing is tried where a statement begins. */
function isBroken({ faults }: Cursor): boolean {
  return faults.length > 0;
}

function isAtEnd({ token }: Cursor): boolean {
  return token.kind === "eof";
}

/** Parses one term. Throws `RegoError`. */
export function parseTermText(text: string, options: ParseOptions = {}): Term {
  return parseWhole(text, options, (cursor) => parseInfix(cursor, true));
}

/** A ref, `input.user` or `data`, alone in a text. Throws `RegoError`. */
export function parseRef(text: string): Ref {
  const term = parseTermText(text);
  return term.kind === "ref" ? term : { kind: "ref", loc: term.loc, terms: [term] };
}

function parseWhole<T>(text: string, options: ParseOptions, parse: (cursor: Cursor) => T | undefined): T {
  const source = new Source(options.file ?? "", text);
  const cursor = new Cursor(source, lex(source).tokens, modeOf(options), grammar);
  const result = parse(cursor);
  if (cursor.token.kind !== "eof" && cursor.faults.length === 0) cursor.illegal();
  if (result === undefined || cursor.faults.length > 0) throw new RegoError(cursor.faults);
  return result;
}

function modeOf({ regoVersion: version = "v1", capabilities = languageOf(version) }: ParseOptions): ParserMode {
  const keywords = new Set(version === "v1" ? [...alwaysKeywords, ...futureKeywords] : alwaysKeywords);
  return { version, keywords, notBodies: false, features: new Set(capabilities.features) };
}

/** What imports of future keywords may name. */
function importableKeywords({ features, future_keywords }: LanguageCapabilities): ReadonlySet<string> {
  const own = features?.includes("rego_v1") === true ? futureKeywords : [];
  return new Set([...own, ...(future_keywords ?? [])].sort());
}

/** Parses what may stand in a module, one after the other, whatever begins it: a line of a shell. Throws `RegoError`. */
export function parseStatements(text: string, options: ParseOptions = {}): readonly Statement[] {
  const parser = new ModuleParser(new Source(options.file ?? "", text), options);
  const statements = parser.parseStatements();
  if (parser.faults.length > 0) throw new RegoError(parser.faults);
  return statements;
}

/** What v1 asks of how a rule is written, where a module is parsed in v1. */
export function writtenFaults(rules: readonly WrittenRule[]): readonly Diagnostic[] {
  const faults: Diagnostic[] = [];
  const report = (message: string, loc: Location) => void faults.push({ code: "rego_parse_error", message, loc });
  for (const rule of rules) checkWritten(rule, report);
  return faults;
}

/** A package, an import, rules with one head, or what would be a rule by what it says, else a query. */
export type Statement =
  | { readonly kind: "package"; readonly loc: SourceLocation; readonly path: Ref }
  | { readonly kind: "import"; readonly loc: SourceLocation; readonly import: Import }
  | { readonly kind: "rules"; readonly loc: Location; readonly rules: readonly WrittenRule[] }
  | { readonly kind: "body"; readonly loc: Location; readonly body: Body };

class ModuleParser {
  readonly #source: Source;
  readonly #cursor: Cursor;
  readonly #comments: readonly Comment[];
  readonly #importable: ReadonlySet<string>;
  readonly #writtenAs: RegoVersion;
  readonly #annotations: boolean;
  #version: RegoVersion;

  constructor(source: Source, options: ParseOptions) {
    const { regoVersion = "v1", capabilities = languageOf(regoVersion), annotations = true } = options;
    this.#annotations = annotations;
    this.#source = source;
    this.#version = regoVersion;
    this.#writtenAs = regoVersion;
    this.#importable = importableKeywords(capabilities);
    const tooLong = source.text.length > maxTextLength;
    const { tokens, comments } = lex(source, 0, tooLong ? 0 : source.text.length);
    this.#comments = comments;
    this.#cursor = new Cursor(source, tokens, modeOf(options), grammar);
    if (tooLong) this.#cursor.report(`module is larger than ${maxTextLength} characters`);
  }

  get faults(): readonly Diagnostic[] {
    return this.#cursor.faults;
  }

  /** Module : Package { Import | Rule } */
  parse(): Module | undefined {
    if (this.#version === "v1" && !this.#cursor.mode.features.has("rego_v1")) return this.#refuseVersion();
    const statements = this.#statements();
    const blocks = this.#annotations ? this.#blocks() : [];
    if (this.faults.length > 0) return undefined;
    const [first] = statements;
    const module = first === undefined ? this.#empty(blocks[0]) : this.#module(first, statements);
    if (module === undefined || this.faults.length > 0) return undefined;
    const annotated = attachAnnotations(module, blocks, (loc, message) => this.#final(message, loc));
    return this.faults.length > 0 ? undefined : annotated;
  }

  /** Of the comments up to where the parse ended: faults in them are told beside those of statements. */
  #blocks(): readonly ReadBlock[] {
    const { token } = this.#cursor;
    const isRead = ({ loc }: Comment): boolean => token.kind === "eof" || loc.offset < token.loc.offset;
    return readBlocks(this.#allComments().filter(isRead), (loc, message) => this.#withLine(message, loc));
  }

  /** The faults are in `faults`. */
  parseStatements(): readonly Statement[] {
    const statements = this.#statements();
    for (const each of statements) if (each.kind === "rules") this.#checkHeads(each.rules.map(({ rule }) => rule));
    return statements;
  }

  #refuseVersion(): undefined {
    const message = "illegal capabilities: rego_v1 feature required for parsing v1 Rego";
    this.#cursor.faults.push({ code: "rego_parse_error", message, loc: undefined });
  }

  /** For OPA annotations are statements. */
  #empty(annotated: ReadBlock | undefined): undefined {
    if (annotated !== undefined) return this.#final("package expected", annotated.block.loc);
    const loc: Location = { file: this.#source.file, row: 0, col: 0, offset: 0, end: 0, text: "" };
    this.#final("empty module", loc);
  }

  /** A fault of the module as a whole, which OPA tells without the line. */
  #final(message: string, loc: Location): undefined {
    this.#cursor.faults.push({ code: "rego_parse_error", message, loc });
  }

  #withLine(message: string, loc: Location): void {
    const line = sourceLine(this.#source.text, loc.offset);
    this.#cursor.faults.push({ code: "rego_parse_error", message, loc, line });
  }

  /** Up to the end, or to the first statement that none of the productions takes. */
  #statements(): readonly Statement[] {
    const cursor = this.#cursor;
    const statements: Statement[] = [];
    while (cursor.token.kind !== "eof") {
      cursor.forgetTerms();
      const statement = this.#statement();
      if (statement === undefined) break;
      statements.push(statement);
      // As in OPA, a package is still read.
      if (cursor.faults.length > 0 && !(cursor.isKeyword("package") && !cursor.isRefHead())) break;
    }
    return statements;
  }

  #statement(): Statement | undefined {
    const cursor = this.#cursor;
    const mark = cursor.save();
    const { loc } = cursor.token;
    const isWord = !cursor.isRefHead();
    if (isWord && cursor.isKeyword("package")) return this.#package();
    if (isWord && cursor.isKeyword("import")) return this.#import();
    const rules = parseRules(cursor);
    if (rules !== undefined) return { kind: "rules", loc, rules };
    if (cursor.faults.length > 0) return undefined;
    cursor.restore(mark);
    const body = parseLiterals(cursor, "eof", true);
    return body && { kind: "body", loc: body[0]?.loc ?? loc, body };
  }

  #module(first: Statement, statements: readonly Statement[]): Module | undefined {
    if (first.kind !== "package") this.#final("package expected", first.loc);
    const imports: Import[] = [];
    const rules: Rule[] = [];
    for (const [i, statement] of statements.entries()) {
      if (i === 0) continue;
      if (statement.kind === "package") this.#final("unexpected package", statement.loc);
      if (statement.kind === "import") imports.push(statement.import);
      if (statement.kind === "rules") for (const { rule } of statement.rules) rules.push(rule);
      if (statement.kind === "body") rules.push(...this.#ruleFromBody(statement));
    }
    // An import that stands where the package should does not count.
    if (this.#writtenAs === "v1" || imports.some(isRegoImport)) this.#checkRules(statements, rules);
    this.#checkHeads(rules);
    if (first.kind !== "package") return undefined;
    const { file, text } = this.#source;
    const head = { kind: "module", file, text, regoVersion: this.#version } as const;
    const { loc, path } = first;
    return { ...head, package: { loc, path }, imports, rules, comments: this.#allComments(), annotations: [] };
  }

  #allComments(): readonly Comment[] {
    const inner = [...this.#cursor.innerComments.values()];
    if (inner.length === 0) return this.#comments;
    return [...this.#comments, ...inner].sort((a, b) => a.loc.offset - b.loc.offset);
  }

  #ruleFromBody({ body, loc }: { readonly body: Body; readonly loc: Location }): readonly Rule[] {
    const rule = ruleFromBody(body, (name) => findSignature(name) !== undefined);
    if (typeof rule === "string") {
      this.#final(rule, loc);
      return [];
    }
    return [rule];
  }

  /** OPA breaks on a rule whose head begins with a call, `f(x).y contains 1`, unless something else is wrong. */
  #checkHeads(rules: readonly Rule[]): void {
    if (this.faults.length > 0) return;
    for (const { head, loc } of rules)
      if (head.ref.terms[0]?.kind !== "var") this.#final(`rule head ref ${refText(head.ref)} invalid`, loc);
  }

  #checkRules(statements: readonly Statement[], rules: readonly Rule[]): void {
    const written = new Map<Rule, WrittenRule>();
    for (const each of statements)
      if (each.kind === "rules") for (const rule of each.rules) written.set(rule.rule, rule);
    const plain = { hasIf: false, hasContains: false, else: undefined };
    for (const rule of rules)
      checkWritten(written.get(rule) ?? { rule, ...plain }, (message, loc) => this.#final(message, loc));
  }

  /** Package : "package" Ref — the result begins with `data`. */
  #package(): Statement | undefined {
    const cursor = this.#cursor;
    const { loc } = cursor.advance();
    if (!this.#startsPath()) return cursor.illegal();
    const term = parseTerm(cursor);
    if (term === undefined) return undefined;
    const terms = term.kind === "var" ? [term] : term.kind === "ref" ? term.terms : [];
    const [first, ...rest] = terms;
    if (first === undefined) return cursor.illegal();
    if (first.kind !== "var") return unexpectedTerm(cursor, first, "var");
    const wrong = rest.find((each) => each.kind !== "string");
    if (wrong !== undefined) return unexpectedTerm(cursor, wrong, "string");
    const root: Term = { kind: "var", loc: first.loc, name: "data" };
    const name: Term = { kind: "string", loc: first.loc, value: first.name };
    return { kind: "package", loc, path: { kind: "ref", loc: term.loc, terms: [root, name, ...rest] } };
  }

  /** Import : "import" Ref [ "as" Var ] */
  #import(): Statement | undefined {
    const cursor = this.#cursor;
    const { loc } = cursor.advance();
    if (!this.#startsPath()) return cursor.illegal();
    const term = this.#importPath();
    if (term === undefined) return cursor.report("expected path");
    const terms = term.kind === "var" ? [term] : term.kind === "ref" ? term.terms : [];
    const [root, ...rest] = terms;
    const wrong = rest.find((each) => each.kind !== "string");
    if (wrong !== undefined) return unexpectedTerm(cursor, wrong, "string");
    if (root === undefined) return cursor.report("expected path");
    const path: Ref = { kind: "ref", loc: term.loc, terms };
    const place = term.loc as SourceLocation;
    const name = root.kind === "var" ? root.name.replace(/^\$\d+$/, "_") : root.loc.text;
    if (!["data", "input", "future", "rego"].includes(name)) {
      cursor.hint("if this is unexpected, try updating OPA");
      const roots = "{data, future, input, rego}";
      const got = name.replace(/[^\0-\x7f]$/u, cutCharacter);
      return cursor.report(`unexpected import path, must begin with one of: ${roots}, got: ${got}`, place);
    }
    const alias = this.#alias();
    // What stands behind a path is read with it.
    if (alias === undefined && freeWords.has(cursor.token.text)) cursor.treatAsName();
    if (alias === null) return undefined;
    if (alias === undefined && (name === "data" || name === "input")) this.#checkLastName(rest.at(-1));
    this.#applyKeywords(path, alias, place);
    return { kind: "import", loc, import: { loc, path, alias } };
  }

  /** A path begins with a name, also where that is a keyword. */
  #startsPath(): boolean {
    const cursor = this.#cursor;
    if (cursor.token.kind !== "ident") return false;
    if (!cursor.isReserved()) return true;
    if (!cursor.mode.features.has("keywords_in_refs")) return false;
    cursor.treatAsName();
    return true;
  }

  /** Here the keywords that an import may bring are none. */
  #importPath(): Term | undefined {
    const { mode } = this.#cursor;
    const { keywords } = mode;
    mode.keywords = new Set(alwaysKeywords.filter((word) => !freeWords.has(word)));
    const term = parseTerm(this.#cursor);
    mode.keywords = keywords;
    return term;
  }

  /** The name that the import brings must not be a keyword. */
  #checkLastName(last: Term | undefined): void {
    if (last?.kind !== "string" || !this.#cursor.mode.keywords.has(last.value)) return;
    this.#cursor.hint("import a different path or use an alias");
    const message = `unexpected import path, must not end with a keyword, got: ${last.value}`;
    this.#cursor.report(message, last.loc as SourceLocation);
  }

  /** Null when what stands behind `as` is no name. */
  #alias(): string | undefined | null {
    const cursor = this.#cursor;
    if (cursor.take("as") === undefined) return undefined;
    const isName = cursor.token.kind === "ident" && !cursor.isReserved();
    const alias = isName ? parseTerm(cursor) : undefined;
    // Alone these two are refs, as OPA reads them.
    if (alias?.kind === "var" && alias.name !== "input" && alias.name !== "data") return alias.name;
    cursor.illegal("expected var");
    return null;
  }

  #applyKeywords(path: Ref, alias: string | undefined, place: SourceLocation): undefined {
    const [root, second, third] = path.terms.map((term) =>
      term.kind === "var" ? term.name : term.kind === "string" ? term.value : "",
    );
    const fault = (message: string): undefined => this.#cursor.report(message, place);
    const { features } = this.#cursor.mode;
    if (root === "rego") {
      if (!features.has("rego_v1") && !features.has("rego_v1_import"))
        return fault("invalid import, `rego.v1` is not supported by current capabilities");
      if (second !== "v1" || path.terms.length > 2)
        return fault(`invalid import \`${refText(path)}\`, must be \`rego.v1\``);
      if (this.#writtenAs === "v1") return undefined;
      if (alias !== undefined) return fault("`rego` imports cannot be aliased");
      this.#version = "v1";
      this.#cursor.mode.version = "v1";
      for (const word of futureKeywords) this.#cursor.mode.keywords.add(word);
    }
    if (root !== "future") return undefined;
    if (second !== "keywords") return fault("invalid import, must be `future.keywords`");
    if (alias !== undefined) return fault("`future` imports cannot be aliased");
    // A longer path names them all, as in OPA.
    return this.#importKeyword(path.terms.length > 3 ? undefined : third, fault);
  }

  #importKeyword(word: string | undefined, fault: (message: string) => undefined): undefined {
    const { mode } = this.#cursor;
    if (word === undefined)
      for (const each of futureKeywords.filter((name) => this.#importable.has(name))) mode.keywords.add(each);
    else if (!this.#importable.has(word))
      return fault(`unexpected keyword, must be one of [${[...this.#importable].join(" ")}]`);
    else if (word === "not") mode.notBodies = true;
    else mode.keywords.add(word);
    if (word === "every") mode.keywords.add("in");
    return undefined;
  }
}

/** What OPA's JSON has for a character of which a name holds all bytes but the last. */
function cutCharacter(character: string): string {
  return "\ufffd".repeat(new TextEncoder().encode(character).length - 1);
}

function unexpectedTerm(cursor: Cursor, term: Term, wanted: string): undefined {
  return cursor.report(`unexpected ${term.kind} token: expecting ${wanted}`, term.loc as SourceLocation);
}

/** `rego.v1` is the only one that may be imported. */
function isRegoImport({ path }: Import): boolean {
  const [root] = path.terms;
  return root?.kind === "var" && root.name === "rego";
}
