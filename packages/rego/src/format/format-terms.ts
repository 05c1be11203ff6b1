import { goQuote } from "../builtins/go-quote.ts";
import { infixOf, memberArity } from "../compile/infix.ts";
import type { Comprehension } from "../compile/parts.ts";
import type { Body, Call, Comment, Expr, Location, Ref, TemplateString, Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/term-order.ts";
import { closingRow } from "./closing.ts";
import { type Element, groupByLine, isEntry, placeOf } from "./lines.ts";
import { CommentCollision, Writer } from "./writer.ts";

type ObjectComprehension = Extract<Comprehension, { kind: "objectcomprehension" }>;

/** Writes terms. What holds literals is written by the class that knows them. */
export abstract class TermWriter extends Writer {
  /** Words that are no names behind a dot. */
  readonly #keywords: ReadonlySet<string>;
  readonly #keywordsInRefs: boolean;

  constructor(keywords: ReadonlySet<string>, keywordsInRefs: boolean) {
    super();
    this.#keywords = keywords;
    this.#keywordsInRefs = keywordsInRefs;
  }

  protected abstract writeExpr(expr: Expr, isLeading?: boolean): void;
  protected abstract writeInnerExpr(expr: Expr): void;
  protected abstract writeBody(body: Body, leads?: boolean): void;

  /** What cannot be written with all its comments in place is left as it was; as in OPA, that ends what it is part of. */
  protected writeTerm(term: Term, parens = false): void {
    const draft = this.draft();
    try {
      this.writeTermParens(term, parens);
    } catch (error) {
      if (!(error instanceof CommentCollision)) throw error;
      this.takeBack(draft);
      this.writeUnformatted(term.loc);
      throw error;
    }
  }

  protected writeTermParens(term: Term, parens = false): void {
    this.placeComments(term.loc.row);
    this.startLineUnlessIn();
    switch (term.kind) {
      case "null":
        this.write("null");
        return;
      case "boolean":
        this.write(String(term.value));
        return;
      case "number":
        this.write(term.text);
        return;
      case "string":
        this.write(stringText(term.value, term.loc.text));
        return;
      case "var":
        this.write(variableText(term.name));
        return;
      case "ref":
        this.writeRef(term);
        return;
      case "call":
        this.#writeCall(term, parens);
        return;
      case "array":
        this.#writeList(term.items, term.loc, "[", "]");
        return;
      case "set":
        this.#writeSet(term.items, term.loc);
        return;
      case "object":
        this.#writeList(term.entries, term.loc, "{", "}");
        return;
      case "templatestring":
        this.#writeTemplate(term);
        return;
      case "arraycomprehension":
        this.#writeComprehension(term.term, term.body, term.loc, "[", "]");
        return;
      case "setcomprehension":
        this.#writeComprehension(term.term, term.body, term.loc, "{", "}");
        return;
      case "objectcomprehension":
        this.#between("{", "}", () => this.#writeObjectComprehension(term));
        return;
    }
  }

  #writeObjectComprehension(term: ObjectComprehension): void {
    this.#writeListed(term.key);
    this.write(": ");
    // As in OPA, where the value stands in a row below it brings no comments with it.
    const value = { ...term.value, loc: inRow(term.value.loc, term.loc.row) };
    this.#writeComprehensionRest(value, term.loc, term.body, term.loc, "{", "}");
  }

  /** Writes both brackets, whatever comes between them. */
  #between(open: string, close: string, write: () => void): void {
    this.write(open);
    try {
      write();
    } finally {
      this.write(close);
    }
  }

  protected writeRef({ terms: [head, ...path] }: Ref): void {
    if (head === undefined) return;
    this.writeTerm(head, head.kind === "call" && head.loc.text.startsWith("("));
    for (const term of path) {
      if (term.kind === "string") this.#writeName(term.value, term.loc.text);
      else if (term.kind === "var" && !isRoot(term.name)) this.write(`[${variableText(term.name)}]`);
      else this.#writeOperand(term);
    }
  }

  #writeOperand(term: Term): void {
    this.write("[");
    try {
      this.writeTerm(term);
    } catch (error) {
      if (!(error instanceof CommentCollision)) throw error;
      this.lineBreak();
    }
    this.write("]");
  }

  #writeName(name: string, written: string): void {
    const isWord = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
    const isKeyword = this.#keywords.has(name);
    const keepsDot = isKeyword && this.#keywordsInRefs && !/^["`]/.test(written);
    this.write(isWord && (!isKeyword || keepsDot) ? `.${name}` : `[${goQuote(name)}]`);
  }

  /** A function's call, or an operator between its operands. */
  protected writePlainCall(operator: Ref, args: readonly Term[]): void {
    this.#writeOperator(operator);
    this.#between("(", ")", () => this.writeIterable(args, operator.loc, closingRow(operator.loc, "(", ")"), "("));
  }

  #writeOperator({ terms: [head, ...path] }: Ref): void {
    if (head?.kind === "var") this.write(head.name);
    else if (head !== undefined) this.writeTermParens(head, head.loc.text.startsWith("("));
    for (const term of path) {
      if (term.kind === "string") this.#writeName(term.value, term.loc.text);
      else this.write(`[${term.kind === "var" ? variableText(term.name) : term.loc.text}]`);
    }
  }

  #writeCall({ operator, args }: Call, parens: boolean): void {
    const arity = memberArity(operator);
    if (arity !== undefined) {
      this.writeIn(operator, args, true);
      return;
    }
    const sign = infixOf(operator);
    const [left, right] = args;
    if (sign === undefined || left === undefined || right === undefined || args.length > 2) {
      this.writePlainCall(operator, args);
      return;
    }
    if (parens) this.write("(");
    this.writeTermParens(left, true);
    this.write(` ${sign} `);
    this.writeTermParens(right, true);
    if (parens) this.write(")");
  }

  /** `x in xs`, `k, x in xs`; the latter with parentheses where a list could be meant. */
  protected writeIn(operator: Ref, args: readonly Term[], parens: boolean): void {
    if (args.length !== memberArity(operator)) {
      this.writePlainCall(operator, args);
      return;
    }
    const [first, second, third] = args as [Term, Term, Term | undefined];
    if (third === undefined) {
      this.writeTermParens(first, true);
      this.write(" in ");
      this.writeTermParens(second, true);
      return;
    }
    if (parens) this.write("(");
    this.writeTermParens(first, true);
    this.write(", ");
    this.writeTermParens(second, true);
    this.write(" in ");
    this.writeTermParens(third, true);
    if (parens) this.write(")");
  }

  #writeSet(items: readonly Term[], loc: Location): void {
    if (items.length > 0) {
      // Where the places do not tell the order, it is that of the members.
      this.#writeList(items.toSorted(compareTerms), loc, "{", "}");
      return;
    }
    this.write("set()");
    this.placeComments(closingRow(loc, "(", ")"));
  }

  #writeList(elements: readonly Element[], loc: Location, open: string, close: string): void {
    this.#between(open, close, () => this.writeIterable(elements, loc, closingRow(loc, open, close), open));
  }

  /** Elements of a list, on the lines on which they were written; `end` is the row of the closing bracket. */
  protected writeIterable(elements: readonly Element[], start: Location, end: number, open: string): void {
    const lines = groupByLine(elements, start);
    const isSingle = lines.length <= 1;
    const mayCollide = elements.length > 0 || open !== "(";
    if (isSingle && mayCollide && this.comments.some(({ loc }) => loc.row < end)) throw new CommentCollision();
    const isSpread = !isSingle || (elements.length > 0 && end >= 0 && beginsBelow(elements, start));
    if (isSpread) this.startLines();
    for (const [i, line] of lines.entries()) {
      this.#writeIterableLine(line, open === "(");
      if (i === lines.length - 1) break;
      this.write(",");
      this.#nextLine();
    }
    if (!isSpread) return;
    this.write(",");
    this.endLine();
    this.placeComments(end);
    this.down();
    this.startLine();
  }

  #writeIterableLine(elements: readonly Element[], isArgs: boolean): void {
    for (const [i, element] of elements.entries()) {
      if (i > 0) this.write(", ");
      if (!isEntry(element)) {
        if (element.kind !== "expr") this.#writeListed(element, isArgs);
        continue;
      }
      this.#writeListed(element[0]);
      this.write(": ");
      this.#writeListed(element[1]);
    }
  }

  /** A union has parentheses, without which it could be a comprehension; as an argument only when they were written. */
  #writeListed(term: Term, isArg = false): void {
    const hasParens = isUnion(term) && (!isArg || term.loc.text.startsWith("("));
    if (hasParens) this.write("(");
    this.writeTerm(term);
    if (hasParens) this.write(")");
  }

  #nextLine(): void {
    this.endLine();
    this.startLine();
  }

  #writeComprehension(term: Term, body: Body, loc: Location, open: string, close: string): void {
    this.#between(open, close, () => this.#writeComprehensionRest(term, term.loc, body, loc, open, close));
  }

  #writeComprehensionRest(term: Term, at: Location, body: Body, loc: Location, open: string, close: string): void {
    if (at.row - loc.row >= 1) this.#nextLine();
    this.writeTermParens(term, term.kind === "call" && (isUnion(term) || term.loc.text.startsWith("(")));
    this.write(" |");
    this.writeInnerBody(body, at, loc, [open, close], (expr) => this.writeInnerExpr(expr));
  }

  /** A body between brackets: on one line when it was, else on lines of its own. */
  protected writeInnerBody(
    body: Body,
    before: Location,
    loc: Location,
    [open, close]: readonly [string, string],
    write = (expr: Expr): void => this.writeExpr(expr),
  ): void {
    const [first] = body;
    const isSpread = first !== undefined && (first.loc.row > before.row || groupByLine(body, before).length > 1);
    if (isSpread) {
      this.endLine();
      this.up();
      this.writeBody(body);
    } else {
      this.write(" ");
      this.writeLiterals(body, write);
    }
    this.placeComments(closingRow(loc, open, close));
    if (!isSpread) return;
    this.down();
    this.startLine();
  }

  /** Literals on one line. */
  protected writeLiterals(body: Body, write: (expr: Expr, isFirst: boolean) => void): void {
    for (const [i, expr] of body.entries()) {
      if (i > 0) this.write("; ");
      write(expr, i === 0);
    }
  }

  #writeTemplate({ parts, multiLine }: TemplateString): void {
    const quote = multiLine ? "`" : '"';
    this.write(`$${quote}`);
    for (const [i, part] of parts.entries()) {
      if (part.kind === "expr") this.#writeTemplateExpr(part, parts[i + 1]?.loc.row);
      else this.write(constantPart(part, multiLine));
    }
    this.write(quote);
  }

  /** An expression between braces, with the comments above it, and those above the row of the part behind it. */
  #writeTemplateExpr(expr: Expr, nextRow: number | undefined): void {
    this.write("{");
    this.up();
    if (this.hasLineEnd) this.flushLineEnd();
    else if (this.hasCommentBefore(expr.loc.row)) {
      this.write(" ");
      this.isInLine = true;
      this.writeComments(this.takeBefore(expr.loc.row));
    }
    this.writeExpr(expr);
    if (nextRow !== undefined && this.comments.some(({ loc }) => loc.row < nextRow)) {
      this.endLine();
      this.writeComments(this.takeBefore(nextRow));
      this.startLine();
    }
    this.write("}");
    this.down();
  }

  /** All comments that are still to be placed; for tests of one term none. */
  protected setComments(comments: readonly Comment[]): void {
    this.comments = comments;
  }
}

