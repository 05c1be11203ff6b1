import type { Body, Expr, ExprTerms, With } from "./ast.ts";
import { type Cursor, SyntaxFault } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import type { SourceLocation } from "./source.ts";

/** What literals are made of; parsed by the caller, which literals are part of. */
export interface LiteralParts {
  readonly body: (cursor: Cursor, close: string) => Body;
  readonly expression: (cursor: Cursor) => ExprTerms;
  readonly withs: (cursor: Cursor) => readonly With[];
}

type Word = "and" | "or";

/** An operand of `and`, `or` or `not`. `explicit`: written with braces. */
interface Operand {
  readonly body: Body;
  readonly explicit: boolean;
  readonly start: Token;
  /** With its braces or parentheses. */
  readonly loc: SourceLocation;
}

/**
 * The literals that are made of others: Or : And { "or" And } ; And : Operand { "and" Operand } ;
 * Operand : [ "not" ] ( "{" Query "}" | "(" Or { With } ")" | Expr ).
 * Braces hold a query behind `not` where `future.keywords.not` is imported, and where `and` or `or` stands beside them. Which one it is, and
 * whether a parenthesis holds operators, is seen by looking ahead: taking back what was parsed would double with each nesting.
 * https://www.openpolicyagent.org/docs/policy-language#negation
 */
export function parseLogic(cursor: Cursor, parts: LiteralParts): Expr {
  const { keywords } = cursor.mode;
  const hasOperators = keywords.has("and") || keywords.has("or");
  if (hasOperators || cursor.isKeyword("not")) return new LogicParser(cursor, parts, hasOperators).parse();
  // What most literals are.
  const start = cursor.token;
  const terms = parts.expression(cursor);
  return { kind: "expr", loc: cursor.span(start), negated: false, with: [], terms };
}

/** Throws where the `with` at `at` stands between an operand and its operator: it could be about either. */
export function refuseInnerWith(cursor: Cursor, at: Token): void {
  const word = operatorAt(cursor);
  if (word === undefined) return;
  const after = `move \`with\` after the \`${word}\` expression to apply it to the whole expression`;
  const hint = `Wrap the operand in \`(...)\` or \`{...}\` to scope, or ${after}`;
  cursor.fail(`\`with\` modifier is not allowed on operand of \`${word}\` (hint: ${hint})`, at);
}

class LogicParser {
  readonly #cursor: Cursor;
  readonly #parts: LiteralParts;
  readonly #hasOperators: boolean;

  constructor(cursor: Cursor, parts: LiteralParts, hasOperators: boolean) {
    this.#cursor = cursor;
    this.#parts = parts;
    this.#hasOperators = hasOperators;
  }

  /** `with` behind it is about the whole literal, and parsed by the caller. */
  parse(): Expr {
    return onlyExpr(this.#hasOperators ? this.#chain("or") : this.#operand());
  }

  /** `behind`: the operator that stands left of it. */
  #chain(word: Word, behind?: Word): Operand {
    const next = (left?: Word) => (word === "or" ? this.#chain("and", left) : this.#operand(left));
    let left = next(behind);
    while (this.#cursor.isKeyword(word)) {
      this.#cursor.advance();
      const right = next(word);
      const loc = this.#cursor.span(left.start);
      const operands = [left.loc, right.loc] as const;
      const explicit = { explicitLeft: left.explicit, explicitRight: right.explicit, operands };
      left = this.#single(left.start, { kind: word, loc, left: left.body, right: right.body, ...explicit });
    }
    return left;
  }

  #operand(behind?: Word): Operand {
    const cursor = this.#cursor;
    if (cursor.isKeyword("not")) return this.#not();
    if (this.#hasOperators && cursor.is("{")) return this.#bracesOrValue(behind);
    if (this.#hasOperators && cursor.is("(") && this.#isGroup(behind !== undefined)) return this.#group();
    return this.#expression();
  }

  #not(): Operand {
    const cursor = this.#cursor;
    const start = cursor.advance();
    for (const word of ["some", "every"])
      if (cursor.isKeyword(word)) cursor.unexpected(`illegal negation of '${word}'`);
    if (!cursor.mode.notBodies) return this.#single(start, this.#parts.expression(cursor), true);
    if (cursor.isKeyword("not")) cursor.unexpected();
    const isGroup = this.#hasOperators && cursor.is("(") && this.#isGroup(true);
    const inner = cursor.is("{") ? this.#braces() : isGroup ? this.#group() : this.#expression();
    const loc = cursor.span(start);
    const body = inner.explicit ? inner.body : inner.body.map((expr) => ({ ...expr, loc }));
    return this.#single(start, { kind: "not", loc, body, explicitBody: inner.explicit });
  }

  #bracesOrValue(behind: Word | undefined): Operand {
    const cursor = this.#cursor;
    const start = cursor.token;
    const { word, text } = this.#pastBraces(start);
    const beside = behind ?? word;
    if (beside === undefined) {
      const value = this.#expression();
      const before = operatorAt(this.#cursor);
      return before === undefined ? value : this.#refuseValue(start, before, cursor.span(start).text);
    }
    const mark = cursor.save();
    try {
      return this.#braces();
    } catch (fault) {
      // What is no query but may be a set, an object or a comprehension is told how to be one.
      if (!cursor.is(",") && !cursor.is(":") && !cursor.is("some")) throw fault;
      cursor.restore(mark);
      return this.#refuseValue(start, beside, text);
    }
  }

  #refuseValue(start: Token, word: Word, text: string): never {
    const hint = `wrap the operand to keep the value: \`(${text}) ${word} ...\``;
    const message = `operand of \`${word}\` cannot begin with \`{\` unless the braces hold a body (hint: ${hint})`;
    return this.#cursor.fail(message, start);
  }

