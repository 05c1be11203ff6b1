import type { Call, Location, Ref, Term, Var } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { distinctEntries, distinctItems } from "./distinct.ts";
import type { Token } from "./lexer.ts";
import { parseNumber } from "./number-term.ts";
import type { SourceLocation } from "./source.ts";

// Each production answers undefined when it does not hold; the fault is then noted in the cursor, where there is one to tell.

type Operators = ReadonlyMap<string, string>;

/** From what binds least to what binds most. */
const levels: readonly Operators[] = [
  { "==": "equal", "!=": "neq", "<": "lt", ">": "gt", "<=": "lte", ">=": "gte" },
  { "|": "or" },
  { "&": "and" },
  { "+": "plus", "-": "minus" },
  { "*": "mul", "/": "div", "%": "rem" },
].map((level) => new Map(Object.entries(level)));

const operatorTexts: ReadonlySet<string> = new Set(levels.flatMap((level) => [...level.keys()]));

/** Infix : Relation [ "," Relation ] { "in" Relation } — the comma form only where no list can be meant (`pairs`). */
export function parseInfix(cursor: Cursor, pairs: boolean): Term | undefined {
  return cursor.nested(pairs ? parsePairOrInfix : parseMembers);
}

function parsePairOrInfix(cursor: Cursor): Term | undefined {
  return parseMembers(cursor, true);
}

function parseMembers(cursor: Cursor, pairs = false): Term | undefined {
  const { start } = cursor.token;
  let left = parseLevel(cursor, 0, start);
  if (left !== undefined && pairs) left = parsePair(cursor, left, start);
  while (left !== undefined && cursor.isMembership()) {
    const operator = cursor.advance();
    const right = parseLevel(cursor, 0, cursor.token.start);
    if (right === undefined) break;
    left = infixCall(cursor, internal(operator.loc, "member_2"), [left, right], start);
  }
  return left;
}

/** `key, value in collection`; anything else behind the comma is no part of this term. */
function parsePair(cursor: Cursor, key: Term, start: number): Term {
  if (!cursor.is(",")) return key;
  const mark = cursor.save();
  cursor.advance();
  const value = parseLevel(cursor, 0, start);
  const operator = value === undefined || !cursor.isKeyword("in") ? undefined : cursor.advance();
  if (value !== undefined && operator !== undefined) {
    const domain = parseLevel(cursor, 0, cursor.token.start);
    if (domain !== undefined) return infixCall(cursor, internal(operator.loc, "member_3"), [key, value, domain], start);
  }
  cursor.restore(mark);
  return key;
}

/** Operands of one level and its operators, from the left; without an operand behind an operator, the fault is noted already. */
function parseLevel(cursor: Cursor, level: number, start: number): Term | undefined {
  let left = parseTerm(cursor);
  // What binds most comes first: each level goes on with what the one inside it has made.
  for (let at = levels.length - 1; at >= level && left !== undefined && isOperator(cursor); at--)
    left = parseOperators(cursor, at, left, start);
  return left;
}

export function isOperator({ token }: Cursor): boolean {
  return token.kind === "punctuation" && operatorTexts.has(token.text);
}

/** The operators of one level, with what stands right of them. */
function parseOperators(cursor: Cursor, level: number, first: Term, start: number): Term {
  const operators = levels[level] as Operators;
  let left = first;
  for (;;) {
    const { token } = cursor;
    const name = token.kind === "punctuation" ? operators.get(token.text) : undefined;
    if (name === undefined) return left;
    cursor.advance();
    const right = parseLevel(cursor, level + 1, cursor.token.start);
    if (right === undefined) return left;
    left = infixCall(cursor, builtinRef(token.loc, name), [left, right], start);
  }
}

/** It stands where its first operand does; its text begins before that one's parentheses. */
function infixCall(cursor: Cursor, operator: Ref, args: readonly Term[], start: number): Call {
  const loc = placeOf(args[0] as Term).withText(start, cursor.previous.end);
  return { kind: "call", loc, operator, args };
}

/** Term : Scalar | Var | Ref | Call | Array | Object | Set | Comprehension | Template | "(" Infix ")" */
export function parseTerm(cursor: Cursor): Term | undefined {
  // What is one token is read again as fast as it is remembered.
  if (isAlone(cursor)) return parseHead(cursor);
  return cursor.remember(parseWholeTerm);
}

