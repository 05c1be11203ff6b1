import { infixOf, memberArity } from "../compile/infix.ts";
import type { Body, Expr, ExprTerms, Location } from "../syntax/ast.ts";
import { closingRow } from "./closing.ts";
import { isUnion, TermWriter } from "./format-terms.ts";
import { groupByLine } from "./lines.ts";
import { CommentCollision } from "./writer.ts";

/** Writes literals and bodies. */
export abstract class LiteralWriter extends TermWriter {
  /** `leads`: its braces would be read as a comprehension if a union came first in them. */
  protected writeBody(body: Body, leads = false): void {
    const [first] = body;
    if (first !== undefined) this.placeComments(first.loc.row);
    for (const [i, expr] of body.entries()) {
      const before = body[i - 1];
      if (before !== undefined && expr.loc.row > before.loc.row + lineBreaks(before.loc.text) + 1) this.blankLine();
      this.startLine();
      this.writeExpr(expr, leads && i === 0);
      this.endLine();
    }
  }

  protected writeExpr(expr: Expr, isLeading = false): void {
    this.#beginExpr(expr);
    this.#unlessCollision(() => this.#writeTerms(expr, isLeading && !expr.negated));
    this.#writeWiths(expr);
  }

  /** A literal inside a term, on its line: what was left as it was ends the term too. */
  protected writeInnerExpr(expr: Expr): void {
    this.#beginExpr(expr);
    this.#writeTerms(expr, false);
    this.#writeWiths(expr);
  }

