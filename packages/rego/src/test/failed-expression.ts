import { isWildcard } from "../compile/names.ts";
import { directTerms, ruleChain } from "../compile/parts.ts";
import { walkExpr, walkExprs } from "../compile/walk.ts";
import type { Expr, Location, Module, Ref, Term } from "../syntax/ast.ts";
import { lowerTerm } from "../topdown/lower.ts";
import { known } from "../topdown/node.ts";
import type { RecordedEvent } from "../topdown/trace-buffer.ts";
import { nodeText } from "../topdown/trace-text.ts";
import { lookup } from "../value/access.ts";
import type { Value } from "../value/value.ts";
import { caseName } from "./case-results.ts";

/** The expression that made a test fail, as it was written, and what its variables, refs and calls were then. */
export interface FailedExpression {
  readonly file: string;
  readonly row: number;
  /** From the beginning of its first line; what stands before the expression is white space. */
  readonly lines: readonly string[];
  /** From left to right. */
  readonly values: readonly FailedValue[];
}

export interface FailedValue {
  /** Of the line that it begins in. */
  readonly row: number;
  /** What stands before it in its line, as white space. */
  readonly before: string;
  readonly name: string;
  readonly text: string;
}

/** By the names of cases from the outermost in, with `\0` between them; empty for a test without cases. */
export type FailedExpressions = ReadonlyMap<string, FailedExpression>;

/**
 * Of the events of a test: the last expression that failed before the query did, or the last one of each case. As in OPA, an `every`
 * that fails is not meant, but what failed in it.
 */
export function failedExpressions(
  events: readonly RecordedEvent[],
  modules: readonly Module[],
  hasCases: boolean,
): FailedExpressions {
  const fails = new Map<string, RecordedEvent[]>();
  let current = "";
  for (const event of events) {
    if (hasCases && event.op === "TestCase") current = pathOf(event);
    if (event.op !== "Fail" || event.node.kind !== "step" || event.node.step.terms.kind === "every") continue;
    const known = fails.get(current);
    if (known === undefined) fails.set(current, [event]);
    else known.push(event);
  }
  const places = placesOf(events);
  const found = new Map<string, FailedExpression>();
  for (const [path, each] of fails) {
    const event = each.findLast(({ location }) => location !== undefined && location.file !== "");
    const expression = event && expressionOf(event, places, modules);
    if (expression !== undefined) found.set(path, expression);
  }
  return found;
}

function pathOf({ node }: RecordedEvent): string {
  const step = node.kind === "case" ? node.step : undefined;
  const path = step?.terms.kind === "call" ? step.terms.args[0] : undefined;
  const names = path?.kind === "known" && Array.isArray(path.value) ? (path.value as readonly Value[]) : [];
  return names.map(caseName).join("\0");
}

/** Where the terms stand that the compiler has taken out of their expressions, by the variables that stand for them. */
function placesOf(events: readonly RecordedEvent[]): ReadonlyMap<string, Location> {
  const places = new Map<string, Location>();
  for (const { node } of events) {
    if (node.kind !== "step" || node.step.source === undefined) continue;
    walkExpr(node.step.source, (term) => {
      if (term.kind === "var" && !places.has(term.name)) places.set(term.name, term.loc);
      return true;
    });
  }
  return places;
}

function expressionOf(
  event: RecordedEvent,
  places: ReadonlyMap<string, Location>,
  modules: readonly Module[],
): FailedExpression | undefined {
  const { location } = event;
  const module = modules.find(({ file }) => file === location?.file);
  const written = module && location && writtenExpr(module, location);
  if (module === undefined || written === undefined) return undefined;
  const { loc } = written;
  const values = valuesOf(written, event, places).map(({ term, text }) => ({
    offset: term.loc.offset,
    length: term.loc.end - term.loc.offset,
    value: { row: term.loc.row, before: whiteBefore(module.text, term.loc.offset), name: term.loc.text, text },
  }));
  values.sort((a, b) => a.offset - b.offset || b.length - a.length);
  const lines = (whiteBefore(module.text, loc.offset) + loc.text).split("\n");
  return { file: loc.file, row: loc.row, lines, values: values.map(({ value }) => value) };
}

function writtenExpr({ rules }: Module, { offset }: Location): Expr | undefined {
  let found: Expr | undefined;
  const visit = (expr: Expr): boolean => {
    if (expr.loc.offset === offset) found ??= expr;
    return found === undefined;
  };
  for (const rule of rules) for (const each of ruleChain(rule)) walkExprs(each.body, visit);
  return found;
}

interface TermValue {
  readonly term: Term;
  readonly text: string;
}

/**
 * Each text once: where the compiled expression has it, else where the compiler has met it first. Names of functions and targets of
 * `with` have no values.
 */