function parseWholeTerm(cursor: Cursor): Term | undefined {
  const head = parseHead(cursor);
  return head === undefined ? undefined : finishTerm(cursor, head);
}

/** True for a name or a string that no ref or call goes on from. */
function isAlone(cursor: Cursor): boolean {
  const { token, next } = cursor;
  // What is no term here is a fault, which is told once: that is remembered.
  const isTerm = token.kind === "ident" ? !cursor.isReserved() : token.kind === "string" && token.value !== undefined;
  if (!isTerm) return false;
  return next.kind !== "punctuation" || (next.text !== "." && next.text !== "[" && next.text !== "(");
}

/** A ref whose head may be any word, also a keyword. */
export function parseRefFrom(cursor: Cursor): Term | undefined {
  return cursor.nested(() => {
    const name = parseVar(cursor);
    return opensRef(cursor, true) ? parseRef(cursor, name, cursor.previous.start, true) : name;
  });
}

/** Takes all of the term but what a ref or call adds to it. */
function parseHead(cursor: Cursor): Term | undefined {
  const { token } = cursor;
  switch (token.kind) {
    case "number":
      return parseNumber(cursor);
    case "string":
      if (token.value === undefined) return cursor.report(`illegal string literal: ${token.text}`);
      cursor.advance();
      return { kind: "string", loc: token.loc, value: token.value };
    case "rawstring":
      cursor.advance();
      return { kind: "string", loc: token.loc, value: token.value ?? "", raw: true };
    case "template":
      return cursor.grammar.template(cursor);
    case "ident":
      return parseWord(cursor);
    case "punctuation":
      return parsePunctuated(cursor);
    default:
      return cursor.illegal();
  }
}

function parseWord(cursor: Cursor): Term | undefined {
  const { token } = cursor;
  const { loc, text } = token;
  if (!cursor.isReserved() || text === "contains" || cursor.isCalledOperator()) return parseVar(cursor);
  if (text === "true" || text === "false") {
    cursor.advance();
    return { kind: "boolean", loc, value: text === "true" };
  }
  if (text !== "null") return cursor.illegal();
  cursor.advance();
  return { kind: "null", loc };
}

export function parseVar(cursor: Cursor): Var {
  const { loc, text } = cursor.advance();
  return { kind: "var", loc, name: text === "_" ? cursor.wildcard() : text };
}

function parsePunctuated(cursor: Cursor): Term | undefined {
  switch (cursor.token.text) {
    case "[":
      return parseArray(cursor);
    case "{":
      return parseBraces(cursor);
    case "-":
      return parseSigned(cursor);
    case ".":
      return parseNumber(cursor);
    case "(":
      return parseGroup(cursor);
    default:
      return cursor.illegal();
  }
}

/** It stands where the inner term does, with the parentheses in its text. */
function parseGroup(cursor: Cursor): Term | undefined {
  const { start } = cursor.advance();
  const inner = parseInfix(cursor, true);
  if (inner === undefined) return undefined;
  if (!cursor.is(")")) return cursor.report("non-terminated expression");
  const { end } = cursor.advance();
  return { ...inner, loc: placeOf(inner).withText(start, end) } as Term;
}

/** Signed : "-" ( Number | Ref | Call ) — of a ref the sign is a subtraction from zero. */
function parseSigned(cursor: Cursor): Term | undefined {
  const sign = cursor.token;
  if (cursor.next.kind !== "ident") return parseNumber(cursor);
  cursor.advance();
  const operand = cursor.isReserved() ? cursor.illegal("expected number") : parseTerm(cursor);
  if (operand === undefined) return undefined;
  const zero: Term = { kind: "number", loc: sign.loc, text: "0" };
  return {
    kind: "call",
    loc: sign.loc.withText(sign.start, cursor.previous.end),
    operator: builtinRef(sign.loc, "minus"),
    args: [zero, operand],
  };
}

/** Terms that nothing can be taken out of. */
const unheadable: ReadonlySet<Term["kind"]> = new Set(["null", "boolean", "number", "string", "templatestring"]);

/** Ref : Head { "." Word | "[" Infix "]" | "(" Args ")" } — nothing may stand between. */
function finishTerm(cursor: Cursor, head: Term): Term | undefined {
  const start = cursor.previous.start;
  if (!opensRef(cursor)) return head;
  const headable = !unheadable.has(head.kind);
  if (!headable) cursor.report(`illegal ref (head cannot be ${head.kind})`, placeOf(head));
  return parseRef(cursor, head, start);
}

