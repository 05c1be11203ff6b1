import type { Body, Expr, Head, Ref, Rule, Term } from "./ast.ts";
import { type Cursor, SyntaxFault } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import { parseBody, parseInfix, parseLiteral, parseRefFrom, parseTerm } from "./terms.ts";

/** Rule : [ "default" ] Head [ "if" ( Literal | "{" Query "}" ) | "{" Query "}" { "{" Query "}" } ] { Else } — one or more rules. */
export function parseRules(cursor: Cursor): readonly Rule[] {
  const start = cursor.token;
  if (cursor.isKeyword("default") && !isHeadWord(cursor)) return [parseDefault(cursor, start)];
  const head = parseHead(cursor);
  const bodies = parseBodies(cursor, head);
  const [first, ...rest] = bodies;
  const otherwise = parseElse(cursor, head.head);
  const loc = cursor.span(start);
  if (first === undefined) {
    if (head.needsBody) cursor.fail(`var cannot be used for rule name`, start);
    return [{ ...finish(head.head, [trueExpr(head.bodyLoc)], otherwise, loc), generatedBody: true }];
  }
  const main = finish(head.head, first, otherwise, loc);
  return [main, ...rest.map((body) => finish(head.head, body, undefined, loc))];
}

function finish(head: Head, body: Body, otherwise: Rule | undefined, loc: Rule["loc"]): Rule {
  return {
    kind: "rule",
    loc,
    default: false,
    head,
    body,
    generatedBody: false,
    else: otherwise,
    annotations: [],
  };
}

/** Default : "default" Ref [ "(" Vars ")" ] ( ":=" | "=" ) Term */
function parseDefault(cursor: Cursor, start: Token): Rule {
  cursor.advance();
  const parsed = parseHead(cursor);
  const { head } = parsed;
  if (head.generatedValue || head.value === undefined) {
    cursor.fail(
      `unexpected default keyword: expected default rule value token (e.g., ${refText(head.ref)} := <VALUE>)`,
      start,
    );
  }
  if (cursor.isKeyword("if") || cursor.is("{"))
    cursor.fail("unexpected default keyword: default rules cannot have a body", start);
  const rule = finish(head, [trueExpr(start.loc)], undefined, cursor.span(start));
  return { ...rule, default: true, generatedBody: true };
}

interface ParsedHead {
  readonly head: Head;
  /** A bare name says nothing without a body. */
  readonly needsBody: boolean;
  /** Where OPA says that a body stands which nobody wrote. */
  readonly bodyLoc: Rule["loc"];
}

/** Head : Ref [ "(" Args ")" ] [ "contains" Infix ] [ ( ":=" | "=" ) Infix ] */
function parseHead(cursor: Cursor): ParsedHead {
  const start = cursor.token;
  if (start.kind !== "ident") cursor.unexpected();
  const written = isHeadWord(cursor) ? parseRefFrom(cursor) : parseTerm(cursor);
  const { ref, args } = splitCall(written, cursor, start);
  if (cursor.isKeyword("contains")) {
    cursor.advance();
    const key = parseInfix(cursor, false);
    return {
      needsBody: false,
      bodyLoc: ref.loc,
      head: { loc: cursor.span(start), ref, args, key, value: undefined, assign: false, generatedValue: false },
    };
  }
  const operator = cursor.take(":=") ?? cursor.take("=");
  if (operator !== undefined) {
    const value = parseInfix(cursor, false);
    const assign = operator.text === ":=";
    return {
      needsBody: false,
      bodyLoc: value.loc,
      head: { loc: cursor.span(start), ref, args, key: undefined, value, assign, generatedValue: false },
    };
  }
  const head = bareHead(cursor, start, ref, args);
  return {
    needsBody: ref.terms.length === 1 && args === undefined,
    bodyLoc: args === undefined ? head.loc : ref.loc,
    head,
  };
}

/** A keyword that a `.` or `[` follows is the name of a rule: `package.p := 1`. */
export function isHeadWord(cursor: Cursor): boolean {
  const { token, next } = cursor;
  const isReserved = cursor.mode.keywords.has(token.text) && cursor.mode.features.has("keywords_in_refs");
  return (
    token.kind === "ident" &&
    isReserved &&
    !next.spaced &&
    (next.text === "." || next.text === "[") &&
    next.kind === "punctuation"
  );
}

/** Without a value: v0's `p[x]` is a partial set, all others are true. */
function bareHead(cursor: Cursor, start: Token, ref: Ref, args: readonly Term[] | undefined): Head {
  const loc = cursor.span(start);
  const last = ref.terms[1];
  const isPartialSet =
    args === undefined && ref.terms.length === 2 && !cursor.isKeyword("if") && cursor.mode.version === "v0";
  if (isPartialSet && last !== undefined) {
    const name: Ref = { kind: "ref", loc: ref.loc, terms: ref.terms.slice(0, 1) };
    return { loc, ref: name, args, key: last, value: undefined, assign: false, generatedValue: false };
  }
  const value: Term = { kind: "boolean", loc, value: true };
  return { loc, ref, args, key: undefined, value, assign: false, generatedValue: true };
}

