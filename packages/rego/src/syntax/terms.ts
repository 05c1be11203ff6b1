import type { Body, Call, Expr, ExprTerms, Location, Ref, Term, Var, With } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { distinctEntries, distinctItems } from "./distinct.ts";
import { type Token, templateExpressionEnd, unquote } from "./lexer.ts";
import { type LiteralParts, parseLogic, refuseInnerWith } from "./logic.ts";

// Terms and expressions are one file: comprehensions hold bodies, and bodies hold terms.

const relations: { readonly [operator: string]: string } = {
  "==": "equal",
  "!=": "neq",
  "<": "lt",
  ">": "gt",
  "<=": "lte",
  ">=": "gte",
};
const sums: { readonly [operator: string]: string } = { "+": "plus", "-": "minus" };
const products: { readonly [operator: string]: string } = { "*": "mul", "/": "div", "%": "rem" };

const literalParts: LiteralParts = {
  body: (cursor, close) => parseBody(cursor, close),
  expression: (cursor) => parseExpression(cursor),
  withs: (cursor) => parseWiths(cursor),
};

/** Query : Literal { ( ";" | newline ) Literal } — up to `close`, or to the end when it is undefined. */
export function parseBody(cursor: Cursor, close?: string): Body {
  const body: Expr[] = [];
  for (;;) {
    while (cursor.take(";") !== undefined);
    if (close === undefined ? cursor.token.kind === "eof" : cursor.is(close)) break;
    body.push(parseLiteral(cursor));
    if (!endsLiteral(cursor, close)) cursor.unexpected("expected \\n or ; or }");
  }
  return body;
}

function endsLiteral(cursor: Cursor, close: string | undefined): boolean {
  if (cursor.is(";") || cursor.token.kind === "eof" || (close !== undefined && cursor.is(close))) return true;
  return cursor.token.loc.row > cursor.previous.loc.row;
}

/** Literal : ( SomeDecl | Every | Logic ) { With } */
export function parseLiteral(cursor: Cursor): Expr {
  return cursor.nested(() => {
    const start = cursor.token;
    const logic = cursor.isKeyword("some") || cursor.isKeyword("every") ? undefined : parseLogic(cursor, literalParts);
    const expr: Expr = logic ?? {
      kind: "expr",
      loc: start.loc,
      negated: false,
      with: [],
      terms: cursor.isKeyword("some") ? parseSome(cursor) : parseEvery(cursor),
    };
    const behind = cursor.token;
    const withs = parseWiths(cursor);
    if (withs.length > 0 && logic !== undefined) refuseInnerWith(cursor, behind);
    return { ...expr, loc: cursor.span(start), with: [...expr.with, ...withs] };
  });
}

/** SomeDecl : "some" ( Var { "," Var } | [ Term "," ] Term "in" Term ) */
function parseSome(cursor: Cursor): ExprTerms {
  const start = cursor.advance();
  const mark = cursor.save();
  const first = parseInfix(cursor, true);
  if (isMember(first) && !cursor.is(",")) return { kind: "some", loc: cursor.span(start), symbols: [first] };
  cursor.restore(mark);
  const symbols: Term[] = [];
  do {
    const token = cursor.token;
    if (token.kind !== "ident" || cursor.mode.keywords.has(token.text)) cursor.unexpected("expected var");
    symbols.push(parseVar(cursor));
  } while (cursor.take(",") !== undefined);
  return { kind: "some", loc: cursor.span(start), symbols };
}

function isMember(term: Term): boolean {
  if (term.kind !== "call") return false;
  const second = term.operator.terms[1];
  return second?.kind === "string" && (second.value === "member_2" || second.value === "member_3");
}

/** Every : "every" Var [ "," Var ] "in" Term "{" Query "}" */
function parseEvery(cursor: Cursor): ExprTerms {
  const start = cursor.advance();
  const first = parsePattern(cursor);
  const second = cursor.take(",") === undefined ? undefined : parsePattern(cursor);
  cursor.expect("in", "expected `x[, y] in xs { ... }` expression");
  const domain = parseInfixInList(cursor);
  const open = cursor.expect("{");
  const body = parseBody(cursor, "}");
  cursor.expect("}");
  if (body.length === 0) cursor.fail("found empty body", open);
  const [key, value] = second === undefined ? [undefined, first] : [first, second];
  return { kind: "every", loc: cursor.span(start), key, value, domain, body };
}

