import type { BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import { goUnquote, goUnquoteRune } from "./go-unquote.ts";
import { type Token, templateFault, templateTokens } from "./template-lexer.ts";
import { readNumber } from "./template-number.ts";
import {
  type Command,
  type Operand,
  type Pipe,
  rootName,
  type TemplateList,
  type TemplateNode,
  type Templates,
} from "./template-tree.ts";

const functions = [
  ...["and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne"],
  ...["not", "or", "print", "printf", "println", "slice", "urlquery"],
];

/** Words that are never functions. */
const keywords = ["block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"];

/** Parses a template of Go's text/template. Throws `BuiltinError` in its words. */
export function parseTemplate(source: string): Templates {
  const parser = new TemplateParser(source);
  return parser.parse();
}

/** How a list of nodes ended. */
type ListEnd = "end" | "else" | "EOF";

interface NodeList {
  readonly nodes: TemplateList;
  readonly end: ListEnd;
}

class TemplateParser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #templates = new Map<string, TemplateList>();
  #at = 0;
  #variables: string[] = ["$"];
  #ranges = 0;
  /** Where the action began that is read. */
  #actionAt: number | undefined;
  #isWithin = false;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = templateTokens(source);
  }

  parse(): Templates {
    const { nodes, end } = this.#list();
    if (end !== "EOF") throw this.#fault(`unexpected {{${end}}}`);
    this.#templates.set(rootName, nodes);
    return this.#templates;
  }

  #fault(message: string, token: Token = this.#peek()): BuiltinError {
    return templateFault(this.#source, token.at, message);
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #skipSpace(): void {
    while (this.#peek().kind === "space") this.#at++;
  }

  #unexpected(context: string): BuiltinError {
    const token = this.#peek();
    if (token.kind === "error") return this.#fault(token.text + this.#actionStart(token));
    return this.#fault(`unexpected ${tokenText(token)} in ${context}`);
  }

  /** What Go adds of an action that began on another line. */
  #actionStart({ text, at }: Token): string {
    const started = this.#actionAt === undefined ? 0 : this.#lineOf(this.#actionAt);
    if (started === 0 || started === this.#lineOf(at)) return "";
    return `${text.endsWith(" action") ? "" : " in action"} started at ${rootName}:${started}`;
  }

  #lineOf(at: number): number {
    return this.#source.slice(0, at).split("\n").length;
  }

  /** What stands within an action: no template is defined there. */
  #inner(): NodeList {
    const outer = this.#isWithin;
    this.#isWithin = true;
    const list = this.#list();
    this.#isWithin = outer;
    return list;
  }

  /** Up to `{{end}}`, `{{else…` or the end of the text. */
  #list(): NodeList {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const token = this.#next();
      if (token.kind === "end") return { nodes, end: "EOF" };
      if (token.kind === "error") {
        this.#at--;
        throw this.#unexpected("input");
      }
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      this.#actionAt = token.at;
      this.#skipSpace();
      const word = this.#peek();
      if (word.kind === "word" && word.text === "end") {
        this.#at++;
        this.#close("end");
        this.#actionAt = undefined;
        return { nodes, end: "end" };
      }
      if (word.kind === "word" && word.text === "else") {
        this.#at++;
        this.#elseEnd();
        return { nodes, end: "else" };
      }
      const node = this.#action(word);
      this.#actionAt = undefined;
      if (node !== undefined) nodes.push(node);
    }
  }

  /** What else it has is left where it shares its `{{end}}`. */
  #elseEnd(): void {
    this.#skipSpace();
    const { kind, text } = this.#peek();
    if (kind === "word" && (text === "if" || text === "with")) return;
    this.#close("else");
    this.#actionAt = undefined;
  }

  #close(context: string): void {
    this.#skipSpace();
    if (this.#next().kind === "close") return;
    this.#at--;
    throw this.#unexpected(context);
  }

  #action(word: Token): TemplateNode | undefined {
    const keyword = word.kind === "word" ? word.text : "";
    switch (keyword) {
      case "if":
      case "with":
      case "range":
        this.#at++;
        return this.#control(keyword);
      case "template":
        this.#at++;
        return this.#template();
      case "block":
        this.#at++;
        return this.#block();
      case "define":
        if (this.#isWithin) throw this.#unexpected("command");
        this.#at++;
        this.#actionAt = undefined;
        this.#define();
        return undefined;
      case "break":
      case "continue":
        this.#at++;
        this.#close(`{{${keyword}}}`);
        if (this.#ranges === 0) throw this.#fault(`{{${keyword}}} outside {{range}}`, word);
        return { kind: keyword };
      default:
        return { kind: "action", pipe: this.#pipe("command", "close") };
    }
  }

  #control(kind: "if" | "with" | "range"): TemplateNode {
    const scope = this.#variables.length;
    const pipe = this.#pipe(kind, "close");
    if (kind === "range") this.#ranges++;
    const { nodes: body, end } = this.#inner();
    if (kind === "range") this.#ranges--;
    if (end === "EOF") throw this.#fault("unexpected EOF");
    const otherwise = end === "else" ? this.#otherwise(kind) : [];
    this.#variables.length = scope;
    return { kind, pipe, body, otherwise };
  }

  /** `{{else}}`, or `{{else if}}` and `{{else with}}`, which share their `{{end}}`. */
  #otherwise(kind: "if" | "with" | "range"): TemplateList {
    const word = this.#peek();
    if (word.kind === "word" && word.text === kind && kind !== "range") {
      this.#at++;
      return [this.#control(kind)];
    }
    if (word.kind === "word") throw this.#unexpected("input");
    const { nodes, end } = this.#inner();
    if (end === "EOF") throw this.#fault("unexpected EOF");
    if (end === "else") throw this.#fault("expected end; found {{else}}");
    return nodes;
  }

  #name(context: string): { readonly at: number; readonly name: string } {
    this.#skipSpace();
    const token = this.#peek();
    if (token.kind !== "string") throw this.#unexpected(context);
    this.#at++;
    return { at: token.at, name: this.#stringValue(token) };
  }

  #template(): TemplateNode {
    const { at, name } = this.#name("template clause");
    this.#skipSpace();
    const isBare = this.#peek().kind === "close";
    const pipe = isBare ? undefined : this.#pipe("template clause", "close");
    if (isBare) this.#at++;
    return templateNode(name, at, pipe);
  }

  #define(): void {
    const { name } = this.#name("define clause");
    this.#close("define clause");
    const variables = this.#variables;
    this.#variables = ["$"];
    const { nodes, end } = this.#inner();
    this.#variables = variables;
    if (end !== "end") throw this.#fault(end === "EOF" ? "unexpected EOF" : "unexpected {{else}} in define clause");
    this.#templates.set(name, nodes);
  }

  #block(): TemplateNode {
    const { at, name } = this.#name("block clause");
    const pipe = this.#pipe("block clause", "close");
    const variables = this.#variables;
    this.#variables = ["$"];
    const { nodes, end } = this.#inner();
    this.#variables = variables;
    if (end !== "end") throw this.#fault(end === "EOF" ? "unexpected EOF" : "unexpected {{else}} in block clause");
    this.#templates.set(name, nodes);
    return templateNode(name, at, pipe);
  }

  /** Up to its end, which is read too. */
  #pipe(context: string, end: "close" | ")"): Pipe {
    this.#skipSpace();
    const { at } = this.#peek();
    const { names, isAssignment } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      this.#skipSpace();
      const { kind, text } = this.#peek();
      if (kind === "close" || text === ")") break;
      if (!startsOperand(this.#peek())) throw this.#unexpected(context);
      commands.push(this.#command());
    }
    if (this.#peek()[end === "close" ? "kind" : "text"] !== end) throw this.#unexpected(context);
    this.#at++;
    this.#checkStages(commands, context);
    const declared = names.length === 0 ? "" : `${names.join(", ")} ${isAssignment ? "=" : ":="} `;
    const text = declared + commands.map((command) => command.text).join(" | ");
    return { names, isAssignment, commands, at, text };
  }

  #checkStages(commands: readonly Command[], context: string): void {
    if (commands.length === 0) throw this.#fault(`missing value for ${context}`);
    for (const [i, { args }] of commands.entries())
      if (i > 0 && ["boolean", "dot", "nil", "number", "string"].includes(args[0]?.kind ?? ""))
        throw this.#fault(`non executable command in pipeline stage ${i + 1}`);
  }

  /** `$x :=`, `$x =`, or `$i, $x :=` of a range. */
  #declarations(context: string): { readonly names: readonly string[]; readonly isAssignment: boolean } {
    const names: string[] = [];
    for (;;) {
      const start = this.#at;
      this.#skipSpace();
      const name = this.#peek();
      if (name.kind !== "variable") return { names, isAssignment: false };
      this.#at++;
      this.#skipSpace();
      const { text } = this.#peek();
      if (text !== ":=" && text !== "=" && text !== ",") {
        this.#at = start;
        return { names, isAssignment: false };
      }
      this.#at++;
      names.push(name.text);
      this.#variables.push(name.text);
      if (text !== ",") return { names, isAssignment: text === "=" };
      if (context !== "range" || names.length > 1) throw this.#fault(`too many declarations in ${context}`);
      this.#skipSpace();
      const { kind } = this.#peek();
      if (kind !== "variable" && kind !== "close") throw this.#fault("range can only initialize variables");
    }
  }

  /** With the bar behind it. */
  #command(): Command {
    const args: Operand[] = [];
    const { at } = this.#peek();
    for (;;) {
      this.#skipSpace();
      const operand = this.#operand();
      if (operand !== undefined) args.push(operand);
      const { kind, text } = this.#peek();
      if (kind === "space") continue;
      if (kind === "close" || text === ")") break;
      if (text !== "|") throw this.#unexpected("operand");
      this.#at++;
      break;
    }
    return { args, at, text: args.map(argumentText).join(" ") };
  }

  #operand(): Operand | undefined {
    const token = this.#peek();
    const operand = this.#term(token);
    if (operand === undefined) return undefined;
    const fields: string[] = [];
    const { at } = this.#peek();
    while (this.#peek().kind === "field") fields.push(this.#next().text.slice(1));
    if (fields.length === 0) return operand;
    const text = argumentText(operand) + fields.map((each) => `.${each}`).join("");
    if (operand.kind === "field" || operand.kind === "variable" || operand.kind === "pipe")
      return { ...operand, fields: [...operand.fields, ...fields], at, text };
    throw this.#fault(`unexpected . after term ${goQuote(operand.text)}`);
  }

  #term(token: Token): Operand | undefined {
    const { kind, text, at } = token;
    const place = { at, text };
    if (
      kind === "word" ||
      kind === "field" ||
      kind === "variable" ||
      kind === "string" ||
      kind === "number" ||
      kind === "char"
    )
      this.#at++;
    switch (kind) {
      case "field":
        return { ...place, kind: "field", fields: [text.slice(1)] };
      case "variable":
        if (!this.#variables.includes(text)) throw this.#fault(`undefined variable ${goQuote(text)}`, token);
        return { ...place, kind: "variable", name: text, fields: [] };
      case "string":
        return { ...place, kind: "string", value: this.#stringValue(token) };
      case "char":
        return { ...place, kind: "number", value: this.#charValue(token) };
      case "number":
        return { ...place, kind: "number", value: this.#numberValue(token) };
      case "word":
        return this.#word(token);
      default:
        if (text === ".") this.#at++;
        if (text === ".") return { ...place, kind: "dot" };
        return text === "(" ? this.#parenthesis() : undefined;
    }
  }

  #word(token: Token): Operand | undefined {
    const { text, at } = token;
    if (text === "nil") return { at, text, kind: "nil" };
    if (keywords.includes(text)) {
      this.#at--;
      return undefined;
    }
    if (text === "true" || text === "false") return { at, text, kind: "boolean", value: text === "true" };
    if (!functions.includes(text)) throw this.#fault(`function ${goQuote(text)} not defined`, token);
    return { at, text, kind: "function", name: text };
  }

  #parenthesis(): Operand {
    this.#at++;
    const pipe = this.#pipe("parenthesized pipeline", ")");
    return { at: pipe.at, text: pipe.text, kind: "pipe", pipe, fields: [] };
  }

  #stringValue(token: Token): string {
    if (token.text.startsWith("`")) return token.text.slice(1, -1);
    const value = goUnquote(token.text.slice(1, -1), '"');
    if (value === undefined) throw this.#fault("invalid syntax", token);
    return value;
  }

  #charValue(token: Token): bigint {
    const rune = goUnquoteRune(token.text.slice(1, -1));
    if (rune === undefined) throw this.#fault("invalid syntax", token);
    if (rune.length < token.text.length - 2) throw this.#fault(`malformed character constant: ${token.text}`, token);
    return BigInt(rune.code);
  }

  /** Undefined for what no int holds: which is a fault when it is asked for. */
  #numberValue(token: Token): bigint | number | undefined {
    const read = readNumber(token.text);
    if ("fault" in read) throw this.#fault(`${read.fault}: ${goQuote(token.text)}`, token);
    return "value" in read ? read.value : undefined;
  }
}

/** As Go shows it in faults. */
function tokenText({ kind, text }: Token): string {
  if (kind === "end") return "EOF";
  if (text === "." || (kind === "word" && keywords.includes(text))) return `<${text}>`;
  return text.length > 10 ? `${goQuote([...text].slice(0, 10).join(""))}...` : goQuote(text);
}

function startsOperand({ kind, text }: Token): boolean {
  if (kind === "word") return text === "nil" || !keywords.includes(text);
  return ["field", "variable", "number", "string", "char"].includes(kind) || text === "." || text === "(";
}

/** A pipe alone has its parentheses where it is an argument. */
function argumentText(operand: Operand): string {
  return operand.kind === "pipe" && operand.fields.length === 0 ? `(${operand.text})` : operand.text;
}

function templateNode(name: string, at: number, pipe: Pipe | undefined): TemplateNode {
  const text = `{{template ${goQuote(name)}${pipe === undefined ? "" : ` ${pipe.text}`}}}`;
  return { kind: "template", name, pipe, at, text };
}