function splitCall(term: Term, cursor: Cursor, start: Token): { ref: Ref; args: readonly Term[] | undefined } {
  if (term.kind === "call") return { ref: term.operator, args: term.args };
  if (term.kind === "ref" && term.terms[0]?.kind === "var") return { ref: term, args: undefined };
  if (term.kind === "var") return { ref: { kind: "ref", loc: term.loc, terms: [term] }, args: undefined };
  return cursor.fail(`${term.kind} cannot be used for rule name`, start);
}

function parseBodies(cursor: Cursor, { head }: ParsedHead): readonly Body[] {
  if (cursor.isKeyword("if")) {
    const start = cursor.advance();
    return [parseIfBody(cursor, start)];
  }
  const bodies: Body[] = [];
  while (
    cursor.is("{") &&
    (bodies.length === 0 || !head.generatedValue || cursor.mode.version === "v0" || head.key !== undefined)
  ) {
    if (cursor.mode.version === "v1") cursor.fail("`if` keyword is required before rule body", head.loc as never);
    bodies.push(parseBraceBody(cursor));
  }
  return bodies;
}

/** Braces that hold no query may be a set or an object in a literal; when that fails too, they were meant to be a query. */
function parseIfBody(cursor: Cursor, start: Token): Body {
  const mark = cursor.save();
  const isComprehension = cursor.is("{") && startsComprehension(cursor);
  let fault: SyntaxFault | undefined;
  if (cursor.is("{") && !isComprehension) {
    const body = attempt(() => parseBraceBody(cursor));
    if (!(body instanceof SyntaxFault) && startsStatement(cursor)) return body;
    if (body instanceof SyntaxFault) fault = body;
    cursor.restore(mark);
  }
  if (cursor.token.kind === "eof") cursor.fail("unexpected eof token: expected rule body", start);
  const literal = attempt(() => parseLiteral(cursor));
  if (!(literal instanceof SyntaxFault)) return [literal];
  if (!isComprehension) throw fault ?? literal;
  cursor.restore(mark);
  return parseBraceBody(cursor);
}

/** `{x | …` is a comprehension, no query that begins with a union. Takes nothing. */
function startsComprehension(cursor: Cursor): boolean {
  const mark = cursor.save();
  cursor.advance();
  const term = attempt(() => parseTerm(cursor));
  const found = !(term instanceof SyntaxFault) && cursor.is("|");
  cursor.restore(mark);
  return found;
}

/** After `if {…}` the rule must be over, or another begin: else the braces were a set or an object in a literal. */
function startsStatement(cursor: Cursor): boolean {
  const { token, previous } = cursor;
  if (token.kind === "eof" || token.loc.row > previous.loc.row || cursor.is("{")) return true;
  return token.kind === "ident" && !cursor.isKeyword("in") && !cursor.isKeyword("with");
}

function attempt<T>(parse: () => T): T | SyntaxFault {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxFault) return error;
    throw error;
  }
}

function parseBraceBody(cursor: Cursor): Body {
  const open = cursor.expect("{");
  const body = parseBody(cursor, "}");
  cursor.expect("}");
  if (body.length === 0) cursor.fail("found empty body", open);
  return body;
}

/** Else : "else" [ ( ":=" | "=" ) Infix ] [ "if" ] Body */
function parseElse(cursor: Cursor, previous: Head): Rule | undefined {
  if (!cursor.isKeyword("else")) return undefined;
  const start = cursor.advance();
  if (previous.key !== undefined && previous.value === undefined)
    cursor.fail("else keyword cannot be used on multi-value rules", start);
  const operator = cursor.take(":=") ?? cursor.take("=");
  const value = operator === undefined ? undefined : parseInfix(cursor, false);
  const head: Head = {
    ...previous,
    loc: cursor.span(start),
    value: value ?? { kind: "boolean", loc: start.loc, value: true },
    assign: operator?.text === ":=",
    generatedValue: value === undefined,
  };
  const body = parseElseBody(cursor);
  if (body === undefined && value === undefined) cursor.unexpected("expected else value term or rule body");
  const otherwise = parseElse(cursor, previous);
  const loc = cursor.span(start);
  return { ...finish(head, body ?? [trueExpr(loc)], otherwise, loc), generatedBody: body === undefined };
}

function parseElseBody(cursor: Cursor): Body | undefined {
  if (cursor.isKeyword("if")) return parseIfBody(cursor, cursor.advance());
  if (!cursor.is("{")) return undefined;
  if (cursor.mode.version === "v1") cursor.fail("`if` keyword is required before rule body");
  return parseBraceBody(cursor);
}

function trueExpr(loc: Head["loc"]): Expr {
  const term: Term = { kind: "boolean", loc, value: true };
  return { kind: "expr", loc, negated: false, with: [], terms: { kind: "term", term }, generated: true };
}

/** A ref as Rego text: `data.a["b c"][x]`. Only of what heads and imports hold. */
export function refText(ref: Ref): string {
  return ref.terms
    .map((term, i) => {
      if (term.kind === "var") return i === 0 ? term.name : `[${term.name}]`;
      if (term.kind !== "string") return `[${term.loc.text}]`;
      return /^[A-Za-z_]\w*$/.test(term.value) ? `.${term.value}` : `[${JSON.stringify(term.value)}]`;
    })
    .join("");
}
