import { refText } from "../compile/text.ts";
import type { Body, Call, Expr, Head, Location, Ref, Rule, Term } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { isKeyword } from "./keywords.ts";
import { parseBody, parseLiteral } from "./literals.ts";
import { relocateBody, relocateTerm } from "./relocate.ts";
import type { SourceLocation } from "./source.ts";
import { templateExpression } from "./template.ts";
import { isOperator, parseInfix, parseRefFrom } from "./terms.ts";

/** A rule with what v1 asks of how it is written. */
export interface WrittenRule {
  readonly rule: Rule;
  readonly hasIf: boolean;
  readonly hasContains: boolean;
  readonly else: WrittenRule | undefined;
}

/** Rule : [ "default" ] Head [ "if" ( Literal | "{" Query "}" ) | "{" Query "}" { "{" Query "}" } ] { Else } — one or more rules, or
 * undefined; without a fault it may then be a rule that is written as an expression: `p := 1`. */
export function parseRules(cursor: Cursor): readonly WrittenRule[] | undefined {
  const { loc } = cursor.token;
  const isDefault = cursor.isKeyword("default") && !cursor.isRefHead();
  if (isDefault) cursor.advance();
  const isName = !cursor.isReserved() || cursor.isRefHead() || cursor.isCalledOperator();
  if (cursor.token.kind !== "ident" || !isName) return undefined;
  const parsed = parseHead(cursor, isDefault);
  if (parsed === undefined) return undefined;
  return isDefault ? parseDefault(cursor, parsed.head, loc) : parseRest(cursor, parsed, loc);
}

interface ParsedHead {
  readonly head: Head;
  readonly hasContains: boolean;
}

/** Head : Ref [ "(" Args ")" ] [ "contains" Infix | ( ":=" | "=" ) Infix ] */
function parseHead(cursor: Cursor, isDefault: boolean): ParsedHead | undefined {
  const start = cursor.token;
  const term = parseRefFrom(cursor);
  if (term === undefined) return cursor.illegal("expected rule head name");
  if (term.kind === "var" && !cursor.token.spaced && isOperator(cursor)) return cursor.illegal();
  const written = splitHead(term) ?? wholeHead(term);
  if (written === undefined)
    return term.kind === "call" ? cursor.illegal(`rule head ref ${headText(term)} invalid`) : undefined;
  const { ref, args } = written;
  const name = refText(ref);
  if (cursor.isKeyword("contains")) {
    const refused = `the contains keyword can only be used with multi-value rule definitions (e.g., ${name} contains <VALUE> { ... })`;
    if (term.kind === "call") cursor.illegal(refused);
    cursor.advance();
    const key = parseInfix(cursor, true);
    if (key === undefined) {
      refuseHead(cursor, `expected rule key term (e.g., ${name} contains <VALUE> { ... })`);
      return refusePackage(cursor);
    }
    const head = { loc: cursor.span(start), ref, args, key, value: undefined, assign: false, generatedValue: false };
    return { head, hasContains: true };
  }
  const operator = cursor.take(":=") ?? cursor.take("=");
  if (operator !== undefined) {
    const value = parseInfix(cursor, true);
    const assign = operator.text === ":=";
    if (value === undefined) {
      const missing = missingValue(name, assign, args !== undefined, isDefault);
      if (!isDefault) return refuseHead(cursor, missing);
      cursor.illegal(missing);
      // What else is wrong is told all the same.
      if (ref.terms[0]?.kind !== "var")
        return { head: { ...trueHead(cursor.span(start), ref, args), value: undefined }, hasContains: false };
      return args && { head: trueHead(cursor.span(start), ref, args), hasContains: false };
    }
    const head = { loc: cursor.span(start), ref, args, key: undefined, value, assign, generatedValue: false };
    return { head, hasContains: false };
  }
  return { head: trueHead(cursor.span(start), ref, args), hasContains: false };
}

/** Notes the fault that a term is missing. As in OPA, what is wrong with a body behind it is told too. */
function refuseHead(cursor: Cursor, note: string): undefined {
  cursor.illegal(note);
  if (cursor.isAtSpace) return;
  if (cursor.isKeyword("if")) parseIfBody(cursor);
  else if (cursor.is("{")) parseBraceBody(cursor);
}

/** As in OPA, what stands where a term is missing may be the next package. */
function refusePackage(cursor: Cursor): undefined {
  if (!cursor.isKeyword("package") || cursor.isRefHead()) return;
  cursor.advance();
  if (cursor.token.kind !== "ident") cursor.illegal();
}

