import { goQuote } from "../builtins/go-quote.ts";
import { isGenerated, isRuleName, isWildcard, nameOfRef } from "../compile/names.ts";
import { refText } from "../compile/text.ts";
import { collectVars, varsOfBody } from "../compile/vars.ts";
import type { Body, Expr, ExprTerms, Location, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import { isPlainKey } from "../syntax/keywords.ts";
import { compareStrings } from "../value/string-order.ts";
import { nowhere } from "./frame.ts";
import type { Node } from "./node.ts";
import { raiseBody, raiseStep, raiseTerm } from "./raise.ts";
import type { RecordedEvent } from "./trace-buffer.ts";
import { shortenPaths } from "./trace-paths.ts";

export interface TraceTextOptions {
  /** The values of an expression's variables and rules, in a column of their own. */
  readonly varValues?: boolean;
}

const columnPadding = 4;

/** Values are cut at this width. */
const maxValueWidth = 32;

/** Events as OPA's `PrettyTrace` prints them: place, indented event, and values when wanted. */
export function traceText(events: readonly RecordedEvent[], options: TraceTextOptions = {}): string {
  return traceRows(events, options)
    .map((cells) => `${cells.join("")}\n`)
    .join("");
}

/** The same as cells, of one width in each column but the last. */
export function traceRows(
  events: readonly RecordedEvent[],
  options: TraceTextOptions = {},
): readonly (readonly string[])[] {
  const places = shortenPaths(events.map(({ location }) => location));
  const depths = new Map<number, number>();
  const rows = events.map((event) => {
    const depth = depths.get(event.queryId) ?? (depths.get(event.parentId) ?? 0) + 1;
    depths.set(event.queryId, depth);
    const row = [placeText(event.location, places), eventText(event, depth)];
    return options.varValues === true ? [...row, exprValues(event)] : row;
  });
  return padded(rows);
}

function padded(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => byteLength(row[i] as string))));
  return rows.map((row) =>
    row.map((cell, i) => (i < row.length - 1 ? `${pad(cell, (widths[i] as number) + columnPadding)} ` : cell)),
  );
}

/** Widths are those of Go: bytes when compared, code points when filled up. */
function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - [...text].length));
}

function placeText(location: Location | undefined, places: ReadonlyMap<string, string>): string {
  if (location === undefined) return "";
  return `${location.file === "" ? "query" : (places.get(location.file) ?? location.file)}:${location.row}`;
}

function eventText(event: RecordedEvent, depth: number): string {
  const spaces = indentation(event, depth);
  const padding = spaces > 1 ? "| ".repeat(spaces - 1) : "";
  if (event.op === "Note") return `${padding}Note ${goQuote(event.message)}`;
  return `${padding}${event.op} ${subjectText(event)}${event.message === "" ? "" : ` ${event.message}`}`;
}

function indentation({ op, node }: RecordedEvent, depth: number): number {
  if (op === "Enter") return depth;
  const isExpr = node.kind === "step" || node.kind === "expr" || node.kind === "case";
  return op === "Redo" && !isExpr ? depth : depth + 1;
}

function subjectText(event: RecordedEvent): string {
  const { node, ref, names } = event;
  const printer = new Printer(names);
  if (node.kind === "rule") return ruleText(node.rule, node.module);
  if (ref !== undefined) return printer.term(raiseTerm(ref, nowhere));
  switch (node.kind) {
    case "body":
      return printer.body(raiseBody(node.query));
    case "case":
    case "step":
      return printer.topExpr(raiseStep(node.step));
    case "expr":
      return printer.topExpr(node.expr);
    case "note":
      return "";
  }
}

/** The package's path, and the rule's ref in it: its name is never quoted. */
function ruleText({ head }: Rule, { package: { path } }: Module): string {
  const [name, ...rest] = head.ref.terms.slice(path.terms.length);
  const own: Ref = { kind: "ref", loc: head.loc, terms: [{ kind: "var", loc: head.loc, name: nameOf(name) }, ...rest] };
  return `${refText(path)}.${refText(own)}`;
}

function nameOf(term: Term | undefined): string {
  return term?.kind === "string" ? term.value : "";
}

/** Names of builtins are never quoted. */
function operatorText(operator: Ref): string {
  const name = nameOfRef(operator);
  return name === undefined || isRuleName(name) ? refText(operator) : name;
}

/** What the variables and rules of the event's expression are. */
function exprValues({ node, locals, answers, names }: RecordedEvent): string {
  const found: (readonly [string, string])[] = [];
  if (node.kind !== "rule") for (const { ref, value } of answers) found.push([nodeText(ref), nodeText(value)]);
  for (const name of varsOf(node)) {
    const value = locals.get(name);
    if (value !== undefined) found.push([writtenName(name, names), nodeText(value)]);
  }
  return valuesText(found);
}

