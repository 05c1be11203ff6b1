import { termText } from "../compile/text.ts";
import type { Expr, Head, Rule, Term } from "../syntax/ast.ts";
import { legacyHead } from "../syntax/legacy-head.ts";
import { closingRow } from "./closing.ts";
import { LiteralWriter } from "./format-literals.ts";
import { CommentCollision } from "./writer.ts";

/** How rules are written, from the version and the imports. */
export interface RuleStyle {
  /** `:=` always, and heads as v1 has them. */
  readonly isV1: boolean;
  readonly ifs: boolean;
  readonly contains: boolean;
  /** A ref of several parts is the head of a rule somewhere in the module. */
  readonly refHeads: boolean;
}

/** Writes rules. */
export abstract class RuleWriter extends LiteralWriter {
  readonly #style: RuleStyle;

  constructor(style: RuleStyle, keywords: ReadonlySet<string>, keywordsInRefs: boolean) {
    super(keywords, keywordsInRefs);
    this.#style = style;
  }

  protected writeRules(rules: readonly Rule[]): void {
    for (const [i, rule] of rules.entries()) {
      const next = rules[i + 1];
      const isGrouped = next?.loc.row === rule.loc.row + 1 && this.#isOneLiner(rule) && this.#isOneLiner(next);
      try {
        this.placeComments(rule.loc.row);
        this.#writeRule(rule, isGrouped);
      } catch (error) {
        if (!(error instanceof CommentCollision)) throw error;
        this.endLine();
      }
      if (!isGrouped) this.blankLine();
    }
  }

