import { aggregateMetricsJson, goJson, goJsonLine, type Printable, printableAst, Struct } from "@sallyport/opa/answers";
import type { QueryAnswer, Value } from "@sallyport/rego";
import { traceJson, traceText } from "@sallyport/rego";
import { type ErrorEntry, errorEntries, errorsText } from "./errors-text.ts";
import {
  aggregateProfileJson,
  coverageJson,
  coverageTable,
  metricsTable,
  profileJson,
  profileTable,
} from "./eval-tables.ts";
import type { QueryRun } from "./evaluate-query.ts";
import { partialJson, partialSource, partialText } from "./partial-output.ts";
import type { QueryRequest } from "./query-request.ts";
import { cutText, tableText } from "./table.ts";

export type EvalFormat = "json" | "values" | "bindings" | "pretty" | "source" | "raw" | "discard";

/** What an evaluation has to say: the runs of the same query, or what prevented them. */
export interface EvalOutput {
  readonly runs: readonly QueryRun[];
  readonly errors: readonly ErrorEntry[];
  readonly showsMetrics: boolean;
  /** Values of variables stand in traces. */
  readonly varValues: boolean;
  /** Longer values in tables are cut; in bytes, of which no positive number means all. */
  readonly prettyLimit?: number;
}

/** Both streams of what `opa eval` prints. */
export interface Printed {
  readonly out: string;
  readonly err: string;
}

const noAnswers: readonly QueryAnswer[] = [];

/** An evaluation's outcome in the format that its flags name. */
export function printEval(runs: readonly QueryRun[], fatal: readonly ErrorEntry[], request: QueryRequest): Printed {
  const { flags } = request;
  const format = flags.string("format") as EvalFormat;
  const errors = [...fatal, ...shownBuiltinErrors(runs, request)];
  const output = { runs, errors, showsMetrics: wantsMetrics(request), varValues: flags.bool("var-values") };
  const isText = format !== "json" && format !== "discard";
  if (isText && errors.length > 0)
    return { out: format === "pretty" ? observedText(output) : "", err: errorsText(errors) };
  return { out: textOf(output, format), err: "" };
}

function shownBuiltinErrors(runs: readonly QueryRun[], { flags, query }: QueryRequest): readonly ErrorEntry[] {
  if (!flags.bool("show-builtin-errors")) return [];
  return (runs[0]?.builtinErrors ?? []).flatMap((each) => errorEntries(each, new Map([["", query]])) ?? []);
}

function textOf(output: EvalOutput, format: EvalFormat): string {
  const [run] = output.runs;
  const answers = run?.answers ?? noAnswers;
  switch (format) {
    case "json":
      return outcomeJson(output);
    case "discard":
      return goJsonLine(sortedStruct(jsonOutput(output, "discarded")));
    case "values":
      return answers.map(({ expressions }) => goJsonLine(expressions.map(({ value }) => value))).join("");
    case "bindings":
      return answers.map((answer) => goJsonLine(bindingsOf(answer))).join("");
    case "raw":
      return answers.map(({ expressions }) => `${expressions.map(({ value }) => rawText(value)).join(" ")}\n`).join("");
    case "source":
      return run?.partial === undefined ? "" : partialSource(run.partial);
    case "pretty":
      return prettyOutput(output);
  }
}

/** The whole outcome as OPA's JSON. */
export function outcomeJson(output: EvalOutput): string {
  return goJsonLine(jsonOutput(output, answersJson(output.runs[0]?.answers ?? noAnswers)));
}

function jsonOutput({ runs, errors, ...output }: EvalOutput, result: Printable): Struct {
  const [run] = runs;
  const isRepeated = runs.length > 1;
  const profiles = runs.flatMap(({ profile }) => (profile === undefined ? [] : [profile]));
  const showsMetrics = run !== undefined && output.showsMetrics;
  return new Struct({
    errors: errors.length === 0 ? undefined : errors.map(({ json }) => json),
    result: run === undefined || run.answers.length === 0 ? undefined : result,
    partial: run?.partial && partialJson(run.partial),
    metrics: showsMetrics && !isRepeated ? run.metrics.json() : undefined,
    aggregated_metrics:
      showsMetrics && isRepeated ? aggregateMetricsJson(runs.map(({ metrics }) => metrics)) : undefined,
    explanation: run === undefined || run.trace.length === 0 ? undefined : printableAst(traceJson(run.trace)),
    profile: isRepeated || profiles[0] === undefined ? undefined : profileJson(profiles[0]),
    aggregated_profile: isRepeated && profiles.length > 0 ? aggregateProfileJson(profiles) : undefined,
    coverage: run?.coverage && coverageJson(run.coverage),
  });
}

function wantsMetrics({ flags }: QueryRequest): boolean {
  return flags.bool("metrics") || flags.bool("instrument") || flags.bool("profile");
}

/** As of a document that went through a map: all keys sorted. */
function sortedStruct(value: Printable): Printable {
  if (Array.isArray(value)) return value.map(sortedStruct);
  if (!(value instanceof Struct)) return value;
  const fields = value.fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Struct(Object.fromEntries(fields.map(([key, item]) => [key, sortedStruct(item)])));
}

/** Answers as `opa eval` prints them below `result`. */
export function answersJson(answers: readonly QueryAnswer[]): Printable {
  return answers.map(answerJson);
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

/** The explanation, the answer, and the tables of what was measured. */
export function prettyOutput(output: EvalOutput): string {
  const [run] = output.runs;
  if (run === undefined) return "";
  const { answers, partial } = run;
  return observedText(output, partial === undefined ? answersText(answers, output.prettyLimit) : partialText(partial));
}

/** What was seen while the answer was found, around it. */
export function observedText({ runs, showsMetrics, varValues, prettyLimit }: EvalOutput, answer = ""): string {
  const [run] = runs;
  if (run === undefined) return answer;
  const profiles = runs.flatMap(({ profile }) => (profile === undefined ? [] : [profile]));
  return [
    traceText(run.trace, { varValues }),
    answer,
    showsMetrics
      ? metricsTable(
          runs.map(({ metrics }) => metrics),
          prettyLimit,
        )
      : "",
    profiles.length === 0 ? "" : profileTable(profiles),
    run.coverage === undefined ? "" : coverageTable(run.coverage),
  ].join("");
}

/** A single value as JSON, all else as a table of the variables and of the expressions that say something. */
export function answersText(answers: readonly QueryAnswer[], limit = 0): string {
  const [first] = answers;
  if (first === undefined) return "undefined\n";
  const { expressions, bindings } = first;
  if (answers.length === 1 && bindings.length === 0) {
    const areTrue = expressions.every(({ value }) => value === true);
    const [only] = expressions;
    if (only !== undefined && (expressions.length === 1 || areTrue)) return goJsonLine(only.value);
  }
  const names = bindings.map(([name]) => name);
  const shown = expressions.flatMap(({ value }, i) => (bindings.length === 0 || value !== true ? [i] : []));
  const header = [...names, ...shown.map((i) => expressions[i]?.text ?? "")];
  const rows = answers.map((answer) => cellsOf(answer, names, shown).map((text) => cutText(text, limit)));
  return tableText(header, rows);
}

function cellsOf({ bindings, expressions }: QueryAnswer, names: readonly string[], shown: readonly number[]): string[] {
  const byName = new Map(bindings);
  const values = [...names.map((name) => byName.get(name)), ...shown.map((i) => expressions[i]?.value)];
  return values.map((value) => (value === undefined ? "" : goJson(value, "")));
}
