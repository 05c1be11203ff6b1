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

/** Parses a template of Go's text/template. Throws `BuiltinError` in its words. */
export function parseTemplate(source: string): Templates {
  const parser = new TemplateParser(source);
  return parser.parse();
}

/** How a list of nodes ended. */
type ListEnd = "end" | "else" | "EOF";

class TemplateParser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #templates = new Map<string, TemplateList>();
  #at = 0;
  #variables: string[] = ["$"];
  #ranges = 0;

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
    const text = token.text.length > 10 ? `${goQuote(token.text.slice(0, 10))}...` : goQuote(token.text);
    return this.#fault(token.kind === "end" ? "unexpected EOF" : `unexpected ${text} in ${context}`);
  }

  /** Up to `{{end}}`, `{{else…` or the end of the text. */
  #list(): { readonly nodes: TemplateList; readonly end: ListEnd } {
    const nodes: TemplateNode[] = [];
    for (;;) {
      const token = this.#next();
      if (token.kind === "end") return { nodes, end: "EOF" };
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      this.#skipSpace();
      const word = this.#peek();
      if (word.kind === "word" && word.text === "end") {
        this.#at++;
        this.#close("end");
        return { nodes, end: "end" };
      }
      if (word.kind === "word" && word.text === "else") {
        this.#at++;
        return { nodes, end: "else" };
      }
      const node = this.#action(word);
      if (node !== undefined) nodes.push(node);
    }
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
        this.#at++;
        this.#define();
        return undefined;
      case "break":
      case "continue":
        this.#at++;
        this.#close(keyword);
        if (this.#ranges === 0) throw this.#fault(`{{${keyword}}} outside {{range}}`, word);
        return { kind: keyword };
      default:
        return { kind: "action", pipe: this.#pipeUntilClose("command") };
    }
  }

  #control(kind: "if" | "with" | "range"): TemplateNode {
    const scope = this.#variables.length;
    const pipe = this.#pipeUntilClose(kind);
    if (kind === "range") this.#ranges++;
    const { nodes: body, end } = this.#list();
    if (kind === "range") this.#ranges--;
    if (end === "EOF") throw this.#fault("unexpected EOF");
    const otherwise = end === "else" ? this.#otherwise(kind) : [];
    this.#variables.length = scope;
    return { kind, pipe, body, otherwise };
  }

  /** `{{else}}`, or `{{else if}}` and `{{else with}}`, which share their `{{end}}`. */
  #otherwise(kind: "if" | "with" | "range"): TemplateList {
    this.#skipSpace();
    const word = this.#peek();
    if (word.kind === "word" && word.text === kind && kind !== "range") {
      this.#at++;
      return [this.#control(kind)];
    }
    this.#close("else");
    const { nodes, end } = this.#list();
    if (end === "EOF") throw this.#fault("unexpected EOF");
    if (end === "else") throw this.#fault("expected end; found {{else}}");
    return nodes;
  }

  #name(context: string): string {
    this.#skipSpace();
    const token = this.#peek();
    if (token.kind !== "string") throw this.#unexpected(context);
    this.#at++;
    return this.#stringValue(token);
  }

  #template(): TemplateNode {
    const at = this.#peek().at;
    const start = this.#at;
    const name = this.#name("template clause");
    this.#skipSpace();
    const isBare = this.#peek().kind === "close";
    const pipe = isBare ? undefined : this.#pipeUntilClose("template clause");
    if (isBare) this.#at++;
    const first = this.#tokens.slice(start).find(({ kind }) => kind === "string") as Token;
    return { kind: "template", name, pipe, at: first.at ?? at, text: `{{template ${goQuote(name)}}}` };
  }

  #define(): void {
    const name = this.#name("define clause");
    this.#close("define clause");
    const variables = this.#variables;
    this.#variables = ["$"];
    const { nodes, end } = this.#list();
    this.#variables = variables;
    if (end !== "end") throw this.#fault(end === "EOF" ? "unexpected EOF" : "unexpected {{else}} in define clause");
    this.#templates.set(name, nodes);
  }

  #block(): TemplateNode {
    const at = this.#peek().at;
    const name = this.#name("block clause");
    const pipe = this.#pipeUntilClose("block clause");
    const variables = this.#variables;
    this.#variables = ["$"];
    const { nodes, end } = this.#list();
    this.#variables = variables;
    if (end !== "end") throw this.#fault(end === "EOF" ? "unexpected EOF" : "unexpected {{else}} in block clause");
    this.#templates.set(name, nodes);
    return { kind: "template", name, pipe, at, text: `{{template ${goQuote(name)}}}` };
  }

  #pipeUntilClose(context: string): Pipe {
    const pipe = this.#pipe(context, context === "range");
    this.#close(context);
    return pipe;
  }

  #pipe(context: string, isRange: boolean): Pipe {
    const { names, isAssignment } = this.#declarations(isRange);
    const commands: Command[] = [];
    for (;;) {
      const command = this.#command();
      if (command.args.length === 0) {
        if (commands.length > 0) throw this.#fault("missing value for pipeline");
        if (!this.#isPipeEnd()) throw this.#unexpected(context);
        throw this.#fault(`missing value for ${context}`);
      }
      commands.push(command);
      this.#skipSpace();
      if (this.#peek().text !== "|") break;
      this.#at++;
    }
    for (const [i, { args }] of commands.entries())
      if (i > 0 && ["boolean", "dot", "nil", "number", "string"].includes(args[0]?.kind ?? ""))
        throw this.#fault(`non executable command in pipeline stage ${i + 1}`);
    return { names, isAssignment, commands };
  }

  #isPipeEnd(): boolean {
    const { kind, text } = this.#peek();
    return kind === "close" || text === ")";
  }

  /** `$x :=`, `$x =`, or `$i, $x :=` of a range. */
  #declarations(isRange: boolean): { readonly names: readonly string[]; readonly isAssignment: boolean } {
    const start = this.#at;
    const names: string[] = [];
    for (;;) {
      this.#skipSpace();
      const name = this.#peek();
      if (name.kind !== "variable") break;
      this.#at++;
      names.push(name.text);
      this.#skipSpace();
      const { text } = this.#next();
      if (text === ":=" || text === "=") {
        if (text === ":=") this.#variables.push(...names);
        return { names, isAssignment: text === "=" };
      }
      if (text !== "," || !isRange || names.length > 1) break;
    }
    this.#at = start;
    return { names: [], isAssignment: false };
  }

  #command(): Command {
    const args: Operand[] = [];
    this.#skipSpace();
    const { at } = this.#peek();
    for (let operand = this.#operand(); operand !== undefined; operand = this.#operand()) {
      args.push(operand);
      if (this.#peek().kind !== "space") break;
      this.#skipSpace();
    }
    if (args.length > 0 && !this.#isPipeEnd() && this.#peek().text !== "|") throw this.#unexpected("operand");
    return { args, at, text: args.map(({ text }) => text).join(" ") };
  }

  #operand(): Operand | undefined {
    const token = this.#peek();
    const operand = this.#term(token);
    if (operand === undefined) return undefined;
    const fields: string[] = [];
    const { at } = this.#peek();
    while (this.#peek().kind === "field") fields.push(this.#next().text.slice(1));
    if (fields.length === 0) return operand;
    const text = operand.text + fields.map((each) => `.${each}`).join("");
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
        return text === "(" ? this.#parenthesis(token) : undefined;
    }
  }

  #word(token: Token): Operand {
    const { text, at } = token;
    if (text === "true" || text === "false") return { at, text, kind: "boolean", value: text === "true" };
    if (text === "nil") return { at, text, kind: "nil" };
    if (!functions.includes(text)) throw this.#fault(`function ${goQuote(text)} not defined`, token);
    return { at, text, kind: "function", name: text };
  }

  #parenthesis({ at }: Token): Operand {
    this.#at++;
    const pipe = this.#pipe("parenthesized pipeline", false);
    this.#skipSpace();
    if (this.#peek().text !== ")") throw this.#unexpected("parenthesized pipeline");
    const end = this.#next();
    return { at, text: this.#source.slice(at, end.at + 1), kind: "pipe", pipe, fields: [] };
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