  /** Rules of one literal that stand together stay together. */
  #isOneLiner(rule: Rule): boolean {
    if (rule.body.length > 1 || rule.default || rule.else !== undefined || isLoneSet(rule)) return false;
    return this.#style.ifs && (this.#style.contains || rule.head.value !== undefined);
  }

  /** As in OPA, no line break stands behind the brace of a rule that is grouped with the next one. */
  #writeRule(rule: Rule, isGrouped: boolean, isElse = false): void {
    if (!isElse) this.startLine();
    if (rule.default) this.write("default ");
    const isConstant = isTrueBody(rule) && rule.else === undefined;
    const isCut = this.#isHeadCut(rule, isConstant, isElse);
    if (isConstant) {
      this.endLine();
      return;
    }
    const usesIf = this.#style.ifs && (this.#style.contains || rule.head.value !== undefined);
    if (usesIf) this.write(" if");
    const [first] = rule.body;
    let isInline = false;
    if (usesIf && first !== undefined && rule.body.length === 1 && isOnHead(rule, first) && !isLoneSet(rule)) {
      this.write(" ");
      this.writeExpr(first);
      this.endLine();
      isInline = rule.else !== undefined && this.#isInline(rule, rule.else);
    } else {
      this.write(" {");
      // As in OPA, behind a head that was left as it was the body begins on the same line.
      if (isCut && this.comments.length > 0) this.write(" ");
      else this.endLine();
      this.up();
      this.writeBody(rule.body, usesIf && !isElse);
      this.placeComments(this.#bodyEnd(rule));
      this.down();
      this.startLine();
      this.write("}");
      isInline = rule.else !== undefined && this.#isInline(rule, rule.else);
      if (!isGrouped && !isInline) this.endLine();
    }
    if (rule.else !== undefined) this.#writeElse(rule.else, isInline);
  }

  /** Writes the head; true when comments collided in it, which ends it but not its rule. */
  #isHeadCut(rule: Rule, isConstant: boolean, isElse: boolean): boolean {
    this.keepsLastComments = !isConstant;
    try {
      this.#writeHead(rule, isConstant, isElse);
      return false;
    } catch (error) {
      if (!(error instanceof CommentCollision) || isConstant) throw error;
      return true;
    } finally {
      this.keepsLastComments = false;
    }
  }

  #bodyEnd(rule: Rule): number {
    const { head, loc } = rule;
    const hasKey = legacyHead(head, rule).key !== undefined;
    return this.bodyEnd(loc, head.args !== undefined ? "()" : hasKey ? "[]" : "");
  }

  /** Something else than `else` begins its line, and no comment comes before it. */
  #isInline(rule: Rule, { loc }: Rule): boolean {
    const line = rule.loc.text.split("\n")[loc.row - rule.loc.row];
    const isBehind = loc.row > rule.loc.row && line !== undefined && !line.trim().startsWith("else");
    return isBehind && !this.hasCommentBefore(loc.row);
  }

  #writeElse(otherwise: Rule, isInline: boolean): void {
    if (isInline) this.write(" ");
    else {
      this.blankLine();
      this.startLine();
    }
    const { head } = otherwise;
    this.placeComments(head.loc.row);
    // As in OPA, comments before the value of `else` are written before its body.
    const value = head.value && { ...head.value, loc: head.loc };
    this.#writeRule({ ...otherwise, head: { ...head, value } }, false, true);
  }

  #writeHead(rule: Rule, isConstant: boolean, isElse: boolean): void {
    const { head } = rule;
    if (isElse) this.write("else");
    else if (!this.#isRefInPlace(head)) {
      this.writeUnformatted(head.loc);
      return;
    } else this.#writeHeadRef(head);
    if (head.args !== undefined && !isElse) this.#writeArgs(head, head.args);
    if (head.key !== undefined && head.value === undefined) this.#writeKey(head.key);
    if (head.value !== undefined) this.#writeValue(rule, head.value, isConstant, isElse);
  }

  /** As in OPA, no comment is left where some collided in the arguments. */
  #writeArgs(head: Head, args: readonly Term[]): void {
    this.write("(");
    const { length } = this.text;
    try {
      this.writeIterable(args, head.loc, closingRow(head.loc, "(", ")"), "(");
    } catch (error) {
      if (this.text.length > length) this.comments = [];
      throw error;
    } finally {
      this.write(")");
    }
  }

  /** Written in short, as OPA prints terms: without the comments inside, which come later. */
  #isShort({ ref }: Head): boolean {
    return !this.#style.refHeads && ref.terms.length > 1;
  }

  /** False for a short head with a comment behind its key, which is left as it was. */
  #isRefInPlace(head: Head): boolean {
    return !this.#isShort(head) || this.comments[0]?.loc.row !== head.ref.terms[1]?.loc.row;
  }

  #writeHeadRef(head: Head): void {
    const { ref } = head;
    if (!this.#isShort(head)) {
      this.writeRef(ref);
      return;
    }
    const [name, key] = ref.terms as readonly [Term, Term];
    this.write(`${name.kind === "var" ? termText(name) : ""}[${termText(key)}]`);
  }

  #writeKey(key: Term): void {
    this.write(this.#style.contains ? " contains " : "[");
    this.writeTerm(key);
    if (!this.#style.contains) this.write("]");
  }

  #writeValue(rule: Rule, value: Term, isConstant: boolean, isElse: boolean): void {
    const { head } = rule;
    const hasKey = legacyHead(head, rule).key !== undefined;
    const isTrue = value.kind === "boolean" && value.value;
    if (!hasKey && isTrue && !isConstant && !rule.default) return;
    const isConstantRef = this.#style.isV1 && isConstant && !hasKey && head.args === undefined;
    if (isTrue && !isElse && !isConstantRef && isImplied(rule)) return;
    this.write(head.assign || this.#style.isV1 ? " := " : " = ");
    this.writeTerm(value);
  }
}

/** Nobody wrote the value, and OPA gives it the place of the head. */
function isImplied({ head, generatedBody, default: isDefault }: Rule): boolean {
  return head.generatedValue && ((generatedBody && !isDefault) || head.ref.terms.length === 2);
}

function isTrueBody({ body }: Rule): boolean {
  const [expr] = body;
  if (expr === undefined || body.length !== 1 || expr.negated || expr.with.length > 0) return false;
  return expr.terms.kind === "term" && expr.terms.term.kind === "boolean" && expr.terms.term.value;
}

/** The literal begins on the line where the head ends. */
function isOnHead({ head }: Rule, { loc }: Expr): boolean {
  return loc.row === head.loc.row + head.loc.text.split("\n").length - 1;
}

/** A set that is a whole body is written in braces of its own: without them it would be read as the body. */
function isLoneSet({ body: [expr, ...more] }: Rule): boolean {
  return more.length === 0 && expr?.negated === false && expr.terms.kind === "term" && expr.terms.term.kind === "set";
}