function parsePattern(cursor: Cursor): Term {
  if (cursor.token.kind !== "ident") cursor.unexpected("expected `x[, y] in xs { ... }` expression");
  return parseVar(cursor);
}

/** Expr : Infix [ ( ":=" | "=" ) Infix ] */
function parseExpression(cursor: Cursor): ExprTerms {
  const left = parseInfix(cursor, true);
  const operator = cursor.take(":=") ?? cursor.take("=");
  if (operator !== undefined) {
    const right = parseInfix(cursor, true);
    return {
      kind: "call",
      operator: builtin(operator.loc, operator.text === ":=" ? "assign" : "eq"),
      args: [left, right],
    };
  }
  return left.kind === "call"
    ? { kind: "call", operator: left.operator, args: left.args }
    : { kind: "term", term: left };
}

/** With : "with" Ref "as" Term */
function parseWiths(cursor: Cursor): readonly With[] {
  const withs: With[] = [];
  while (cursor.isKeyword("with")) {
    const start = cursor.advance();
    const target = parseTerm(cursor);
    if (target.kind !== "ref" && target.kind !== "var") cursor.fail("with target must be a reference");
    cursor.expect("as", "expected as keyword");
    const value = parseInfix(cursor, false);
    withs.push({ loc: cursor.span(start), target, value });
  }
  return withs;
}

/** Infix : Relation { [ "," Relation ] "in" Relation } — the comma form only where no list can be meant. */
export function parseInfix(cursor: Cursor, pairs: boolean): Term {
  return cursor.nested(() => {
    const start = cursor.token;
    let left = parseRelation(cursor);
    if (pairs && cursor.is(",") && cursor.mode.keywords.has("in")) {
      const mark = cursor.save();
      cursor.advance();
      const value = tryParse(cursor, () => parseRelation(cursor));
      if (value === undefined || !cursor.isKeyword("in")) {
        cursor.restore(mark);
        return left;
      }
      const operator = cursor.advance();
      left = call(cursor, start, internal(operator.loc, "member_3"), [left, value, parseRelation(cursor)]);
    }
    while (cursor.isKeyword("in")) {
      const operator = cursor.advance();
      left = call(cursor, start, internal(operator.loc, "member_2"), [left, parseRelation(cursor)]);
    }
    return left;
  });
}

function parseInfixInList(cursor: Cursor): Term {
  return parseInfix(cursor, false);
}

/** Relation : Union { ( "==" | "!=" | … ) Union } */
function parseRelation(cursor: Cursor): Term {
  return parseBinary(cursor, relations, () =>
    parseBinary(cursor, { "|": "or" }, () => parseBinary(cursor, { "&": "and" }, () => parseSum(cursor))),
  );
}

function parseSum(cursor: Cursor): Term {
  return parseBinary(cursor, sums, () => parseBinary(cursor, products, () => parseTerm(cursor)));
}

function parseBinary(cursor: Cursor, operators: { readonly [text: string]: string }, operand: () => Term): Term {
  const start = cursor.token;
  let left = operand();
  while (cursor.token.kind === "punctuation" && Object.hasOwn(operators, cursor.token.text)) {
    const operator = cursor.advance();
    left = call(cursor, start, builtin(operator.loc, operators[operator.text] as string), [left, operand()]);
  }
  return left;
}

/** Term : Scalar | Var | Ref | Call | Array | Object | Set | Comprehension | Template | "(" Infix ")" */
export function parseTerm(cursor: Cursor): Term {
  return cursor.nested(() => finishTerm(cursor, parseHead(cursor)));
}

/** A ref whose head may be any word, also a keyword. */
export function parseRefFrom(cursor: Cursor): Term {
  return cursor.nested(() => finishTerm(cursor, parseVar(cursor)));
}