/** Of a head that is a call of what is no name. */
function headText({ operator }: Call): string {
  return (operator.loc as SourceLocation).to(operator.loc).text;
}

function missingValue(name: string, assign: boolean, isFunction: boolean, isDefault: boolean): string {
  if (!assign) return `expected rule value term (e.g., ${name}[<nil>] = <VALUE> { ... })`;
  if (isFunction) return `expected function value term (e.g., ${name}(...) := <VALUE> { ... })`;
  if (isDefault) return `expected default rule value term (e.g., default ${name} := <VALUE>)`;
  return `expected rule value term (e.g., ${name} := <VALUE> { ... })`;
}

/** A head without a value: it is true. */
export function trueHead(loc: Location, ref: Ref, args: readonly Term[] | undefined): Head {
  const value: Term = { kind: "boolean", loc, value: true };
  return { loc, ref, args, key: undefined, value, assign: false, generatedValue: true };
}

/** The ref of a rule and the arguments of a function; undefined when the term names no rule. */
export function splitHead(term: Term): { ref: Ref; args: readonly Term[] | undefined } | undefined {
  if (term.kind === "var") return { ref: { kind: "ref", loc: term.loc, terms: [term] }, args: undefined };
  const ref = term.kind === "call" ? term.operator : term;
  if (ref.kind !== "ref" || ref.terms[0]?.kind !== "var") return undefined;
  return { ref, args: term.kind === "call" && term.args.length > 0 ? term.args : undefined };
}

/** A head may begin with a call until all else was looked at: `default f(x)[y] := z`. */
function wholeHead(term: Term): { ref: Ref; args: undefined } | undefined {
  return term.kind === "ref" ? { ref: term, args: undefined } : undefined;
}

/** Default : "default" Head — the value is constant, the arguments of a function are different variables. */
function parseDefault(cursor: Cursor, head: Head, loc: SourceLocation): readonly WrittenRule[] | undefined {
  const faults = illegalDefault(head);
  if (faults.length > 0) {
    for (const what of faults) cursor.report(`illegal default rule (${what})`, loc);
    return undefined;
  }
  const rule = { ...ruleOf(head, [trueExpr(loc)], loc), default: true, generatedBody: true };
  return [{ rule, hasIf: false, hasContains: false, else: undefined }];
}

/** All that is wrong with the value; with the arguments, where nothing is with that. */
function illegalDefault({ value, args, generatedValue, ref }: Head): readonly string[] {
  const lacksValue = generatedValue && args === undefined && ref.terms.length === 2;
  if (value === undefined || lacksValue) return ["must have a value"];
  const variable = variableParts(value);
  return variable.length > 0 ? variable.map((kind) => `value cannot contain ${kind}`) : illegalArguments(args ?? []);
}

function illegalArguments(args: readonly Term[]): readonly string[] {
  const names = new Set<string>();
  const faults: string[] = [];
  for (const arg of args) {
    if (arg.kind !== "var") faults.push(`arguments cannot contain ${arg.kind}`);
    else if (isDocument(arg)) faults.push("arguments cannot contain ref");
    else if (names.has(arg.name)) faults.push(`arguments cannot be repeated ${arg.name}`);
    else names.add(arg.name);
  }
  return faults;
}

/** The kinds of the parts that are not constant. Comprehensions are evaluated when the rule is. */
function variableParts(term: Term): readonly string[] {
  switch (term.kind) {
    case "var":
      return [isDocument(term) ? "ref" : "var"];
    case "ref":
    case "call":
      return [term.kind];
    case "array":
    case "set":
      return term.items.flatMap(variableParts);
    case "object":
      return term.entries.flat().flatMap(variableParts);
    case "templatestring":
      return term.parts.flatMap((part) => (part.kind === "expr" ? variablePartsOfExpr(part) : []));
    default:
      return [];
  }
}

function variablePartsOfExpr({ terms, with: withs }: Expr): readonly string[] {
  const replaced = withs.flatMap(({ target, value }) => [...variableParts(target), ...variableParts(value)]);
  if (terms.kind === "term") return [...variableParts(terms.term), ...replaced];
  return terms.kind === "call" ? ["ref", ...terms.args.flatMap(variableParts), ...replaced] : replaced;
}

function isDocument({ name }: Extract<Term, { kind: "var" }>): boolean {
  return name === "input" || name === "data";
}