function varsOf(node: RecordedEvent["node"]): ReadonlySet<string> {
  switch (node.kind) {
    case "rule": {
      const { ref, args = [], key, value } = node.rule.head;
      // OPA takes the operand of `p[x]` for its key, and looks into no other ref.
      const operands = ref.terms.slice(node.module.package.path.terms.length + 1);
      const keys = [key, operands.length === 1 ? operands[0] : undefined, value].filter((each) => each !== undefined);
      return varsOfTerms([...args, ...keys]);
    }
    case "body":
      return varsOfBody(raiseBody(node.query));
    case "case":
    case "step":
      return varsOfBody([raiseStep(node.step)]);
    case "expr":
      return varsOfBody([node.expr]);
    case "note":
      return new Set();
  }
}

function varsOfTerms(terms: readonly Term[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const term of terms) collectVars(term, {}, names);
  return names;
}

/** A value or term as OPA prints it. */
export function nodeText(node: Node): string {
  return new Printer(new Map()).term(raiseTerm(node, nowhere));
}

function valuesText(values: readonly (readonly [string, string])[]): string {
  const entries = values.toSorted(([a], [b]) => compareStrings(a, b));
  return `{${entries.map(([name, text]) => `${name}: ${truncate(text)}`).join(", ")}}`;
}

function truncate(text: string): string {
  return text.length <= maxValueWidth ? text : `${text.slice(0, maxValueWidth - 3)}...`;
}

/** The author's name of a variable; wildcards are alike. */
function writtenName(name: string, names: ReadonlyMap<string, string>): string {
  const written = names.get(name) ?? name;
  return isWildcard(written) ? "_" : written;
}

/** Prints terms as OPA's `String` methods do, operators before their operands, with the author's names of variables. */
class Printer {
  readonly #names: ReadonlyMap<string, string>;

  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names;
  }

  body(body: Body): string {
    return body.map((expr) => this.expr(expr)).join("; ");
  }

  /** A key of `every` that nobody wrote is left out. */
  topExpr(expr: Expr): string {
    const { terms } = expr;
    if (terms.kind !== "every" || terms.key?.kind !== "var") return this.expr(expr);
    const name = this.#names.get(terms.key.name);
    const isHidden = name === undefined || isGenerated(name);
    return this.expr(isHidden ? { ...expr, terms: { ...terms, key: undefined } } : expr);
  }

  expr(expr: Expr): string {
    const withs = expr.with.map(({ target, value }) => ` with ${this.term(target)} as ${this.term(value)}`).join("");
    return `${expr.negated ? "not " : ""}${this.#terms(expr.terms)}${withs}`;
  }

  #terms(terms: ExprTerms): string {
    switch (terms.kind) {
      case "term":
        return this.term(terms.term);
      case "call":
        return this.#call(operatorText(terms.operator), terms.args);
      case "every": {
        const key = terms.key === undefined ? "" : `${this.term(terms.key)}, `;
        return `every ${key}${this.term(terms.value)} in ${this.term(terms.domain)} { ${this.body(terms.body)} }`;
      }
      case "not":
        if (terms.explicitBody || terms.body.length !== 1) return `not {${this.body(terms.body)}}`;
        return `not ${this.body(terms.body)}`;
      default:
        return "";
    }
  }

  #call(name: string, args: readonly Term[]): string {
    const texts = args.map((arg) => this.term(arg));
    if (name === "eq" && texts.length === 2) return `${texts[0]} = ${texts[1]}`;
    return `${name}(${texts.join(", ")})`;
  }

  term(term: Term): string {
    switch (term.kind) {
      case "string":
        return goQuote(term.value);
      case "number":
        return term.text;
      case "boolean":
        return String(term.value);
      case "null":
        return "null";
      case "var":
        return this.#variable(term.name);
      case "ref":
        return this.#ref(term.terms);
      case "call":
        return this.#call(operatorText(term.operator), term.args);
      case "array":
        return `[${term.items.map((item) => this.term(item)).join(", ")}]`;
      case "set":
        return term.items.length === 0 ? "set()" : `{${term.items.map((item) => this.term(item)).join(", ")}}`;
      case "object":
        return `{${term.entries.map(([key, value]) => `${this.term(key)}: ${this.term(value)}`).join(", ")}}`;
      case "arraycomprehension":
        return `[${this.term(term.term)} | ${this.body(term.body)}]`;
      case "setcomprehension":
        return `{${this.term(term.term)} | ${this.body(term.body)}}`;
      case "objectcomprehension":
        return `{${this.term(term.key)}: ${this.term(term.value)} | ${this.body(term.body)}}`;
      case "templatestring":
        return term.loc.text;
    }
  }

  #variable(name: string): string {
    return writtenName(name, this.#names);
  }

  #ref([head, ...rest]: readonly Term[]): string {
    const operands = rest.map((each) =>
      each.kind === "string" && isPlainKey(each.value) ? `.${each.value}` : `[${this.term(each)}]`,
    );
    return (head === undefined ? "" : this.term(head)) + operands.join("");
  }
}