function parseHead(cursor: Cursor): Term {
  const { token } = cursor;
  switch (token.kind) {
    case "number":
      cursor.advance();
      return { kind: "number", loc: token.loc, text: token.text };
    case "string":
      cursor.advance();
      return { kind: "string", loc: token.loc, value: token.value };
    case "rawstring":
      cursor.advance();
      return { kind: "string", loc: token.loc, value: token.value, raw: true };
    case "template":
      return parseTemplate(cursor);
    case "ident":
      return parseWord(cursor);
    case "punctuation":
      return parsePunctuated(cursor);
    default:
      return cursor.unexpected();
  }
}

function parseWord(cursor: Cursor): Term {
  const { token } = cursor;
  if (!cursor.isReserved()) return parseName(cursor);
  if (token.text === "true" || token.text === "false") {
    cursor.advance();
    return { kind: "boolean", loc: token.loc, value: token.text === "true" };
  }
  if (token.text === "null") {
    cursor.advance();
    return { kind: "null", loc: token.loc };
  }
  if (token.text !== "contains" || cursor.next.text !== "(") cursor.unexpected();
  return parseVar(cursor);
}

/** A variable, or the empty set, which is written as a call. */
function parseName(cursor: Cursor): Term {
  const { token } = cursor;
  if (token.text === "set" && cursor.next.text === "(" && !cursor.next.spaced) {
    const mark = cursor.save();
    cursor.advance();
    cursor.advance();
    if (cursor.take(")") !== undefined) return { kind: "set", loc: cursor.span(token), items: [] };
    cursor.restore(mark);
  }
  return parseVar(cursor);
}

function parseVar(cursor: Cursor): Var {
  const token = cursor.advance();
  const name = token.text === "_" ? `$${cursor.counter.wildcards++}` : token.text;
  return { kind: "var", loc: token.loc, name };
}

function parsePunctuated(cursor: Cursor): Term {
  const { token } = cursor;
  if (token.text === "[") return parseArray(cursor);
  if (token.text === "{") return parseBraces(cursor);
  if (token.text === "-") return parseNegative(cursor);
  if (token.text !== "(") return cursor.unexpected();
  cursor.advance();
  const inner = parseInfix(cursor, true);
  cursor.expect(")");
  return { ...inner, loc: cursor.span(token) } as Term;
}

/** A minus that touches a number is its sign; before anything else it is no operator of Rego. */
function parseNegative(cursor: Cursor): Term {
  const minus = cursor.advance();
  const number = cursor.token;
  if (number.kind !== "number" || number.spaced) return cursor.unexpected();
  cursor.advance();
  return { kind: "number", loc: cursor.span(minus), text: `-${number.text}` };
}

/** Ref : Head { "." Word | "[" Infix "]" | "(" Args ")" } — nothing may stand between. */
function finishTerm(cursor: Cursor, head: Term): Term {
  let term = head;
  const start = { loc: head.loc as Token["loc"] };
  while (!cursor.token.spaced && cursor.token.kind === "punctuation") {
    if (cursor.is("(") && isCallable(term)) term = parseCall(cursor, term, start);
    else if (cursor.is(".") && isRefHead(term)) term = appendRef(cursor, term, parseDot(cursor), start);
    else if (cursor.is("[") && isRefHead(term)) term = appendRef(cursor, term, parseBracket(cursor), start);
    else break;
  }
  return term;
}

/** Whether there is such a function is the compiler's to say. */
function isCallable(term: Term): boolean {
  return isRefHead(term) && term.kind !== "call";
}

function isRefHead(term: Term): boolean {
  return !["null", "boolean", "number", "string", "templatestring"].includes(term.kind);
}

function parseCall(cursor: Cursor, term: Term, start: { loc: Token["loc"] }): Call {
  const operator: Ref = term.kind === "ref" ? term : { kind: "ref", loc: term.loc, terms: [term] };
  cursor.advance();
  const args = parseList(cursor, ")");
  return { kind: "call", loc: cursor.span(start), operator, args };
}