function parseRest(cursor: Cursor, { head, hasContains }: ParsedHead, start: SourceLocation) {
  // Behind a value, `if.x` and `if[x]` are the next rule's name.
  const hasIf = cursor.isKeyword("if") && (head.generatedValue || !cursor.isRefHead());
  const hasBody = hasIf || cursor.is("{");
  if (!hasBody && !hasContains) return undefined;
  if (!hasContains && !isNamed(head) && head.ref.terms.length === 2 && (!hasIf || !head.generatedValue))
    return undefined;
  const made = hasIf || hasContains ? head : partialSetHead(head);
  const body = hasIf ? parseIfBody(cursor) : hasBody ? parseBraceBody(cursor) : [trueExpr(start)];
  if (body === undefined) return undefined;
  let otherwise: WrittenRule | undefined;
  if (hasBody && cursor.isKeyword("else") && !cursor.isRefHead()) {
    otherwise = parseFirstElse(cursor, made, hasIf || hasContains);
    if (otherwise === undefined) return undefined;
  }
  const loc = hasBody ? start.to(cursor.previous.loc) : made.loc;
  const rule: Rule = { ...ruleOf(made, body, loc), generatedBody: !hasBody, else: otherwise?.rule, hasIf };
  const rules: WrittenRule[] = [{ rule, hasIf, hasContains, else: otherwise }];
  return parseChained(cursor, rules, hasBody);
}

function isNamed({ ref }: Head): boolean {
  return ref.terms[0]?.kind === "var";
}

/** v0: `p[x] { … }` says that the set `p` contains `x`. */
function partialSetHead(head: Head): Head {
  const [name, key, ...more] = head.ref.terms;
  const isSet = head.generatedValue && head.args === undefined && more.length === 0;
  if (!isSet || name === undefined || key === undefined) return head;
  const ref: Ref = { kind: "ref", loc: head.ref.loc, terms: [name] };
  return { ...head, ref, key, value: undefined, generatedValue: false };
}

/** More bodies in braces are rules with the same head, which then stands where the body does. */
function parseChained(cursor: Cursor, rules: WrittenRule[], hasBody: boolean): readonly WrittenRule[] | undefined {
  const [main] = rules as [WrittenRule];
  while (hasBody && cursor.is("{")) {
    if (main.else !== undefined) return cursor.report("expected else keyword");
    const start = cursor.token.loc;
    const body = parseBraceBody(cursor);
    if (body === undefined) return undefined;
    const loc = start.to(cursor.previous.loc);
    const { args, key, value } = main.rule.head;
    const head: Head = {
      ...main.rule.head,
      loc,
      args: args && freshWildcards(cursor, args).map((arg) => relocateTerm(arg, loc)),
      key: key && relocateTerm(key, loc),
      value: value && relocateTerm(value, loc),
    };
    rules.push({ ...main, rule: { ...ruleOf(head, body, loc), chained: true } });
  }
  return rules;
}

/** Each rule has its own `_`. */
function freshWildcards(cursor: Cursor, args: readonly Term[]): readonly Term[] {
  return args.map((arg) =>
    arg.kind === "var" && arg.name.startsWith("$") ? { ...arg, name: cursor.wildcard() } : arg,
  );
}

/**
 * A literal, or braces with a query, which may look like a set. A set as literal says nothing; what is no literal was meant to be a query,
 * and its faults are told.
 */
function parseIfBody(cursor: Cursor): Body | undefined {
  cursor.advance();
  const mark = cursor.save();
  // OPA 1.19 also took the braces of `not {1}` for a query; its suite has that mended.
  const opensBrace = cursor.is("{");
  const expr = parseLiteral(cursor);
  const isSet = opensBrace && expr?.terms.kind === "term" && expr.terms.term.kind === "set";
  if (expr !== undefined && !isSet) return [expr];
  cursor.restore(mark);
  return parseBraceBody(cursor);
}

/** From the opening brace, which is not looked at: for OPA it may also be the first one of a template string. */
function parseBraceBody(cursor: Cursor): Body | undefined {
  const inner = cursor.token.kind === "template" ? templateExpression(cursor) : undefined;
  if (inner === undefined) cursor.advance();
  else cursor.leaveTo(inner);
  const body = parseBody(cursor, "}");
  if (body !== undefined) cursor.advance();
  return body;
}

