import type { Expr, Term } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { lex, type Token, templateExpressionEnd, unquote } from "./lexer.ts";
import { SourceLocation } from "./source.ts";

/** Template : "$\"" { text | "{" Expr "}" } "\"" — https://www.openpolicyagent.org/docs/policy-language#string-interpolation */
export function parseTemplate(cursor: Cursor): Term | undefined {
  if (!cursor.mode.features.has("template_strings"))
    return cursor.report("template strings are not supported by current capabilities");
  const { token } = cursor;
  const { text } = cursor.source;
  const parts: (Term | Expr)[] = [];
  const last = token.loc.end - 1;
  let from = token.loc.offset;
  let at = from + 2;
  for (;;) {
    const stop = textEnd(text, at, last);
    const part = templateText(cursor, from, stop, token);
    if (part === undefined) return undefined;
    if (part.kind === "string" && part.value !== "") parts.push(part);
    if (stop === last) break;
    const end = templateExpressionEnd(text, stop, last) ?? last;
    const expr = parseTemplateExpression(cursor, stop + 1, end - 1);
    if (expr === undefined) return undefined;
    parts.push(expr);
    from = at = end;
  }
  cursor.advance();
  return { kind: "templatestring", loc: token.loc, parts, multiLine: token.text[1] === "`" };
}

/** Where the text that begins at `at` ends: at a brace or at the closing quote. */
function textEnd(text: string, at: number, last: number): number {
  let end = at;
  while (end < last && text[end] !== "{") end += text[end] === "\\" ? 2 : 1;
  return Math.min(end, last);
}

/** A constant part; its place includes the brace or quote on either side. */
function templateText(cursor: Cursor, from: number, stop: number, token: Token): Term | undefined {
  const loc = new SourceLocation(cursor.source, from, stop + 1);
  const start = from === token.loc.offset ? from + 2 : from;
  const opened = cursor.source.text.slice(start, stop).replaceAll(/\\([{}])/g, "$1");
  const value = token.text[1] === "`" ? opened.replaceAll("\r\n", "\n") : unquote(`"${opened}"`);
  if (value === undefined) return cursor.report("illegal escape sequence", loc);
  return { kind: "string", loc, value };
}

/** The one literal between the braces, parsed with the cursor's own keywords. */
function parseTemplateExpression(cursor: Cursor, start: number, end: number): Expr | Term | undefined {
  const lexed = lex(cursor.source, start, end);
  const inner = cursor.inside(lexed);
  const expr = inner.grammar.literal(inner);
  if (expr !== undefined) refuseStatement(inner, expr);
  else if (inner.faults.length > 0) inner.report("invalid template-string expression");
  if (inner.faults.length === 0 && inner.token.kind !== "eof")
    inner.report("expected } to end template string expression");
  if (!cursor.takeFrom(inner)) return undefined;
  return expr && lexed.comments.length === 0 ? constantOf(expr) : expr;
}

/** An expression that is one constant, without comments beside it, is that constant. */
function constantOf(expr: Expr): Expr | Term {
  const term = expr.terms.kind === "term" ? expr.terms.term : undefined;
  return term !== undefined && ["null", "boolean", "number", "string"].includes(term.kind) ? term : expr;
}

/** Only what has a value may stand in a template. */
function refuseStatement(cursor: Cursor, { terms, negated, loc }: Expr): void {
  const place = loc as SourceLocation;
  const refuse = (what: string) => cursor.report(`unexpected ${what} in template-string expression`, place);
  const operator = terms.kind === "call" && terms.operator.terms.length === 1 ? terms.operator.terms[0] : undefined;
  const name = operator?.kind === "var" ? operator.name : undefined;
  if (negated || terms.kind === "not") refuse("negation ('not')");
  else if (terms.kind === "some" || terms.kind === "every") refuse(`'${terms.kind}'`);
  else if (name === "assign") refuse("assignment (':=')");
  else if (name === "eq") refuse("unification ('=')");
}
