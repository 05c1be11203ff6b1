import type { Body, Expr, ExprTerms, Term, With } from "./ast.ts";
import { type Cursor, type Grammar, SyntaxFault } from "./cursor.ts";
import { type LiteralParts, parseLogic, refuseInnerWith } from "./logic.ts";
import { parseTemplate } from "./template.ts";
import { builtinRef, parseInfix, parseTerm, parseVar } from "./terms.ts";

/** What a cursor needs to parse terms that hold literals. */
export const grammar: Grammar = {
  body: parseBody,
  literal: parseLiteral,
  expression: parseExpression,
  withs: parseWiths,
  template: parseTemplate,
};

const literalParts: LiteralParts = {
  body: (cursor, close) => parseBody(cursor, close) ?? stop(),
  expression: (cursor) => parseExpression(cursor) ?? stop(),
  withs: (cursor) => parseWiths(cursor) ?? stop(),
};

function stop(): never {
  throw new SyntaxFault();
}

/** The query of a rule, a comprehension or braces, up to its closing bracket, which is not taken. */
export function parseBody(cursor: Cursor, close: string): Body | undefined {
  return cursor.nested(() => parseQuery(cursor, close, false));
}

/** Query : Literal { ( ";" | newline ) Literal } — with `requireSemicolon` a line break ends it, as at the top of a module. */
export function parseQuery(cursor: Cursor, close: string, requireSemicolon: boolean): Body | undefined {
  if (isClose(cursor, close)) return cursor.report("found empty body");
  const body: Expr[] = [];
  for (;;) {
    const expr = parseLiteral(cursor);
    if (expr === undefined) return undefined;
    body.push(expr);
    if (cursor.take(";") !== undefined) continue;
    if (requireSemicolon || isClose(cursor, close)) return body;
    if (cursor.token.newline) continue;
    return cursor.faults.length > 0 ? undefined : cursor.illegal(`expected \\n or ; or ${close}`);
  }
}

function isClose(cursor: Cursor, close: string): boolean {
  if (cursor.isAtSpace) return false;
  return close === "eof" ? cursor.token.kind === "eof" : cursor.is(close);
}

/** Literal : ( SomeDecl | Every | Logic ) { With } */
export function parseLiteral(cursor: Cursor): Expr | undefined {
  return cursor.nested(parseNestedLiteral);
}

function parseNestedLiteral(cursor: Cursor): Expr | undefined {
  if (cursor.isAtSpace) return cursor.illegal();
  const start = cursor.token;
  const startsRef = cursor.isReserved() && cursor.isRefHead();
  const expr = startsRef ? parseKeywordRef(cursor) : parsePlainLiteral(cursor);
  return expr && placed(expr, cursor.span(start));
}

/** An operand of `not` without braces stands where its literal does. */
function placed(expr: Expr, loc: Expr["loc"]): Expr {
  const { terms } = expr;
  if (terms.kind !== "not" || terms.explicitBody) return { ...expr, loc };
  return { ...expr, loc, terms: { ...terms, body: terms.body.map((each) => ({ ...each, loc })) } };
}

/** `import.x == 1`: a keyword with `.` or `[` behind it is a name at the beginning of a literal. */
function parseKeywordRef(cursor: Cursor): Expr | undefined {
  cursor.treatAsName();
  const terms = parseExpression(cursor);
  return terms && withModifiers(cursor, terms);
}

function parsePlainLiteral(cursor: Cursor): Expr | undefined {
  if (cursor.isKeyword("some")) return parseSome(cursor);
  if (cursor.isKeyword("every")) return parseEvery(cursor);
  const before = cursor.save();
  let logic: Expr;
  try {
    logic = parseLogic(cursor, literalParts);
  } catch (error) {
    if (error instanceof SyntaxFault) return undefined;
    throw error;
  }
  const behind = cursor.token;
  const withs = parseWiths(cursor);
  if (withs === undefined) return undefined;
  try {
    if (withs.length > 0) refuseInnerWith(cursor, behind);
  } catch (error) {
    if (error instanceof SyntaxFault) return undefined;
    throw error;
  }
  if (logic.terms.kind === "term" && isVar(logic.terms.term, "every")) hintEvery(cursor, before);
  return withs.length === 0 ? logic : { ...logic, with: [...logic.with, ...withs] };
}

function withModifiers(cursor: Cursor, terms: ExprTerms): Expr | undefined {
  const withs = parseWiths(cursor);
  return withs && { kind: "expr", loc: cursor.token.loc, negated: false, with: withs, terms };
}

function isVar(term: Term, name: string): boolean {
  return term.kind === "var" && term.name === name;
}

/** v0 without the import: what stands there would be an `every`. */
function hintEvery(cursor: Cursor, before: ReturnType<Cursor["save"]>): void {
  const found = asFuture(cursor, before, () => parseEvery(cursor)?.terms.kind === "every");
  if (found) cursor.hint("`import future.keywords.every` for `every x in xs { ... }` expressions");
}