/** What has one key is a set to OPA here, also with a value: without keywords, or where a ref is the key. */
function parseFirstElse(cursor: Cursor, head: Head, hasKeyword: boolean): WrittenRule | undefined {
  const { terms } = head.ref;
  if (terms.some((term, i) => i > 0 && !isGround(term)))
    return cursor.report("else keyword cannot be used on rules with variables in head");
  const isPartial = terms.length === 2 && head.args === undefined && (!hasKeyword || terms[1]?.kind === "ref");
  if (head.key !== undefined || isPartial) return cursor.report("else keyword cannot be used on multi-value rules");
  return parseElse(cursor, head);
}

function isGround(term: Term): boolean {
  if (term.kind === "array" || term.kind === "set") return term.items.every(isGround);
  if (term.kind === "object") return term.entries.flat().every(isGround);
  if (term.kind === "ref") return term.terms.slice(1).every(isGround);
  return term.kind !== "var" && term.kind !== "call";
}

/** Else : "else" [ ( ":=" | "=" ) Infix ] [ [ "if" ] ( Literal | "{" Query "}" ) ] [ Else ] */
function parseElse(cursor: Cursor, main: Head): WrittenRule | undefined {
  const start = cursor.advance();
  const head = parseElseHead(cursor, main, start.loc);
  if (head === undefined) return undefined;
  const hasIf = cursor.take("if") !== undefined;
  const hasBody = hasIf || cursor.is("{");
  const isLiteral = hasIf && !cursor.is("{");
  if (isLiteral && cursor.token.kind === "eof") return cursor.illegal("rule body expected");
  const body = isLiteral ? parseElseLiteral(cursor) : hasBody ? parseBraceBody(cursor) : [];
  if (body === undefined) return undefined;
  let otherwise: WrittenRule | undefined;
  if (hasBody && cursor.isKeyword("else")) {
    otherwise = parseElse(cursor, main);
    if (otherwise === undefined) return undefined;
  }
  const loc = cursor.span(start);
  const placed = !hasBody ? [trueExpr(loc)] : isLiteral ? relocateBody(body, loc) : body;
  const rule: Rule = { ...ruleOf(head, placed, loc), generatedBody: !hasBody, else: otherwise?.rule };
  return { rule, hasIf, hasContains: false, else: otherwise };
}

function parseElseLiteral(cursor: Cursor): Body | undefined {
  const expr = parseLiteral(cursor);
  return expr && [expr];
}

function parseElseHead(cursor: Cursor, main: Head, start: SourceLocation): Head | undefined {
  const args = main.args && freshWildcards(cursor, main.args);
  if (cursor.is("{") || cursor.isKeyword("if")) {
    const value: Term = { kind: "boolean", loc: start, value: true };
    return { ...main, loc: start, args, value, generatedValue: true };
  }
  const operator = cursor.take(":=") ?? cursor.take("=");
  if (operator === undefined) return cursor.illegal("expected else value term or rule body");
  const value = parseInfix(cursor, true);
  if (value === undefined) return undefined;
  const loc = start.to(cursor.previous.loc);
  return { ...main, loc, args, value, assign: operator.text === ":=", generatedValue: false };
}

/** A rule with nothing behind it. */
export function ruleOf(head: Head, body: Body, loc: Location): Rule {
  const rest = { generatedBody: false, else: undefined, annotations: [] };
  return { kind: "rule", loc, default: false, head, body, ...rest };
}

/** The body that nobody wrote. */
export function trueExpr(loc: Location): Expr {
  const term: Term = { kind: "boolean", loc, value: true };
  return { kind: "expr", loc, negated: false, with: [], terms: { kind: "term", term }, generated: true };
}

/** What v1 asks of a rule, in the order in which OPA says it. */
export function checkWritten(written: WrittenRule, report: (message: string, loc: Location) => void): void {
  const [name, ...rest] = written.rule.head.ref.terms;
  if (rest.length === 0 && name?.kind === "var" && isKeyword(name.name))
    report(`${name.name} keyword cannot be used for rule name`, written.rule.loc);
  for (let each: WrittenRule | undefined = written; each !== undefined; each = each.else) {
    const { rule, hasIf, hasContains } = each;
    const what = rule.head.args === undefined ? "rule" : "function";
    if (rule.default) continue;
    const isBare = rule.generatedBody && rule.head.generatedValue && rule.head.args === undefined;
    if (isBare) report(`${what} must have value assignment and/or body declaration`, rule.loc);
    if (!rule.generatedBody && !hasIf) report(`\`if\` keyword is required before ${what} body`, rule.loc);
    if (rule.head.value === undefined && !hasContains)
      report("`contains` keyword is required for partial set rules", rule.loc);
  }
}
