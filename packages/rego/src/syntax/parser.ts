import { attachAnnotations } from "./annotations.ts";
import type { Body, Import, Module, Ref, RegoVersion, Rule, Term } from "./ast.ts";
import { currentLanguage, type LanguageCapabilities } from "./capabilities.ts";
import { Cursor, type ParserMode, SyntaxFault } from "./cursor.ts";
import { type Diagnostic, RegoError } from "./diagnostic.ts";
import { alwaysKeywords, futureKeywords } from "./keywords.ts";
import { lex } from "./lexer.ts";
import { isHeadWord, parseRules, refText } from "./rules.ts";
import { Source } from "./source.ts";
import { parseBody, parseInfix, parseTerm } from "./terms.ts";

export interface ParseOptions {
  readonly file?: string;
  /** Default v1. `import rego.v1` makes a v0 module v1. */
  readonly regoVersion?: RegoVersion;
  /** Default those of OPA 1.19. Its experiments are the future keywords `and` and `or`. */
  readonly capabilities?: LanguageCapabilities;
}

export interface ParseResult {
  readonly module: Module | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Larger modules are refused before any work: generated bundles stay far below. */
const maxTextLength = 16 * 1024 * 1024;

/** Parses one module. The first fault of syntax ends it; annotations may add several. */
export function parseModule(text: string, options: ParseOptions = {}): ParseResult {
  const { file = "" } = options;
  const source = new Source(file, text);
  try {
    return { module: new ModuleParser(source, options).parse(), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    return { module: undefined, diagnostics: [error.diagnostic] };
  }
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
    const body = parseBody(cursor);
    if (body.length === 0) cursor.fail("empty query");
    return body;
  });
}

/** Parses one term. Throws `RegoError`. */
export function parseTermText(text: string, options: ParseOptions = {}): Term {
  return parseWhole(text, options, (cursor) => parseInfix(cursor, true));
}

function parseWhole<T>(text: string, options: ParseOptions, parse: (cursor: Cursor) => T): T {
  const source = new Source(options.file ?? "", text);
  try {
    const cursor = new Cursor(source, lex(source).tokens, modeOf(options), { wildcards: 0, attempts: 0 });
    const result = parse(cursor);
    if (cursor.token.kind !== "eof") cursor.unexpected();
    return result;
  } catch (error) {
    if (error instanceof SyntaxFault) throw new RegoError([error.diagnostic]);
    throw error;
  }
}

function modeOf({ regoVersion: version = "v1", capabilities = currentLanguage }: ParseOptions): ParserMode {
  const keywords = new Set(version === "v1" ? [...alwaysKeywords, ...futureKeywords] : alwaysKeywords);
  return { version, keywords, notBodies: false, features: new Set(capabilities.features) };
}

/** What imports of future keywords may name. */
function importableKeywords({ features, future_keywords }: LanguageCapabilities): ReadonlySet<string> {
  const own = features?.includes("rego_v1") === true ? futureKeywords : [];
  return new Set([...own, ...(future_keywords ?? [])].sort());
}

function refuseVersion(): never {
  const message = "illegal capabilities: rego_v1 feature required for parsing v1 Rego";
  throw new SyntaxFault({ code: "rego_parse_error", message, loc: undefined });
}

class ModuleParser {
  readonly #source: Source;
  readonly #cursor: Cursor;
  readonly #comments: Module["comments"];
  readonly #importable: ReadonlySet<string>;
  #version: RegoVersion;

  constructor(source: Source, options: ParseOptions) {
    this.#source = source;
    this.#version = options.regoVersion ?? "v1";
    this.#importable = importableKeywords(options.capabilities ?? currentLanguage);
    const tooLong = source.text.length > maxTextLength;
    const { tokens, comments } = lex(source, 0, tooLong ? 0 : source.text.length);
    this.#comments = comments;
    this.#cursor = new Cursor(source, tokens, modeOf(options), { wildcards: 0, attempts: 0 });
    if (tooLong) this.#cursor.fail(`module is larger than ${maxTextLength} characters`);
  }

