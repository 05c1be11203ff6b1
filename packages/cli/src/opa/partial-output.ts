import { printableAst, Struct } from "@sallyport/opa/answers";
import {
  astJsonOfBody,
  astJsonOfModule,
  type Body,
  formatModule,
  type Location,
  type Module,
  nameWildcards,
  type PartialResult,
  parseModule,
} from "@sallyport/rego";
import { displayWidth } from "./table.ts";

/** What partial evaluation leaves, as JSON: queries and support modules by their syntax trees. */
export function partialJson({ queries, support }: PartialResult): Struct {
  return new Struct({
    queries: queries.length === 0 ? undefined : queries.map((body) => printableAst(astJsonOfBody(body))),
    modules: support.length === 0 ? undefined : support.map((module) => printableAst(astJsonOfModule(module))),
  });
}

/** The same as Rego, each part below a comment. */
export function partialSource({ queries, support }: PartialResult): string {
  const parts = [
    ...queries.map((body, i) => `# Query ${i + 1}\n${body.length === 0 ? "" : `${bodyText(body)}\n`}\n`),
    ...support.map((module, i) => `# Module ${i + 1}\n${moduleText(module)}`),
  ];
  return parts.join("");
}

/** The same as a table of two columns; without queries nothing can make the answer defined. */
export function partialText({ queries, support }: PartialResult): string {
  if (queries.length === 0) return "undefined\n";
  return partsTable([
    ...queries.map((body, i) => [`Query ${i + 1}`, bodyText(body)] as const),
    ...support.map((module, i) => [`Support ${i + 1}`, moduleText(module).trimEnd().replaceAll("\t", "  ")] as const),
  ]);
}

/** Cells of several lines, a rule between the rows, no header. */
function partsTable(cells: readonly (readonly [name: string, text: string])[]): string {
  const rows = cells.map(([name, text]) => [name, text.split("\n")] as const);
  const left = Math.max(...rows.map(([name]) => name.length));
  const right = Math.max(...rows.flatMap(([, lines]) => lines.map(displayWidth)));
  const rule = (start: string, middle: string, end: string) =>
    `${start}${"─".repeat(left + 2)}${middle}${"─".repeat(right + 2)}${end}\n`;
  const line = (name: string, text: string) =>
    `│ ${name.padEnd(left)} │ ${text}${" ".repeat(right - displayWidth(text))} │\n`;
  const blocks = rows.map(([name, lines]) => lines.map((text, i) => line(i === 0 ? name : "", text)).join(""));
  return rule("┌", "┬", "┐") + blocks.join(rule("├", "┼", "┤")) + rule("└", "┴", "┘");
}

function moduleText(module: Module): string {
  return formatModule(unplaced(nameWildcards(module)));
}

/** A query's expressions, one a line. */
function bodyText(body: Body): string {
  const { rules } = nameWildcards(withRule(body));
  return (rules[0]?.body ?? []).map((expr) => expressionText([expr])).join("\n");
}

/** The formatter writes a rule of one expression in one line behind its head, longer ones as a block. */
function expressionText(body: Body): string {
  const text = formatModule(unplaced(withRule(body)));
  const rule = text.slice(text.indexOf("\n\n") + 2).trimEnd();
  const block = "q if {\n";
  return rule.startsWith(block) ? rule.slice(block.length, -2).replace(/^\t/gm, "") : rule.slice("q if ".length);
}

function withRule(body: Body): Module {
  const { module } = parseModule("package p\n\nq if true");
  if (module === undefined) throw new Error("no module");
  return { ...module, rules: module.rules.map((rule) => ({ ...rule, body })) };
}

const nowhere: Location = { file: "", row: 1, col: 1, offset: 0, end: 0, text: "" };

/** Nobody wrote what partial evaluation leaves: it is laid out without regard to where its parts once stood. */
function unplaced<T>(node: T): T {
  if (Array.isArray(node)) return node.map(unplaced) as T;
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key === "loc" ? nowhere : unplaced(value)]),
  ) as T;
}