function appendRef(cursor: Cursor, term: Term, operand: Term, start: { loc: Token["loc"] }): Ref {
  const terms = term.kind === "ref" ? term.terms : [term];
  return { kind: "ref", loc: cursor.span(start), terms: [...terms, operand] };
}

function parseDot(cursor: Cursor): Term {
  cursor.advance();
  const token = cursor.token;
  const isWord = token.kind === "ident" && !token.spaced;
  if (!isWord || (cursor.mode.keywords.has(token.text) && !cursor.mode.features.has("keywords_in_refs")))
    return cursor.unexpected("expected identifier");
  cursor.advance();
  return { kind: "string", loc: token.loc, value: token.text };
}

function parseBracket(cursor: Cursor): Term {
  cursor.advance();
  const operand = parseInfix(cursor, false);
  cursor.expect("]");
  return operand;
}

/** OPA takes a comma before the first item of a literal, too. Array : "[" [ Infix { "," Infix } [ "," ] ] "]" | "[" Term "|" Query "]" */
function parseArray(cursor: Cursor): Term {
  const start = cursor.advance();
  if (cursor.take("]") !== undefined) return { kind: "array", loc: cursor.span(start), items: [] };
  cursor.take(",");
  const mark = cursor.save();
  const term = parseTerm(cursor);
  if (cursor.is("|")) {
    const body = tryParse(cursor, () => parseComprehensionBody(cursor, "]"));
    if (body !== undefined) return { kind: "arraycomprehension", loc: cursor.span(start), term, body };
  }
  const items = parseListFrom(cursor, mark, term, "]");
  return { kind: "array", loc: cursor.span(start), items };
}

function parseComprehensionBody(cursor: Cursor, close: string): Body {
  cursor.expect("|");
  const body = parseBody(cursor, close);
  if (body.length === 0) cursor.unexpected("expected comprehension body");
  cursor.expect(close);
  return body;
}

/** `{…}`: an object, a set, or a comprehension of either. A single term goes before `|`, so that `{x | y}` is no union. */
function parseBraces(cursor: Cursor): Term {
  const start = cursor.advance();
  if (cursor.take("}") !== undefined) return { kind: "object", loc: cursor.span(start), entries: [] };
  cursor.take(",");
  const mark = cursor.save();
  const term = parseTerm(cursor);
  if (cursor.is(":")) return parseObject(cursor, start, term);
  if (cursor.is("|")) {
    const body = tryParse(cursor, () => parseComprehensionBody(cursor, "}"));
    if (body !== undefined) return { kind: "setcomprehension", loc: cursor.span(start), term, body };
  }
  if (cursor.is("}") || cursor.is(",")) {
    const items = parseListFrom(cursor, mark, term, "}");
    return { kind: "set", loc: cursor.span(start), items: distinctItems(items) };
  }
  cursor.restore(mark);
  const first = parseInfix(cursor, false);
  if (cursor.is(":")) return parseObject(cursor, start, first);
  const items = [first];
  if (cursor.take(",") !== undefined) items.push(...parseList(cursor, "}"));
  else cursor.expect("}", 'expected "," or "}"');
  return { kind: "set", loc: cursor.span(start), items: distinctItems(items) };
}

/** A list whose first term was read already; it may still be the beginning of an infix expression. */
function parseListFrom(cursor: Cursor, mark: number, first: Term, close: string): Term[] {
  if (cursor.take(close) !== undefined) return [first];
  if (cursor.take(",") !== undefined) return [first, ...parseList(cursor, close)];
  cursor.restore(mark);
  return parseList(cursor, close);
}

