import type { Expr, Term } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { lex, type Token, templateExpressionEnd, templatePart, unquote } from "./lexer.ts";
import { SourceLocation } from "./source.ts";

/** Template : "$\"" { text | "{" Expr "}" } "\"" — https://www.openpolicyagent.org/docs/policy-language#string-interpolation */
export function parseTemplate(cursor: Cursor): Term | undefined {
  if (!cursor.mode.features.has("template_strings"))
    return cursor.report("template strings are not supported by current capabilities");
  const { token } = cursor;
  const { text } = cursor.source;
  const quote = text[token.loc.offset + 1] as string;
  const parts: (Term | Expr)[] = [];
  let from = token.loc.offset;
  for (;;) {
    const isFirst = from === token.loc.offset;
    const { end: stop, faults } = templatePart(text, isFirst ? from + 2 : from + 1, token.loc.end, quote);
    if (faults.length > 0) return brokenPart(cursor, from, faults);
    const part = templateText(cursor, from, stop, token);
    if (part === undefined) return undefined;
    if (part.kind === "string" && part.value !== "") parts.push(part);
    if (text[stop] !== "{") break;
    const parsed = parseTemplateExpression(cursor, stop, token.loc.end);
    if (parsed === undefined) return undefined;
    parts.push(parsed.expr);
    from = parsed.close;
  }
  cursor.advance();
  return { kind: "templatestring", loc: token.loc, parts, multiLine: quote === "`" };
}

/** A cursor on the first expression of the template string that the cursor stands at; undefined where it has none. */
export function templateExpression(cursor: Cursor): Cursor | undefined {
  const { loc } = cursor.token;
  const { text } = cursor.source;
  const { end: open, faults } = templatePart(text, loc.offset + 2, loc.end, text[loc.offset + 1] as string);
  if (faults.length > 0 || text[open] !== "{") return undefined;
  return cursor.inside(lex(cursor.source, open + 1, templateExpressionEnd(text, open, loc.end) ?? loc.end));
}

/** A part behind a brace that cannot be read. */
function brokenPart(cursor: Cursor, close: number, faults: readonly string[]): undefined {
  const place = new SourceLocation(cursor.source, close + 1, close + 2);
  return cursor.stickAt(place, [...faults, "expected template-string part"]);
}

/** A constant part; its place includes the brace or quote on either side. */
function templateText(cursor: Cursor, from: number, stop: number, token: Token): Term | undefined {
  const isFirst = from === token.loc.offset;
  const loc = new SourceLocation(cursor.source, isFirst ? from : from + 1, stop + 1);
  const start = isFirst ? from + 2 : from + 1;
  const opened = cursor.source.text.slice(start, stop).replaceAll("\\{", "{");
  const quote = token.text[1] as string;
  const value = quote === "`" ? opened.replaceAll("\r\n", "\n") : unquote(`"${opened}"`);
  const part = `${isFirst ? quote : "}"}${opened}${cursor.source.text[stop]}`;
  if (value === undefined) return cursor.report(`illegal template-string part: ${part}`, loc);
  return { kind: "string", loc, value };
}

interface TemplateExpression {
  readonly expr: Expr | Term;
  /** The offset of its closing brace. */
  readonly close: number;
}

/** The one literal between the braces, parsed with the cursor's own keywords. */
function parseTemplateExpression(cursor: Cursor, open: number, limit: number): TemplateExpression | undefined {
  const { text } = cursor.source;
  const lexed = lex(cursor.source, open + 1, templateExpressionEnd(text, open, limit) ?? limit);
  const inner = cursor.inside(lexed);
  const expr = inner.grammar.literal(inner);
  const isRefused = expr !== undefined && refuseStatement(inner, expr);
  if (expr === undefined && inner.faults.length > 0) inner.report("invalid template-string expression");
  const isClosed = expr !== undefined && !isRefused && inner.is("}");
  if (expr !== undefined && !isRefused && !isClosed) inner.report("expected } to end template string expression");
  if (!isClosed) {
    cursor.leaveTo(inner);
    return undefined;
  }
  cursor.takeFrom(inner);
  return { expr: lexed.comments.length === 0 ? constantOf(expr) : expr, close: inner.token.loc.offset };
}

/** An expression that is one constant, without comments beside it, is that constant. */
function constantOf(expr: Expr): Expr | Term {
  const term = expr.terms.kind === "term" ? expr.terms.term : undefined;
  return term !== undefined && ["null", "boolean", "number", "string"].includes(term.kind) ? term : expr;
}

/** Only what has a value may stand in a template; true when something else was found, and told. */
function refuseStatement(cursor: Cursor, { terms, negated, loc }: Expr): boolean {
  const before = cursor.faults.length;
  const place = loc as SourceLocation;
  const refuse = (what: string) => cursor.report(`unexpected ${what} in template-string expression`, place);
  const operator = terms.kind === "call" && terms.operator.terms.length === 1 ? terms.operator.terms[0] : undefined;
  const name = operator?.kind === "var" ? operator.name : undefined;
  if (negated || terms.kind === "not") refuse("negation ('not')");
  else if (terms.kind === "some" || terms.kind === "every") refuse(`'${terms.kind}'`);
  else if (name === "assign") refuse("assignment (':=')");
  else if (name === "eq") refuse("unification ('=')");
  return cursor.faults.length > before;
}