  #braces(): Operand {
    const start = this.#cursor.expect("{");
    if (this.#cursor.is("}")) this.#cursor.fail("found empty body", start);
    const body = this.#parts.body(this.#cursor, "}");
    this.#cursor.expect("}", "expected \\n or ; or }");
    return { body, explicit: true, start, loc: this.#cursor.span(start) };
  }

  #group(): Operand {
    const group = this.#cursor.nested(() => {
      const start = this.#cursor.expect("(");
      const inner = onlyExpr(this.#chain("or"));
      const withs = this.#parts.withs(this.#cursor);
      if (!this.#cursor.is(")")) this.#cursor.fail("expected ) to close parenthesized group");
      this.#cursor.advance();
      const expr = withs.length === 0 ? inner : { ...inner, with: [...inner.with, ...withs] };
      return { body: [expr], explicit: false, start, loc: this.#cursor.span(start) };
    });
    if (group === undefined) throw new SyntaxFault();
    return group;
  }

  #expression(): Operand {
    const start = this.#cursor.token;
    return this.#single(start, this.#parts.expression(this.#cursor));
  }

  #single(start: Token, terms: ExprTerms, negated = false): Operand {
    const expr: Expr = { kind: "expr", loc: this.#cursor.span(start), negated, with: [], terms };
    return { body: [expr], explicit: false, start, loc: this.#cursor.span(start) };
  }

  /** The operator behind the braces that open here, and their text. */
  #pastBraces(start: Token): { readonly word: Word | undefined; readonly text: string } {
    let word: Word | undefined;
    let text = "";
    this.#lookAhead((depth) => {
      if (depth > 0) return false;
      word = operatorAt(this.#cursor);
      text = this.#cursor.span(start).text;
      return true;
    });
    return { word, text };
  }

  /** The parenthesis that opens here holds operators, or has a `with` inside and an operator at a side. */
  #isGroup(isBehind: boolean): boolean {
    let hasWith = false;
    return this.#lookAhead((depth, isInBraces) => {
      if (depth === 0) return hasWith && (isBehind || operatorAt(this.#cursor) !== undefined);
      if (isInBraces) return false;
      hasWith ||= this.#cursor.isKeyword("with");
      return operatorAt(this.#cursor) !== undefined || this.#cursor.isKeyword("not");
    });
  }

  /** Asks about the tokens from the bracket here to the one behind its end (depth 0), until the answer is yes. Takes nothing. */
  #lookAhead(ask: (depth: number, isInBraces: boolean) => boolean): boolean {
    const cursor = this.#cursor;
    const mark = cursor.save();
    const open: string[] = [];
    let found = false;
    do {
      const { kind, text } = cursor.token;
      if (kind === "punctuation" && /^[([{]$/.test(text)) open.push(text);
      else if (kind === "punctuation" && /^[)\]}]$/.test(text)) open.pop();
      else
        found = ask(
          open.length,
          open.some((each) => each !== "("),
        );
      cursor.skip();
    } while (!found && open.length > 0 && cursor.token.kind !== "eof");
    found ||= open.length === 0 && ask(0, false);
    cursor.restore(mark);
    return found;
  }
}

function onlyExpr({ body }: Operand): Expr {
  return body[0] as Expr;
}

function operatorAt(cursor: Cursor): Word | undefined {
  return (["and", "or"] as const).find((word) => cursor.isKeyword(word));
}