function parseObject(cursor: Cursor, start: Token, first: Term): Term {
  const entries: (readonly [Term, Term])[] = [];
  let key = first;
  for (;;) {
    cursor.expect(":");
    const mark = cursor.save();
    let value = parseTerm(cursor);
    if (cursor.is("|") && entries.length === 0) {
      const body = tryParse(cursor, () => parseComprehensionBody(cursor, "}"));
      if (body !== undefined) return { kind: "objectcomprehension", loc: cursor.span(start), key, value, body };
    }
    if (!cursor.is("}") && !cursor.is(",")) {
      cursor.restore(mark);
      value = parseInfix(cursor, false);
    }
    entries.push([key, value]);
    if (cursor.take("}") !== undefined) break;
    cursor.expect(",", 'expected "," or "}"');
    if (cursor.take("}") !== undefined) break;
    key = parseInfix(cursor, false);
  }
  return { kind: "object", loc: cursor.span(start), entries: distinctEntries(entries) };
}

/** Items up to `close`, a trailing comma allowed. */
function parseList(cursor: Cursor, close: string): Term[] {
  const items: Term[] = [];
  while (!cursor.is(close)) {
    items.push(parseInfix(cursor, false));
    if (cursor.take(",") === undefined) break;
  }
  cursor.expect(close, `expected "," or "${close}"`);
  return items;
}

/** Template : "$\"" { text | "{" Expr "}" } "\"" — https://www.openpolicyagent.org/docs/policy-language#string-interpolation */
function parseTemplate(cursor: Cursor): Term {
  if (!cursor.mode.features.has("template_strings"))
    cursor.fail("template strings are not supported by current capabilities");
  const token = cursor.advance();
  const { text } = cursor.source;
  const multiLine = token.text[1] === "`";
  const parts: (Term | Expr)[] = [];
  const last = token.loc.end - 1;
  let from = token.loc.offset + 2;
  for (let at = from; at <= last; ) {
    if (text[at] === "\\") {
      at += 2;
    } else if (text[at] === "{" || at === last) {
      const piece = templateText(cursor, text.slice(from, at), multiLine, token);
      if (piece !== undefined) parts.push(piece);
      if (at === last) break;
      const end = templateExpressionEnd(text, at, last) ?? cursor.fail("non-terminated template expression", token);
      parts.push(parseTemplateExpression(cursor, at + 1, end - 1, token));
      from = at = end;
    } else at++;
  }
  return { kind: "templatestring", loc: token.loc, parts, multiLine };
}

function templateText(cursor: Cursor, written: string, multiLine: boolean, token: Token): Term | undefined {
  if (written === "") return undefined;
  const opened = written.replaceAll(/\\([{}])/g, "$1");
  const value = multiLine ? opened : unquote(`"${opened}"`);
  if (value === undefined) return cursor.fail("illegal string literal", token);
  return { kind: "string", loc: token.loc, value };
}

function parseTemplateExpression(cursor: Cursor, start: number, end: number, token: Token): Term | Expr {
  const inner = Cursor.over(cursor.source, start, end, cursor);
  const body = parseBody(inner);
  const [expr] = body;
  if (expr === undefined || body.length !== 1)
    return cursor.fail("expected exactly one expression in template string", token);
  return expr;
}

/** Each attempt reads its text twice at worst; nested ones multiply. No honest module comes near. */
const maxAttempts = 100_000;

/** Undefined, and nothing taken, when `parse` meets a fault. */
function tryParse<T>(cursor: Cursor, parse: () => T): T | undefined {
  const mark = cursor.save();
  const { wildcards } = cursor.counter;
  if (++cursor.counter.attempts > maxAttempts) cursor.fail("too many ambiguous expressions");
  try {
    return parse();
  } catch (error) {
    if ((error as Error).name !== "SyntaxFault") throw error;
    cursor.restore(mark);
    cursor.counter.wildcards = wildcards;
    return undefined;
  }
}

function call(cursor: Cursor, start: Token, operator: Ref, args: readonly Term[]): Call {
  return { kind: "call", loc: cursor.span(start), operator, args };
}

function builtin(loc: Location, name: string): Ref {
  return { kind: "ref", loc, terms: [{ kind: "var", loc, name }] };
}

function internal(loc: Location, name: string): Ref {
  return {
    kind: "ref",
    loc,
    terms: [
      { kind: "var", loc, name: "internal" },
      { kind: "string", loc, value: name },
    ],
  };
}