function valuesOf(written: Expr, event: RecordedEvent, places: ReadonlyMap<string, Location>): readonly TermValue[] {
  const locals = localsByPlace(event, places);
  const missing = missingRefs(event);
  const found: TermValue[] = [];
  for (const term of termsInOrder(written)) {
    const key = placeKey(term.loc);
    // The name of a rule is a variable as it is written.
    const local = (term.kind === "var" ? byName(event, term.name) : undefined) ?? locals.get(key);
    const text = local ?? missing.get(key);
    if (text !== undefined) found.push({ term, text });
  }
  const own = placesInNode(event);
  const ofNode = found.filter(({ term }) => own.has(placeKey(term.loc)));
  const texts = new Map<string, TermValue>();
  for (const each of [...ofNode, ...found]) if (!texts.has(each.term.loc.text)) texts.set(each.term.loc.text, each);
  return [...texts.values()];
}

/** As the compiler meets them, which takes calls out of what holds them. */
function termsInOrder(written: Expr): readonly Term[] {
  const found: Term[] = [];
  const visit = (term: Term): void => {
    const parts = partsOf(term);
    const isOuter = term.kind !== "call";
    if (isOuter) found.push(term);
    for (const part of parts) if (holdsCall(part)) visit(part);
    for (const part of parts) if (!holdsCall(part)) visit(part);
    if (!isOuter) found.push(term);
  };
  const { terms } = written;
  const direct = [
    ...(terms.kind === "call" ? terms.args : directTerms(written)),
    ...written.with.map(({ value }) => value),
  ];
  for (const term of direct) if (holdsCall(term)) visit(term);
  for (const term of direct) if (!holdsCall(term)) visit(term);
  return found;
}

function holdsCall(term: Term): boolean {
  return term.kind === "call" || partsOf(term).some(holdsCall);
}

/** Where the variables and refs of the compiled expression stand. */
function placesInNode({ node }: RecordedEvent): ReadonlySet<string> {
  const found = new Set<string>();
  const source = node.kind === "step" ? node.step.source : undefined;
  if (source !== undefined)
    walkExpr(source, ({ kind, loc }) => {
      if (kind === "var" || kind === "ref") found.add(placeKey(loc));
      return true;
    });
  return found;
}

/** Closures have variables of their own. */
function partsOf(term: Term): readonly Term[] {
  switch (term.kind) {
    case "ref":
      return term.terms;
    case "array":
    case "set":
      return term.items;
    case "object":
      return term.entries.flat();
    case "call":
      return term.args;
    default:
      return [];
  }
}

/** The value of a variable by its written name. */
function byName({ locals, names }: RecordedEvent, written: string): string | undefined {
  if (isWildcard(written)) return undefined;
  for (const [name, node] of locals) if ((names.get(name) ?? name) === written) return nodeText(node);
  return undefined;
}

function localsByPlace(
  { locals, names }: RecordedEvent,
  places: ReadonlyMap<string, Location>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, node] of locals) {
    const loc = places.get(name);
    if (loc !== undefined && names.get(name) === undefined) found.set(placeKey(loc), nodeText(node));
  }
  return found;
}

/**
 * What the expression itself looks up or calls: where it does so without success, that is why it fails. Of `not` before a ref: what a
 * rule has answered.
 */
function missingRefs(event: RecordedEvent): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const source = event.node.kind === "step" ? event.node.step.source : undefined;
  if (source === undefined) return found;
  const { terms } = source;
  if (terms.kind === "call" && source.negated) {
    for (const part of terms.args) {
      const value = part.kind === "ref" ? refValue(part, event) : undefined;
      if (value !== undefined) found.set(placeKey(part.loc), value);
    }
    return found;
  }
  const parts = terms.kind === "term" ? [terms.term] : terms.kind === "call" ? terms.args : [];
  for (const part of parts) {
    const [head] = part.kind === "ref" ? part.terms : [];
    if (part.kind === "ref") found.set(placeKey(part.loc), refValue(part, event) ?? "undefined");
    else if (part.kind === "var" && isMade(part.name, event)) found.set(placeKey(part.loc), "undefined");
    const isTakenOut = parts[0]?.kind === "var" && placeKey(parts[0].loc) === placeKey(part.loc);
    if (isTakenOut && head?.kind === "var" && head.name === "input" && !setsInput(source))
      found.set(placeKey(head.loc), "undefined");
  }
  return found;
}

/** A variable of the compiler's. */
function isMade(name: string, { names }: RecordedEvent): boolean {
  return name.startsWith("__local") && !names.has(name);
}

/** Undefined where the ref is. */
function refValue({ terms: [head, ...keys] }: Ref, { locals, answers }: RecordedEvent): string | undefined {
  const base = head?.kind === "var" ? locals.get(head.name) : undefined;
  const [answer] = answers;
  if (base === undefined) return answer && nodeText(answer.value);
  let value = base.kind === "known" ? base.value : undefined;
  for (const key of keys) {
    const node = key.kind === "var" ? locals.get(key.name) : lowerTerm(key);
    value = value === undefined || node?.kind !== "known" ? undefined : lookup(value, node.value);
  }
  return value === undefined ? undefined : nodeText(known(value));
}

/** Else a test has no input. */
function setsInput({ with: overrides }: Expr): boolean {
  return overrides.some(({ target }) => target.loc.text.startsWith("input"));
}

function placeKey({ offset, end }: Location): string {
  return `${offset} ${end}`;
}

/** The line up to a place, tabs kept, all else as spaces. */
function whiteBefore(text: string, offset: number): string {
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).replace(/[^\t]/gu, " ");
}