/** What a parse from `before` on would find if all keywords were known; nothing is taken. */
function asFuture(cursor: Cursor, before: ReturnType<Cursor["save"]>, parse: () => boolean): boolean {
  const after = cursor.save();
  const added = ["in", "every", "contains", "if"].filter((word) => !cursor.mode.keywords.has(word));
  cursor.restore(before);
  for (const word of added) cursor.mode.keywords.add(word);
  cursor.forgetTerms();
  const found = parse();
  for (const word of added) cursor.mode.keywords.delete(word);
  cursor.forgetTerms();
  cursor.restore(after);
  return found;
}

/** SomeDecl : "some" ( Var { "," Var } | [ Term "," ] Term "in" Term ) */
function parseSome(cursor: Cursor): Expr | undefined {
  const { loc } = cursor.advance();
  const mark = cursor.save();
  const term = parseInfix(cursor, true);
  if (term?.kind === "call") {
    if (memberOf(term) === undefined) return cursor.illegal("expected `x in xs` or `x, y in xs` expression");
    return withModifiers(cursor, { kind: "some", loc, symbols: [term] });
  }
  cursor.restore(mark);
  const isFuture =
    !cursor.mode.keywords.has("in") &&
    asFuture(cursor, mark, () => {
      const member = parseInfix(cursor, true);
      return member !== undefined && memberOf(member) !== undefined;
    });
  if (isFuture) cursor.hint("`import future.keywords.in` for `some x in xs` expressions");
  const symbols: Term[] = [];
  do {
    if (cursor.token.kind !== "ident" || cursor.isReserved()) return cursor.illegal("expected var");
    symbols.push(parseVar(cursor));
  } while (cursor.take(",") !== undefined);
  return { kind: "expr", loc, negated: false, with: [], terms: { kind: "some", loc, symbols } };
}

/** The operands of `x in xs` and `k, x in xs`. */
function memberOf(term: Term): readonly Term[] | undefined {
  if (term.kind !== "call") return undefined;
  const [root, name] = term.operator.terms;
  if (root?.kind !== "var" || root.name !== "internal" || name?.kind !== "string") return undefined;
  const arity = name.value === "member_2" ? 2 : name.value === "member_3" ? 3 : undefined;
  return arity === term.args.length ? term.args : undefined;
}

/** Every : "every" Var [ "," Var ] "in" Term "{" Query "}" */
function parseEvery(cursor: Cursor): Expr | undefined {
  const { loc } = cursor.advance();
  const term = parseInfix(cursor, true);
  if (term === undefined) return undefined;
  const operands = memberOf(term);
  if (operands === undefined) return cursor.illegal("expected `x[, y] in xs { ... }` expression");
  const [key, value, domain] = operands.length === 3 ? operands : [undefined, ...operands];
  if (key !== undefined && !isVariable(key)) return cursor.illegal("expected key to be a variable");
  if (value === undefined || !isVariable(value)) return cursor.illegal("expected value to be a variable");
  if (!cursor.is("{")) return cursor.illegal("missing body");
  cursor.advance();
  const body = parseBody(cursor, "}");
  if (body === undefined || domain === undefined) return undefined;
  cursor.advance();
  return withModifiers(cursor, { kind: "every", loc, key, value, domain, body });
}

/** As terms, `input` and `data` are refs. */
function isVariable(term: Term): term is Extract<Term, { kind: "var" }> {
  return term.kind === "var" && term.name !== "input" && term.name !== "data";
}

/** Expr : Infix [ ( ":=" | "=" ) Infix ] */
function parseExpression(cursor: Cursor): ExprTerms | undefined {
  const left = parseInfix(cursor, true);
  if (left === undefined) return undefined;
  const operator = cursor.take(":=") ?? cursor.take("=");
  if (operator !== undefined) {
    const right = parseInfix(cursor, true);
    const name = operator.text === ":=" ? "assign" : "eq";
    return right && { kind: "call", operator: builtinRef(operator.loc, name), args: [left, right] };
  }
  return left.kind === "call"
    ? { kind: "call", operator: left.operator, args: left.args }
    : { kind: "term", term: left };
}

/** With : { "with" Ref "as" Infix } */
function parseWiths(cursor: Cursor): readonly With[] | undefined {
  const withs: With[] = [];
  while (cursor.isKeyword("with") && !cursor.isRefHead()) {
    const start = cursor.advance();
    if (cursor.token.kind !== "ident" || cursor.isReserved()) return cursor.illegal("expected ident");
    const target = parseTerm(cursor);
    if (target === undefined) return undefined;
    if (target.kind !== "ref" && target.kind !== "var") cursor.illegal("expected with target path");
    if (!cursor.isKeyword("as")) return cursor.illegal("expected as keyword");
    cursor.advance();
    const value = parseInfix(cursor, true);
    if (value === undefined) return undefined;
    withs.push({ loc: cursor.span(start), target, value });
  }
  return withs;
}