  /** Module : Package { Import } { Rule } — imports may stand anywhere. */
  parse(): Module {
    const cursor = this.#cursor;
    if (this.#version === "v1" && !cursor.mode.features.has("rego_v1")) refuseVersion();
    if (cursor.token.kind === "eof") cursor.fail("empty module");
    const start = cursor.token;
    const packageLine = this.#package();
    const imports: Import[] = [];
    const rules: Rule[] = [];
    while (cursor.token.kind !== "eof") {
      if (cursor.isKeyword("import") && !isHeadWord(cursor)) imports.push(this.#import());
      else rules.push(...this.#rules());
    }
    return attachAnnotations(
      {
        kind: "module",
        file: this.#source.file,
        text: this.#source.text,
        regoVersion: this.#version,
        package: { loc: start.loc, path: packageLine },
        imports,
        rules,
        comments: this.#comments,
        annotations: [],
      },
      (loc, message) => {
        throw new SyntaxFault({ code: "rego_parse_error", message, loc });
      },
    );
  }

  /** Rules need no line of their own. */
  #rules(): readonly Rule[] {
    const rules = parseRules(this.#cursor);
    this.#cursor.take(";");
    return rules;
  }

  /** Package : "package" Ref — the result begins with `data`. */
  #package(): Ref {
    const cursor = this.#cursor;
    if (!cursor.isKeyword("package")) cursor.fail("package expected");
    cursor.advance();
    if (cursor.token.kind !== "ident") cursor.unexpected("expected package path");
    const term = parseTerm(cursor);
    const path = term.kind === "var" ? [term] : term.kind === "ref" ? term.terms : undefined;
    const first = path?.[0];
    if (path === undefined || first?.kind !== "var") return cursor.fail("unexpected package path");
    const rest = path.slice(1);
    if (rest.some((each) => each.kind !== "string"))
      return cursor.fail("package name must be a string-keyed reference");
    const root: Term = { kind: "var", loc: first.loc, name: "data" };
    const head: Term = { kind: "string", loc: first.loc, value: first.name };
    return { kind: "ref", loc: term.loc, terms: [root, head, ...rest] };
  }

  /** Import : "import" Ref [ "as" Var ] */
  #import(): Import {
    const cursor = this.#cursor;
    const start = cursor.advance();
    const term = this.#importPath();
    const terms = term.kind === "var" ? [term] : term.kind === "ref" ? term.terms : [];
    const root = terms[0];
    if (root?.kind !== "var") return cursor.fail("unexpected import path, must be a reference");
    if (!["data", "input", "future", "rego"].includes(root.name)) {
      return cursor.fail(
        `unexpected import path, must begin with one of: {data, future, input, rego}, got: ${root.name}`,
      );
    }
    const path: Ref = { kind: "ref", loc: term.loc, terms };
    const alias = cursor.take("as") === undefined ? undefined : cursor.advance().text;
    this.#applyKeywords(path, alias);
    return { loc: cursor.span(start), path, alias };
  }

  /** Here keywords are names, whatever else may be written with them. */
  #importPath(): Term {
    const { mode } = this.#cursor;
    const { keywords } = mode;
    mode.keywords = new Set();
    const term = parseTerm(this.#cursor);
    mode.keywords = keywords;
    return term;
  }

  #applyKeywords(path: Ref, alias: string | undefined): void {
    const { keywords, features } = this.#cursor.mode;
    const [root, second, third] = refText(path).split(".");
    if (root === "rego" && second === "v1") {
      if (!features.has("rego_v1") && !features.has("rego_v1_import"))
        this.#cursor.fail("invalid import, `rego.v1` is not supported by current capabilities", path);
      this.#version = "v1";
      this.#cursor.mode.version = "v1";
      for (const word of futureKeywords) keywords.add(word);
    }
    if (root !== "future" || second !== "keywords" || path.terms.length > 3) return;
    if (alias !== undefined) this.#cursor.fail("`future` imports cannot be aliased");
    if (third === undefined)
      for (const word of futureKeywords.filter((each) => this.#importable.has(each))) keywords.add(word);
    else if (!this.#importable.has(third))
      this.#cursor.fail(`unexpected keyword, must be one of [${[...this.#importable].join(" ")}]`);
    else if (third === "not") this.#cursor.mode.notBodies = true;
    else keywords.add(third);
    if (third === "every") keywords.add("in");
  }
}