/** A line break stands before the first of them. As in OPA, its text is looked for in that of the list, where a comment may hold it too. */
function beginsBelow([first]: readonly Element[], { text }: Location): boolean {
  return first !== undefined && text.slice(0, Math.max(0, text.indexOf(placeOf(first).text))).includes("\n");
}

/** The same place in another row. Spelled out, because a location computes what it tells and a spread would lose it. */
function inRow({ file, col, offset, end, text }: Location, row: number): Location {
  return { file, row, col, offset, end, text };
}

/** Text, which is written anew, or a constant in braces, which becomes part of it. */
function constantPart(term: Term, multiLine: boolean): string {
  if (term.kind === "null") return "null";
  if (term.kind === "boolean") return String(term.value);
  if (term.kind === "number") return term.text;
  if (term.kind !== "string") return "";
  const text = multiLine ? term.value : goQuote(term.value).slice(1, -1);
  return text.replace(/[{]/g, "\\$&");
}

/** `x | y`, however it was written. */
export function isUnion(term: Term): boolean {
  return term.kind === "call" && infixOf(term.operator) === "|" && term.args.length === 2;
}

/** A string as it was written; one that was a name is quoted. */
function stringText(value: string, written: string): string {
  const quote = written.at(-1);
  if (quote !== '"' && quote !== "`") return goQuote(value);
  const start = written.indexOf(quote);
  return start < 0 || start === written.length - 1 ? goQuote(value) : written.slice(start);
}

function variableText(name: string): string {
  return name.startsWith("$") ? "_" : name;
}

function isRoot(name: string): boolean {
  return name === "input" || name === "data";
}
