import type { YAMLParseError } from "yaml";

/** A fault as Go's parser tells it: its scanner counts lines from one, its parser from zero, and neither tells of line zero. */
interface GoFault {
  readonly problem: string;
  readonly by: "scanner" | "parser";
  readonly offset: number;
  /** Where what it is in begins; the third version of Go's parser tells that line, unless it is the first one. */
  readonly context?: number;
}

type Fault = Pick<YAMLParseError, "code" | "message" | "pos">;

/** What Go's YAML parser would say of a fault that ours found: `line 2: did not find expected key`. */
export function goYamlFault(text: string, fault: Fault, version: 2 | 3 = 2): string {
  const { problem, by, offset, context = 0 } = classify(text, fault);
  const line = (version === 3 && lineAt(text, context)) || lineAt(text, offset);
  return line === 0 ? problem : `line ${by === "scanner" ? line + 1 : line}: ${problem}`;
}

function classify(text: string, { code, message, pos: [offset] }: Fault): GoFault {
  const scanner = (problem: string, at = offset): GoFault => ({ problem, by: "scanner", offset: at });
  switch (code) {
    case "BAD_SCALAR_START":
      if (text[offset] === ",") return { problem: "did not find expected node content", by: "parser", offset };
      return scanner(unknownToken);
    case "BAD_ALIAS":
      return scanner("did not find expected alphabetic or numeric character");
    case "BAD_DQ_ESCAPE":
      return scanner(
        /^[xuU]/.test(text.slice(offset + 1)) || /sequence \\[xuU]/.test(message)
          ? "did not find expected hexdecimal number"
          : "found unknown escape character",
      );
    case "BAD_DIRECTIVE":
      return scanner(/^%TAG/.test(text.slice(offset)) ? "did not find expected '!'" : "found unknown directive name");
    case "TAB_AS_INDENT":
      return scanner(
        endsInText(text.slice(0, offset)) ? "found a tab character that violates indentation" : unknownToken,
      );
    case "MULTILINE_IMPLICIT_KEY":
      return multilineKey(text, offset);
    default:
      return classifyByMessage(text, message, offset);
  }
}

const unknownToken = "found character that cannot start any token";

function classifyByMessage(text: string, message: string, offset: number): GoFault {
  const scanner = (problem: string, at = offset): GoFault => ({ problem, by: "scanner", offset: at });
  if (message.startsWith("Nested mappings")) return mappingValue(text, offset);
  if (message.startsWith("Missing closing")) return scanner("found unexpected end of stream", text.length);
  if (message.startsWith("Missing directives-end"))
    return scanner(
      /^%(?:\s|$)/m.test(text) ? "could not find expected directive name" : "found unknown directive name",
    );
  if (message.startsWith("Verbatim tags")) return scanner("did not find the expected '>'");
  if (message.startsWith("Unexpected block-seq-ind on same line"))
    return scanner("block sequence entries are not allowed in this context");
  if (/^Block scalar header|^Not a YAML token/.test(message))
    return scanner("did not find expected comment or line break");
  return unexpectedToken(text, message, offset);
}