function opensRef(cursor: Cursor, maySpace = false): boolean {
  const { token } = cursor;
  const { text } = token;
  return token.kind === "punctuation" && (maySpace || !token.spaced) && (text === "." || text === "[" || text === "(");
}

/** `maySpace`: before its first bracket or dot. */
function parseRef(cursor: Cursor, head: Term, start: number, maySpace = false): Term | undefined {
  const terms: Term[] = [head];
  while (opensRef(cursor, maySpace && terms.length === 1)) {
    if (cursor.is("(")) {
      const loc = placeOf(head).withText(start, cursor.token.start);
      const call = parseCall(cursor, { kind: "ref", loc, terms }, start);
      if (call === undefined || cursor.is("(") || !opensRef(cursor)) return call;
      return parseRef(cursor, call, start);
    }
    const operand = cursor.is(".") ? parseDot(cursor) : parseBracket(cursor);
    if (operand === undefined) return undefined;
    terms.push(operand);
  }
  return { kind: "ref", loc: placeOf(head).withText(start, cursor.previous.end), terms };
}

function parseCall(cursor: Cursor, operator: Ref, start: number): Term | undefined {
  return cursor.nested(() => {
    cursor.advance();
    const args = parseList(cursor, ")", []);
    if (args === undefined) return undefined;
    const { end } = cursor.advance();
    const loc = placeOf(operator).withText(start, end);
    const [name, ...more] = operator.terms;
    const isSet = name?.kind === "var" && name.name === "set" && more.length === 0 && args.length === 0;
    return isSet ? { kind: "set", loc, items: [] } : { kind: "call", loc, operator, args };
  });
}

function parseDot(cursor: Cursor): Term | undefined {
  cursor.advance();
  cursor.stopAtSpace();
  const { token } = cursor;
  const isWord = token.kind === "ident" && !token.spaced;
  if (!isWord || (cursor.isReserved() && !cursor.mode.features.has("keywords_in_refs")))
    return cursor.illegal("expected identifier");
  cursor.advance();
  return { kind: "string", loc: token.loc, value: token.text };
}

function parseBracket(cursor: Cursor): Term | undefined {
  cursor.advance();
  const operand = parseInfix(cursor, true);
  if (operand === undefined) return undefined;
  if (!cursor.is("]")) return cursor.illegal("expected [");
  cursor.advance();
  return operand;
}

/** Array : "[" [ "," ] [ Infix { "," Infix } [ "," ] ] "]" | "[" Term "|" Query "]" */
function parseArray(cursor: Cursor): Term | undefined {
  const start = cursor.advance();
  const made = (items: readonly Term[]): Term => ({ kind: "array", loc: closed(cursor, start), items });
  if (cursor.is("]")) return made([]);
  const isList = cursor.take(",") !== undefined;
  const mark = cursor.save();
  const term = parseTerm(cursor);
  if (term === undefined) return undefined;
  if (cursor.is("|") && !isList) {
    cursor.advance();
    const body = cursor.grammar.body(cursor, "]");
    if (body !== undefined) return { kind: "arraycomprehension", loc: closed(cursor, start), term, body };
    if (!cursor.is(",")) return undefined;
    cursor.restore(mark);
    const items = parseList(cursor, "]", []);
    return items && made(items);
  }
  const items = parseListFrom(cursor, mark, term, "]");
  return items && made(items);
}

/**
 * `{…}`: an object, a set, or a comprehension of either. A single term goes before `|`, so that `{x | y}` is no union. Some leading commas
 * are taken, as OPA takes them.
 */
function parseBraces(cursor: Cursor): Term | undefined {
  const start = cursor.advance();
  if (cursor.is("}")) return { kind: "object", loc: closed(cursor, start), entries: [] };
  const isList = cursor.take(",") !== undefined;
  const mark = cursor.save();
  let first = parseTerm(cursor);
  if (first === undefined) return undefined;
  if (cursor.is("|") && !isList) return parseSetComprehension(cursor, start, mark, first);
  if (!cursor.is("}") && !cursor.is(",") && !cursor.is(":")) {
    cursor.restore(mark);
    first = parseInfix(cursor, false);
    if (first === undefined) return undefined;
  }
  if (cursor.is(":")) return parseObject(cursor, start, first, !isList);
  if (!cursor.is("}") && !cursor.is(",")) return cursor.illegal("non-terminated set");
  cursor.take(",");
  return setOf(cursor, start, parseList(cursor, "}", [first]));
}

