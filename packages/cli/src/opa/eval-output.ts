import type { QueryAnswer, Value } from "@sallyport/rego";
import { type ErrorEntry, errorsText } from "./errors-text.ts";
import { goJson, goJsonLine, type Printable, Struct } from "./json-text.ts";
import { tableText } from "./table.ts";

export type EvalFormat = "json" | "values" | "bindings" | "pretty" | "source" | "raw" | "discard";

/** What an evaluation has to say. */
export interface EvalOutput {
  readonly answers: readonly QueryAnswer[];
  readonly errors: readonly ErrorEntry[];
}

/** Both streams of what `opa eval` prints. */
export interface Printed {
  readonly out: string;
  readonly err: string;
}

/** An evaluation's outcome in a format. */
export function printEval(output: EvalOutput, format: EvalFormat): Printed {
  const isText = format !== "json" && format !== "discard";
  if (isText && output.errors.length > 0) return { out: "", err: errorsText(output.errors) };
  return { out: textOf(output, format), err: "" };
}

function textOf(output: EvalOutput, format: EvalFormat): string {
  const { answers } = output;
  switch (format) {
    case "json":
      return goJsonLine(jsonOutput(output, answers.map(answerJson)));
    case "discard":
      return goJsonLine(sortedStruct(jsonOutput(output, "discarded")));
    case "values":
      return answers.map(({ expressions }) => goJsonLine(expressions.map(({ value }) => value))).join("");
    case "bindings":
      return answers.map((answer) => goJsonLine(bindingsOf(answer))).join("");
    case "raw":
      return answers.map(({ expressions }) => `${expressions.map(({ value }) => rawText(value)).join(" ")}\n`).join("");
    case "pretty":
    case "source":
      return prettyText(answers);
  }
}

function jsonOutput({ answers, errors }: EvalOutput, result: Printable): Struct {
  return new Struct({
    errors: errors.length === 0 ? undefined : errors.map(({ json }) => json),
    result: answers.length === 0 ? undefined : result,
  });
}

/** As of a document that went through a map: all keys sorted. */
function sortedStruct(value: Printable): Printable {
  if (Array.isArray(value)) return value.map(sortedStruct);
  if (!(value instanceof Struct)) return value;
  const fields = value.fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Struct(Object.fromEntries(fields.map(([key, item]) => [key, sortedStruct(item)])));
}

function answerJson(answer: QueryAnswer): Struct {
  const expressions = answer.expressions.map(
    ({ value, text, row, col }) => new Struct({ value, text, location: new Struct({ row, col }) }),
  );
  return new Struct({
    expressions: expressions.length === 0 ? undefined : expressions,
    bindings: answer.bindings.length === 0 ? undefined : bindingsOf(answer),
  });
}

function bindingsOf({ bindings }: QueryAnswer): Printable {
  return new Struct(Object.fromEntries(bindings));
}

/** Strings without quotes, all else as JSON. */
function rawText(value: Value): string {
  return typeof value === "string" ? value : goJson(value, "");
}

/** A single value as JSON, all else as a table of the variables and of the expressions that say something. */
function prettyText(answers: readonly QueryAnswer[]): string {
  const [first] = answers;
  if (first === undefined) return "undefined\n";
  const { expressions, bindings } = first;
  if (answers.length === 1 && bindings.length === 0) {
    const areTrue = expressions.every(({ value }) => value === true);
    if (expressions.length === 1 || areTrue) return goJsonLine(expressions[0]?.value ?? true);
  }
  const names = bindings.map(([name]) => name);
  const shown = expressions.flatMap(({ value }, i) => (bindings.length === 0 || value !== true ? [i] : []));
  const header = [...names, ...shown.map((i) => expressions[i]?.text ?? "")];
  return tableText(
    header,
    answers.map((answer) => cellsOf(answer, names, shown)),
  );
}

function cellsOf({ bindings, expressions }: QueryAnswer, names: readonly string[], shown: readonly number[]): string[] {
  const byName = new Map(bindings);
  const values = [...names.map((name) => byName.get(name)), ...shown.map((i) => expressions[i]?.value)];
  return values.map((value) => (value === undefined ? "" : goJson(value, "")));
}