  #beginExpr(expr: Expr): void {
    this.placeComments(expr.loc.row);
    this.startLineUnlessIn();
    if (expr.negated) this.write("not ");
  }

  /** What was left as it was ends what it is part of, here. */
  #unlessCollision(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof CommentCollision)) throw error;
    }
  }

  #writeTerms({ terms, loc }: Expr, isLeading: boolean): void {
    switch (terms.kind) {
      case "term":
        this.writeTerm(terms.term);
        return;
      case "call":
        this.#writeCallExpr(terms, isLeading);
        return;
      case "some":
        this.#writeSome(terms);
        return;
      case "every":
        this.#writeEvery(terms, loc);
        return;
      case "not":
        this.write("not ");
        this.#writeOperand({
          word: "not",
          body: terms.body,
          // The compiler may have made several of one.
          isExplicit: terms.explicitBody || terms.body.length > 1,
          isRight: true,
          loc,
        });
        return;
      case "and":
      case "or":
        this.#writeOperands(terms, isLeading);
        return;
    }
  }

  #writeCallExpr({ operator, args }: Extract<ExprTerms, { kind: "call" }>, isLeading: boolean): void {
    if (memberArity(operator) !== undefined) {
      this.writeIn(operator, args, false);
      return;
    }
    const sign = infixOf(operator);
    const [left, right, result] = args;
    if (sign === undefined || left === undefined || right === undefined || args.length > 3) {
      this.writePlainCall(operator, args);
      return;
    }
    if (result !== undefined) {
      this.writeTerm(result);
      this.write(" = ");
    }
    if (isLeading && sign === "|") {
      this.write("(");
      this.writeTerm(left);
      this.write(" | ");
      this.writeTerm(right);
      this.write(")");
      return;
    }
    if (isLeading && isUnion(left)) this.writeTermParens(left, true);
    else this.writeTerm(left);
    this.write(` ${sign} `);
    this.writeTerm(right);
  }

  #writeSome({ symbols, loc }: Extract<ExprTerms, { kind: "some" }>): void {
    this.placeComments(loc.row);
    this.write("some ");
    let { row } = loc;
    for (const [i, symbol] of symbols.entries()) {
      if (symbol.kind === "call") {
        this.writeIn(symbol.operator, symbol.args, false);
        continue;
      }
      if (symbol.loc.row > row) {
        this.endLine();
        this.startLine();
        this.write("\t");
        row = symbol.loc.row;
      } else if (i > 0) this.write(" ");
      this.writeTerm(symbol);
      if (i < symbols.length - 1) this.write(",");
    }
  }

  /** `whole`: the literal; the location of `every` itself is that of its word. */
  #writeEvery({ key, value, domain, body, loc }: Extract<ExprTerms, { kind: "every" }>, whole: Location): void {
    this.placeComments(loc.row);
    this.write("every ");
    if (key !== undefined) {
      this.writeTerm(key);
      this.write(", ");
    }
    this.writeTerm(value);
    this.write(" in ");
    this.writeTerm(domain);
    this.write(" {");
    try {
      this.writeInnerBody(body, loc, whole, ["{", "}"]);
    } catch (error) {
      // As in OPA, the brace follows all the same.
      if (!(error instanceof CommentCollision)) throw error;
    }
    if (body.length === 1 && body[0]?.loc.row === loc.row) this.write(" ");
    this.write("}");
  }

  /** A body in braces. */
  #writeBraces(body: Body, loc: Location): void {
    this.write("{");
    const [first] = body;
    const isSpread = first !== undefined && (first.loc.row > loc.row || groupByLine(body, loc).length > 1);
    if (isSpread) {
      this.endLine();
      this.up();
      this.writeBody(body, true);
    } else {
      this.write(" ");
      this.writeLiterals(body, (expr, isFirst) => this.writeExpr(expr, isFirst));
    }
    this.placeComments(closingRow(loc, "{", "}"));
    if (isSpread) {
      this.down();
      this.startLine();
    } else this.write(" ");
    this.write("}");
  }

  /** Braces where they were written; parentheses where the operand would be read as another one without them. */
  #writeOperand(operand: Operand): void {
    const { body, loc } = operand;
    if (operand.isExplicit) {
      this.#writeBraces(body, loc);
      return;
    }
    const expr = body[0] as Expr;
    const needsParens = expr.with.length > 0 || bindsLess(operand, expr);
    if (needsParens) {
      this.write("(");
      this.writeExpr(expr);
      this.write(")");
      return;
    }
    const start = this.text.length;
    this.writeExpr(expr, operand.isLeading);
    // A brace at the beginning would open a body; the operands of what is written here have seen to their own.
    if (!isLogical(expr)) this.wrapFromBrace(start);
  }

  #writeOperands(
    { kind: word, left, right, ...terms }: Extract<ExprTerms, { kind: "and" | "or" }>,
    isLeading: boolean,
  ): void {
    const [leftLoc, rightLoc] = terms.operands ?? [(left[0] as Expr).loc, (right[0] as Expr).loc];
    this.#writeOperand({ word, body: left, isExplicit: terms.explicitLeft, isRight: false, loc: leftLoc, isLeading });
    this.write(` ${word}`);
    const isBelow = rightLoc.row > leftLoc.row + lineBreaks(leftLoc.text);
    if (isBelow) {
      this.endLine();
      this.up();
      this.placeComments(rightLoc.row);
      this.startLineUnlessIn();
    } else this.write(" ");
    this.#writeOperand({ word, body: right, isExplicit: terms.explicitRight, isRight: true, loc: rightLoc });
    if (isBelow) this.down();
  }

  #writeWiths({ with: withs, loc }: Expr): void {
    let isIndented = false;
    for (const [i, each] of withs.entries()) {
      const before = withs[i - 1]?.loc.row ?? endOfTerms(loc, each.loc);
      const isSameLine = each.loc.row === before;
      if (!isSameLine) {
        if (!isIndented) this.up();
        isIndented = true;
        this.endLine();
        this.startLine();
      }
      this.#unlessCollision(() => {
        this.placeComments(each.loc.row);
        if (isSameLine) this.write(" ");
        this.write("with ");
        this.writeTerm(each.target);
        this.write(" as ");
        this.writeTerm(each.value);
      });
    }
    if (isIndented) this.down();
  }

  /** The row of the brace that closes a rule's body. */
  protected bodyEnd(loc: Expr["loc"], skip: string): number {
    return closingRow(loc, "{", "}", skip);
  }
}

/** The row of the last character before the first `with`. */
function endOfTerms(loc: Location, first: Location): number {
  const terms = loc.text.slice(0, first.offset - loc.offset).trimEnd();
  return loc.row + lineBreaks(terms);
}

interface Operand {
  readonly word: "and" | "or" | "not";
  readonly body: Body;
  /** Written with braces. */
  readonly isExplicit: boolean;
  readonly isRight: boolean;
  readonly loc: Location;
  /** It comes first in braces. */
  readonly isLeading?: boolean;
}

/** Without parentheses the operators would group otherwise, `not` binding most, then `and`, then `or`, each from the left; `not not` is no Rego. */
function bindsLess({ word, isRight }: Operand, expr: Expr): boolean {
  const { kind } = expr.terms;
  if (word === "not") return isLogical(expr) || expr.negated || kind === "not";
  if (word === "and") return kind === "or" || (kind === "and" && isRight);
  return isRight && kind === "or";
}

function isLogical({ terms: { kind } }: Expr): boolean {
  return kind === "and" || kind === "or";
}

function lineBreaks(text: string): number {
  return text.split("\n").length - 1;
}