function parseSetComprehension(
  cursor: Cursor,
  start: Token,
  mark: ReturnType<Cursor["save"]>,
  term: Term,
): Term | undefined {
  cursor.advance();
  const body = cursor.grammar.body(cursor, "}");
  if (body !== undefined) return { kind: "setcomprehension", loc: closed(cursor, start), term, body };
  if (!cursor.is(",")) return undefined;
  cursor.restore(mark);
  return setOf(cursor, start, parseList(cursor, "}", []));
}

function setOf(cursor: Cursor, start: Token, items: readonly Term[] | undefined): Term | undefined {
  return items && { kind: "set", loc: closed(cursor, start), items: distinctItems(items) };
}

/** From the `:` behind the first key. */
function parseObject(cursor: Cursor, start: Token, key: Term, isOpen: boolean): Term | undefined {
  cursor.advance();
  const mark = cursor.save();
  let value = parseTerm(cursor);
  if (value === undefined) return undefined;
  if (isOpen && cursor.is("|")) {
    cursor.advance();
    const body = cursor.grammar.body(cursor, "}");
    if (body !== undefined) return { kind: "objectcomprehension", loc: closed(cursor, start), key, value, body };
  } else if (cursor.is("}") || cursor.is(",")) {
    const entries = parseEntries(cursor, [key, value]);
    if (entries !== undefined) return { kind: "object", loc: closed(cursor, start), entries };
    cursor.restore(mark);
    return cursor.illegal("non-terminated object");
  }
  cursor.restore(mark);
  value = parseInfix(cursor, false);
  if (value === undefined) return undefined;
  if (!cursor.is("}") && !cursor.is(",")) return cursor.illegal("non-terminated object");
  const entries = parseEntries(cursor, [key, value]);
  return entries && { kind: "object", loc: closed(cursor, start), entries };
}

function parseEntries(cursor: Cursor, first: readonly [Term, Term]): readonly (readonly [Term, Term])[] | undefined {
  const entries = [first];
  while (cursor.take(",") !== undefined && !cursor.is("}")) {
    const key = parseInfix(cursor, false);
    if (key === undefined) return undefined;
    if (!cursor.is(":")) return cursor.illegal('expected ":"');
    cursor.advance();
    const value = parseInfix(cursor, false);
    if (value === undefined) return undefined;
    entries.push([key, value]);
  }
  return cursor.is("}") ? distinctEntries(entries) : cursor.illegal('expected "," or "}"');
}

/** A list whose first term was read already; it may still be the beginning of an infix expression. */
function parseListFrom(
  cursor: Cursor,
  mark: ReturnType<Cursor["save"]>,
  first: Term,
  close: string,
): readonly Term[] | undefined {
  if (cursor.is(close)) return [first];
  if (cursor.take(",") !== undefined) return parseList(cursor, close, [first]);
  cursor.restore(mark);
  return parseList(cursor, close, []);
}

/** Items up to `close`, which is not taken; a trailing comma is allowed. */
function parseList(cursor: Cursor, close: string, before: readonly Term[]): readonly Term[] | undefined {
  const items = [...before];
  while (!cursor.is(close)) {
    const item = parseInfix(cursor, false);
    if (item === undefined) return undefined;
    items.push(item);
    if (!cursor.is(close) && cursor.take(",") === undefined) return cursor.illegal(`expected "," or "${close}"`);
  }
  return items;
}

/** Takes the closing bracket; the place from the opening one to it. */
function closed(cursor: Cursor, start: Token): SourceLocation {
  cursor.advance();
  return cursor.span(start);
}

/** A parsed term's place. */
function placeOf(term: Term): SourceLocation {
  return term.loc as SourceLocation;
}

/** The ref of an operator, as OPA names it. */
export function builtinRef(loc: Location, name: string): Ref {
  return { kind: "ref", loc, terms: [{ kind: "var", loc, name }] };
}

function internal(loc: Location, name: string): Ref {
  const rest: Term = { kind: "string", loc, value: name };
  return { kind: "ref", loc, terms: [{ kind: "var", loc, name: "internal" }, rest] };
}
