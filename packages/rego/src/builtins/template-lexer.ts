import { BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import { writtenNumber } from "./template-number.ts";
import { rootName } from "./template-tree.ts";
import { trimEnd } from "./trim-end.ts";

export interface Token {
  readonly kind:
    | "text"
    | "open"
    | "close"
    | "field"
    | "variable"
    | "word"
    | "number"
    | "string"
    | "char"
    | "mark"
    | "space"
    | "error"
    | "end";
  readonly text: string;
  readonly at: number;
}

/** A fault of the text, as Go words it: `template: template:1: …`. */
export function templateFault(source: string, at: number, message: string): BuiltinError {
  const line = source.slice(0, at).split("\n").length;
  return new BuiltinError(`template: ${rootName}:${line}: ${message}`);
}

/** Longest first. */
const patterns: readonly (readonly [Token["kind"], RegExp])[] = [
  ["space", /[ \t\r\n]+/y],
  ["number", writtenNumber],
  ["field", /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["variable", /\$[\p{L}\p{Nd}_]*/uy],
  ["word", /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["string", /"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`/y],
  ["char", /'(?:[^'\\\n]|\\[^\n])*'/y],
  ["mark", /:=|[=|(),.!#%&*/;<>?@[\\\]^{}~]/y],
];

/**
 * Splits a template into texts and the tokens of its actions; comments and trimmed blanks are gone. What cannot be split ends them with an
 * `error`, whose text is the fault: what stands before it may have one of its own, which is told first.
 */
export function templateTokens(source: string): readonly Token[] {
  const tokens: Token[] = [];
  try {
    splitTemplate(source, tokens);
  } catch (error) {
    if (!(error instanceof LexicalFault)) throw error;
    tokens.push({ kind: "error", text: error.message, at: error.at });
  }
  return tokens;
}

class LexicalFault extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

function splitTemplate(source: string, tokens: Token[]): void {
  for (let at = 0, trims = false; at <= source.length; ) {
    const open = source.indexOf("{{", at);
    const isTrimming = open >= 0 && /^\{\{-[ \t\r\n]/.test(source.slice(open, open + 4));
    let text = source.slice(at, open < 0 ? source.length : open);
    if (trims) text = text.replace(/^[ \t\r\n]+/, "");
    if (isTrimming) text = trimEnd(text, /[ \t\r\n]/);
    if (text !== "") tokens.push({ kind: "text", text, at });
    if (open < 0) break;
    const start = open + (isTrimming ? 3 : 2);
    const inside = isTrimming ? start + 1 : start;
    const isComment = source.startsWith("/*", inside);
    const action = isComment ? commentEnd(source, inside) : actionTokens(source, open, start, tokens);
    ({ at, trims } = action);
  }
  tokens.push({ kind: "end", text: "", at: source.length });
}

interface ActionEnd {
  readonly at: number;
  readonly trims: boolean;
}

function commentEnd(source: string, start: number): ActionEnd {
  const end = source.indexOf("*/", start + 2);
  if (end < 0) throw new LexicalFault(start, "unclosed comment");
  const close = /^(?:[ \t\r\n]-)?\}\}/.exec(source.slice(end + 2))?.[0];
  if (close === undefined) throw new LexicalFault(end, "comment ends before closing delimiter");
  return { at: end + 2 + close.length, trims: close.length > 2 };
}

function actionTokens(source: string, open: number, start: number, tokens: Token[]): ActionEnd {
  tokens.push({ kind: "open", text: "{{", at: open });
  for (let at = start, depth = 0; ; ) {
    const close = /^(?:[ \t\r\n]+-)?\}\}/.exec(source.slice(at))?.[0];
    if (close !== undefined) {
      if (depth > 0) throw new LexicalFault(at, "unclosed left paren");
      tokens.push({ kind: "close", text: close, at });
      return { at: at + close.length, trims: close.length > 2 };
    }
    const token = tokenAt(source, at);
    if (token.text === "(") depth++;
    if (token.text === ")" && --depth < 0) throw new LexicalFault(at, "unexpected right paren");
    at += token.text.length;
    checkTerminator(source, token, at);
    tokens.push(token);
  }
}

function tokenAt(source: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) return { kind, text, at };
  }
  const char = source.charAt(at);
  if (char === "") throw new LexicalFault(at, "unclosed action");
  if (char === '"') throw new LexicalFault(at, "unterminated quoted string");
  if (char === "`") throw new LexicalFault(at, "unterminated raw quoted string");
  if (char === "'") throw new LexicalFault(at, "unterminated character constant");
  if (char === ":") throw new LexicalFault(at, "expected :=");
  throw new LexicalFault(at, `unrecognized character in action: ${unicodeName(char)}`);
}

/** Names must end where something else may begin, and numbers where no letter stands. */
function checkTerminator(source: string, { kind, text, at: start }: Token, at: number): void {
  if (kind === "number") checkNumberEnd(source, start, start + text.length);
  if (kind !== "field" && kind !== "variable" && kind !== "word" && text !== ".") return;
  const next = source.charAt(at);
  if (next === "" || /[ \t\r\n.,|:()]/.test(next) || source.startsWith("}}", at)) return;
  throw new LexicalFault(at, `bad character ${unicodeName(next)}`);
}

function unicodeName(char: string): string {
  return `U+${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")} '${char}'`;
}

/** Two numbers without a space between them are a complex number to Go, and so is one with an `i` behind it; we have none. */
function checkNumberEnd(source: string, start: number, end: number): void {
  let text = source.slice(start, end) + letterAt(source, end);
  if (text.length === end - start && /[-+]/.test(source.charAt(end))) {
    writtenNumber.lastIndex = end;
    text += writtenNumber.exec(source)?.[0] ?? "";
    text += letterAt(source, start + text.length);
  }
  if (text.length > end - start) throw new LexicalFault(start, `bad number syntax: ${goQuote(text)}`);
}

/** With the `i` before it. */
function letterAt(source: string, at: number): string {
  return /^(?:i?[\p{L}\p{Nd}_]|i)/u.exec(source.slice(at, at + 3))?.[0] ?? "";
}
