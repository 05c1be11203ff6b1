import { ExternalSecretError } from "./external-secret.ts";

/** A part of a template, or of an expression in it. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "set"; readonly name: string; readonly value: Node }
  | {
      readonly kind: "if";
      readonly condition: Node;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
      /** The condition is what `.` is within. */
      readonly isWith: boolean;
    }
  | {
      readonly kind: "range";
      readonly over: Node;
      readonly names: readonly string[];
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: "literal"; readonly value: string | number | boolean | undefined }
  | { readonly kind: "dot" }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "field"; readonly of: Node; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] };

/** No template of a Secret is as deep; without an end one could use up the stack. */
const maxDepth = 100;

type Part = { readonly text: string } | { readonly action: string };

/** https://pkg.go.dev/text/template. Throws `ExternalSecretError`. */
export function parseTemplate(template: string): readonly Node[] {
  const parts = partsOf(template);
  const { nodes, end } = parseUntil(parts, 0, 0);
  if (end < parts.length) throw fault(`{{ ${actionOf(parts[end])} }} has no beginning`);
  return nodes;
}

/** Text and actions by turns; a dash beside a brace takes the space beyond it away. */
function partsOf(template: string): readonly Part[] {
  const parts: Part[] = [];
  let rest = template;
  for (let trims = false; ; ) {
    const at = rest.indexOf("{{");
    const text = at < 0 ? rest : rest.slice(0, at);
    const left = trims ? text.trimStart() : text;
    if (at < 0) return [...parts, { text: left }];
    const [whole, action] = /^\{\{((?:"(?:\\.|[^"\\])*"|`[^`]*`|\/\*.*?\*\/|[^"`])*?)\}\}/s.exec(rest.slice(at)) ?? [];
    if (whole === undefined || action === undefined) throw fault("{{ without }}");
    const opening = /^-\s/.test(action);
    parts.push({ text: opening ? left.trimEnd() : left });
    trims = /\s-$/.test(action);
    const inner = action.slice(opening ? 1 : 0, trims ? -1 : undefined).trim();
    if (!/^\/\*.*\*\/$/s.test(inner)) parts.push({ action: inner });
    rest = rest.slice(at + whole.length);
  }
}

function actionOf(part: Part | undefined): string {
  return part !== undefined && "action" in part ? part.action : "";
}

/** Up to an `else` or an `end` that belongs to somebody above. */
function parseUntil(
  parts: readonly Part[],
  from: number,
  depth: number,
): { readonly nodes: Node[]; readonly end: number } {
  if (depth > maxDepth) throw fault(`more than ${maxDepth} blocks within each other`);
  const nodes: Node[] = [];
  let at = from;
  for (; at < parts.length; at++) {
    const part = parts[at] as Part;
    if ("text" in part) {
      if (part.text !== "") nodes.push({ kind: "text", text: part.text });
      continue;
    }
    const [word = ""] = part.action.split(/\s/);
    if (word === "end" || word === "else") break;
    if (word === "if" || word === "with" || word === "range") {
      const { node, end } = parseBlock(parts, at, part.action, depth);
      nodes.push(node);
      at = end;
      continue;
    }
    nodes.push(parseAction(part.action));
  }
  return { nodes, end: at };
}

function parseBlock(
  parts: readonly Part[],
  at: number,
  action: string,
  depth: number,
): { readonly node: Node; readonly end: number } {
  const [word = ""] = action.split(/\s/);
  const { nodes: body, end: bodyEnd } = parseUntil(parts, at + 1, depth + 1);
  let [otherwise, end]: [readonly Node[], number] = [[], bodyEnd];
  const closing = actionOf(parts[bodyEnd]);
  if (/^else\s+(if|with)\s/.test(closing)) {
    const chained = parseBlock(parts, bodyEnd, closing.replace(/^else\s+/, ""), depth + 1);
    [otherwise, end] = [[chained.node], chained.end];
  } else if (closing === "else") {
    const rest = parseUntil(parts, bodyEnd + 1, depth + 1);
    [otherwise, end] = [rest.nodes, rest.end];
  }
  if (actionOf(parts[end]) !== "end") throw fault(`{{ ${word} }} has no {{ end }}`);
  const head = action.slice(word.length).trim();
  if (word !== "range")
    return { node: { kind: "if", condition: parsePipeline(head), body, otherwise, isWith: word === "with" }, end };
  const [whole = "", first, second] = /^\$(\w+)(?:\s*,\s*\$(\w+))?\s*:=/.exec(head) ?? [];
  const names = [first, second].filter((each) => each !== undefined);
  return { node: { kind: "range", over: parsePipeline(head.slice(whole.length)), names, body, otherwise }, end };
}

function parseAction(action: string): Node {
  const [whole, name] = /^\$(\w+)\s*:?=(?!=)/.exec(action) ?? [];
  if (whole === undefined || name === undefined) return parsePipeline(action);
  return { kind: "set", name, value: parsePipeline(action.slice(whole.length)) };
}

function parsePipeline(text: string): Node {
  const tokens = tokensOf(text);
  const node = pipeline(tokens, 0);
  if (tokens.length > 0) throw fault(`${text}: ${tokens[0]} is one too many`);
  return node;
}

const token = /\s*("(?:\\.|[^"\\])*"|`[^`]*`|[|(]|\)(?:\.\w+)*|-?\d+(?:\.\d+)?|\$?(?:\.?\w+)+(?:\.\w+)*|\$|\.)/y;

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ""; at = token.lastIndex) {
    const [, found] = token.exec(text) ?? [];
    if (found === undefined) throw fault(`${text}: cannot be read`);
    tokens.push(found);
  }
  return tokens;
}

/** What is piped is the last argument of what follows. */
function pipeline(tokens: string[], depth: number): Node {
  if (depth > maxDepth) throw fault(`more than ${maxDepth} parentheses within each other`);
  let node = command(tokens, depth);
  while (tokens[0] === "|") {
    tokens.shift();
    const next = command(tokens, depth);
    if (next.kind !== "call") throw fault("behind a | a function is expected");
    node = { ...next, args: [...next.args, node] };
  }
  return node;
}

function command(tokens: string[], depth: number): Node {
  const first = tokens.shift();
  if (first === undefined || first === "|" || first.startsWith(")")) throw fault("an expression is expected");
  const isName = /^[A-Za-z_]\w*$/.test(first) && !["true", "false", "nil"].includes(first);
  if (!isName) return operand(first, tokens, depth);
  const args: Node[] = [];
  while (tokens.length > 0 && tokens[0] !== "|" && tokens[0]?.startsWith(")") !== true)
    args.push(argument(tokens, depth));
  return { kind: "call", name: first, args };
}

function argument(tokens: string[], depth: number): Node {
  const first = tokens.shift() as string;
  // A function without arguments.
  if (/^[A-Za-z_]\w*$/.test(first) && !["true", "false", "nil"].includes(first))
    return { kind: "call", name: first, args: [] };
  return operand(first, tokens, depth);
}

function operand(first: string, tokens: string[], depth: number): Node {
  if (first === "(") {
    const inner = pipeline(tokens, depth + 1);
    const closing = tokens.shift();
    if (closing?.startsWith(")") !== true) throw fault("( without )");
    return fieldsOf(inner, closing.split(".").slice(1));
  }
  if (first.startsWith("`")) return { kind: "literal", value: first.slice(1, -1) };
  if (first.startsWith('"')) return { kind: "literal", value: unquoted(first) };
  if (/^-?\d/.test(first)) return { kind: "literal", value: Number(first) };
  if (first === "true" || first === "false") return { kind: "literal", value: first === "true" };
  if (first === "nil") return { kind: "literal", value: undefined };
  const [head = "", ...names] = first.split(".");
  if (head !== "" && !head.startsWith("$")) throw fault(`${first}: expected .key or $name`);
  const base: Node = head === "" ? { kind: "dot" } : { kind: "variable", name: head.slice(1) };
  return fieldsOf(base, names);
}

function fieldsOf(base: Node, names: readonly string[]): Node {
  return names.filter((each) => each !== "").reduce<Node>((of, name) => ({ kind: "field", of, name }), base);
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw fault("a text has an escape that is not known");
  }
}

/** Templates are no secrets, but may hold some: only the action at fault is shown. */
function fault(message: string): ExternalSecretError {
  return new ExternalSecretError(`template: ${message}`);
}