/** What the parser did not expect there: in brackets, in place of a value, or in a block. */
function unexpectedToken(text: string, message: string, offset: number): GoFault {
  const bracket = openBracket(text.slice(0, offset));
  const before = text.slice(0, offset).trimEnd().at(-1) ?? "";
  const isAfterDash = before === "-" && /^[\]}]/.test(text.slice(nextToken(text, offset)));
  if (bracket === undefined && !isAfterDash && !/flow-(?:map|seq)-end/.test(message)) return inBlock(text, offset);
  const isValue = (!message.startsWith("Block collections") && /[[{,:]/.test(before)) || isAfterDash || before === "";
  const closing = bracket?.text === "[" ? "',' or ']'" : "',' or '}'";
  const expected = isValue ? "node content" : bracket === undefined ? "key" : closing;
  const place = {
    offset: atEnd(text, nextToken(text, offset)),
    ...(!isValue && bracket && { context: bracket.offset }),
  };
  return { problem: `did not find expected ${expected}`, by: "parser", ...place };
}

/** What fits no block around it; a text where a key must stand lacks its colon. */
function inBlock(text: string, offset: number): GoFault {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const column = offset - start;
  const isFirst = text.slice(start, offset).trim() === "" || text[offset] === " ";
  const at = isFirst ? start + indentOf(text.slice(start)) : offset;
  const line = text.slice(at).split("\n", 1)[0] ?? "";
  const open = openBlocks(text.slice(0, isFirst ? start : offset), isFirst ? at - start : column);
  const block = open.at(-1);
  if (isFirst && block?.column === at - start && !/:(?:\s|$)|^-\s/.test(line)) return missingColon(text, at);
  const expected = block?.kind === "sequence" ? "'-' indicator" : "key";
  return { problem: `did not find expected ${expected}`, by: "parser", offset: at };
}

/** A key of several lines: where a block needs one it lacks its colon, elsewhere the colon comes too late. */
function multilineKey(text: string, offset: number): GoFault {
  if (/^-\s/.test(text.slice(offset))) return inBlock(text, offset);
  const column = offset - text.lastIndexOf("\n", offset - 1) - 1;
  const needed = openBlocks(text.slice(0, offset), column).some((block) => block.column === column);
  return needed ? missingColon(text, offset) : mappingValue(text, offset);
}

function mappingValue(text: string, offset: number): GoFault {
  const colon = text.slice(offset).search(/:(?:\s|$)/);
  return {
    problem: "mapping values are not allowed in this context",
    by: "scanner",
    offset: offset + Math.max(colon, 0),
  };
}

/** Told when the next line begins. */
function missingColon(text: string, offset: number): GoFault {
  const next = /\n\s*(?=\S)/.exec(text.slice(offset));
  const at = next === null ? atEnd(text, text.length) : offset + next.index + next[0].length;
  return { problem: "could not find expected ':'", by: "scanner", offset: at, context: offset };
}

interface Block {
  readonly kind: "sequence" | "mapping";
  readonly column: number;
}

/** The blocks that are open for something at a column below some lines, the innermost last. */
function openBlocks(before: string, column: number): readonly Block[] {
  const open: Block[] = [];
  for (const line of before.split("\n").filter((each) => each.trim() !== "")) {
    while ((open.at(-1)?.column ?? -1) >= indentOf(line)) open.pop();
    open.push(...blocksOf(line));
  }
  return open.filter((block) => block.column <= column);
}

/** The blocks that a line stands in itself: `- a: 1` is an item, and in it a key. */
function blocksOf(line: string): readonly Block[] {
  const blocks: Block[] = [];
  let column = indentOf(line);
  for (let rest = line.slice(column); /^-(?:\s|$)/.test(rest); rest = line.slice(column)) {
    blocks.push({ kind: "sequence", column });
    column += 1 + indentOf(rest.slice(1));
  }
  if (/:(?:\s|$)/.test(line.slice(column))) blocks.push({ kind: "mapping", column });
  return blocks;
}

/** The innermost bracket that is open at the end of a text; quoted texts are passed over. */
function openBracket(text: string): { readonly text: string; readonly offset: number } | undefined {
  const open: { text: string; offset: number }[] = [];
  for (const { 0: token, index: offset } of text.matchAll(/"(?:\\.|[^"\\])*"|'[^']*'|[[\]{}]/gs)) {
    if (token === "[" || token === "{") open.push({ text: token, offset });
    else if (token === "]" || token === "}") open.pop();
  }
  return open.at(-1);
}

/** Go tells what it did not expect where that stands, behind space and comments. */
function nextToken(text: string, offset: number): number {
  return offset + (/^(?:\s|#.*)*/.exec(text.slice(offset))?.[0].length ?? 0);
}

function endsInText(before: string): boolean {
  return /[^\s:-]\s*$/.test(before);
}

function indentOf(line: string): number {
  return line.length - line.replace(/^ +/, "").length;
}

/** Go ends an unfinished last line before it says that the text is over: that offset is one behind the text. */
function atEnd(text: string, offset: number): number {
  return offset >= text.length && !text.endsWith("\n") ? text.length + 1 : offset;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length - 1 + (offset > text.length ? 1 : 0);
}
