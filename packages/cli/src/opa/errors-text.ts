import { diagnosticJson, evaluationErrorJson, Struct } from "@sallyport/opa/answers";
import { caretLines, type Diagnostic, EvaluationError, formatDiagnostic, parseQuery, RegoError } from "@sallyport/rego";
import { EngineError } from "./engine-error.ts";
import { LoadFault } from "./load.ts";
import { QueryContextError } from "./query-context.ts";
import { LoadError } from "./read-data.ts";

/** One fault as OPA prints it: its line, what follows below it, and its JSON. */
export interface ErrorEntry {
  readonly text: string;
  readonly json: Struct;
}

/** Texts of sources, by file; the query's own has the empty name. */
export type Texts = ReadonlyMap<string, string>;

/** What OPA would say of whatever a command threw; undefined when it is no fault of the user's. */
export function errorEntries(error: unknown, texts: Texts = new Map()): readonly ErrorEntry[] | undefined {
  if (error instanceof LoadFault)
    return error.faults.map((fault) => (fault instanceof Error ? messageEntry(fault.message) : diagnosticEntry(fault)));
  if (error instanceof RegoError) return error.diagnostics.map((each) => diagnosticEntry(each));
  if (error instanceof LoadError || error instanceof QueryContextError) return [messageEntry(error.message)];
  if (error instanceof EngineError) {
    const { message, details } = error;
    return [{ text: `${message}\n${details}`, json: new Struct({ message, details }) }];
  }
  if (error instanceof EvaluationError) return [evaluationEntry(error, texts)];
  return undefined;
}

/** A fault without code and place. */
export function messageEntry(message: string): ErrorEntry {
  return { text: message, json: new Struct({ message }) };
}

/** `1 error occurred: …`, or `2 errors occurred:` and one per line. */
export function errorsText(entries: readonly ErrorEntry[]): string {
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) return `1 error occurred: ${first.text}\n`;
  return `${entries.length} errors occurred:\n${entries.map(({ text }) => `${text}\n`).join("")}`;
}

export function diagnosticEntry(diagnostic: Diagnostic): ErrorEntry {
  const { line } = diagnostic;
  const caret = line === undefined ? [] : caretLines(line).map((each) => `\n\t${each}`);
  return { text: formatDiagnostic(diagnostic) + caret.join(""), json: diagnosticJson(diagnostic) };
}

/** An expression of the query itself is shown instead of its place. */
function evaluationEntry(error: EvaluationError, texts: Texts): ErrorEntry {
  const { code, message, place } = error;
  const { name = "", row = 0, col = 0 } = place ?? {};
  const inQuery = name === "" ? expressionAt(texts.get("") ?? "", row, col) : undefined;
  const where = row === 0 ? "" : name === "" ? `${inQuery ?? `${row}:${col}`}: ` : `${name}:${row}: `;
  return { text: `${where}${code}: ${message}`, json: evaluationErrorJson(error) };
}

function expressionAt(query: string, row: number, col: number): string | undefined {
  if (query === "" || row === 0) return undefined;
  try {
    return parseQuery(query).find(({ loc }) => loc.row === row && loc.col === col)?.loc.text;
  } catch (error) {
    if (error instanceof RegoError) return undefined;
    throw error;
  }
}
