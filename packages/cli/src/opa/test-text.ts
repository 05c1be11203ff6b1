import {
  type BenchmarkResult,
  type CaseResult,
  type FailedExpression,
  type FailedExpressions,
  type TestResult,
  traceRows,
} from "@sallyport/rego";
import { durationText } from "./duration-text.ts";
import { failedText } from "./failed-text.ts";
import { errorText, failingPaths, tallyOf } from "./test-results.ts";

export interface TestTextOptions {
  /** Tests that pass too, and the traces of those that fail. */
  readonly verbose: boolean;
  readonly varValues: boolean;
  /** Names of benchmarks as Go's tools want them. */
  readonly goNames: boolean;
  readonly memory: boolean;
}

const rule = "-".repeat(80);

const words = { pass: "PASS", fail: "FAIL", skip: "SKIPPED", error: "ERROR" } as const;

/** Results as `opa test` prints them. */
export function testText(results: readonly TestResult[], options: TestTextOptions): string {
  if (results.length === 0) return "";
  const listed = listText(results, options);
  const failures = options.verbose || options.varValues ? failuresText(results, options) : "";
  const head = listed + failures;
  return head + (head === "" ? "" : `${rule}\n`) + tallyText(results);
}

function listText(results: readonly TestResult[], options: TestTextOptions): string {
  let lastFile: string | undefined;
  let text = "";
  for (const result of results) {
    const { benchmark, outcome, loc } = result;
    if (benchmark !== undefined && outcome === "pass") {
      text += benchmarkText(result, benchmark, options);
      continue;
    }
    if (outcome === "pass" && !options.verbose) continue;
    if (lastFile !== undefined && lastFile !== loc.file) text += "\n";
    lastFile = loc.file;
    text += `${loc.file}:${loc.row}:\n${resultText(result, options.verbose)}${outputText(result.output)}`;
  }
  return text;
}

/** `data.a.test_x: FAIL (1ms)` and all its cases, as the fault of a run for coverage. */
export function failureLine(result: TestResult): string {
  return `${titleOf(result)}\n${casesText(result.cases, true, "")}`;
}

function resultText(result: TestResult, verbose: boolean): string {
  const { cases, error } = result;
  const why = error === undefined ? "" : `  ${errorText(error)}\n`;
  return `${titleOf(result)}\n${why}${casesText(cases, verbose, "  ")}`;
}

function titleOf({ package: pkg, name, outcome, duration }: TestResult): string {
  return `${pkg}.${name}: ${words[outcome]}${outcome === "skip" ? "" : ` (${durationText(duration)})`}`;
}

function casesText(cases: readonly CaseResult[], verbose: boolean, padding: string): string {
  return cases
    .filter(({ fails }) => fails || verbose)
    .map(({ name, fails, cases: inner }) => caseLine(name, fails, padding) + casesText(inner, verbose, `${padding}  `))
    .join("");
}

function caseLine(name: string, fails: boolean, padding: string): string {
  return `${padding}${name}: ${fails ? words.fail : words.pass}\n`;
}

function outputText(output: string): string {
  return output === "" ? "" : `\n${indent(output.trim(), "  ")}\n`;
}

function failuresText(results: readonly TestResult[], options: TestTextOptions): string {
  const failed = results.filter(({ outcome }) => outcome === "fail");
  if (failed.length === 0) return "";
  return `${rule}\nFAILURES\n${rule}\n${failed.map((each) => failureText(each, options)).join("")}`;
}

/** OPA indents each piece that it writes, cells of a table too. */
function failureText(result: TestResult, { verbose, varValues }: TestTextOptions): string {
  const { cases, failed = new Map<string, FailedExpression>() } = result;
  const rows = verbose ? traceRows(result.trace, { varValues }) : [];
  const table = rows.map((cells) => `${[...cells, ""].map((cell) => `  ${cell}`).join("")}\n`).join("");
  const head = `${titleOf(result)}\n\n${table}${verbose ? "\n" : ""}`;
  if (cases.length > 0)
    return `${head}${failingPaths(cases)
      .map((path) => caseText(path, varValues ? failed : undefined))
      .join("")}\n`;
  const expression = failed.get("");
  if (!varValues) return head;
  return `${head}${expression === undefined ? "" : indent(failedText(expression), "  ")}\n`;
}

function caseText(path: readonly string[], failed: FailedExpressions | undefined): string {
  const titles = path.map((name, depth) => caseLine(name, true, "  ".repeat(depth + 1))).join("");
  if (failed === undefined) return titles;
  const padding = "  ".repeat(path.length + 1);
  const expression = failed.get(path.join("\0"));
  if (expression === undefined) return `${titles}${padding}\n`;
  return `${titles}${padding}\n${indent(failedText(expression), `${padding}  `).replace(/\n$/, "")}${padding}\n`;
}

function benchmarkText(result: TestResult, benchmark: BenchmarkResult, { goNames, memory }: TestTextOptions): string {
  const { rounds, total, evaluation, allocated } = benchmark;
  const name = goNames ? goName(result) : `${result.package}.${result.name}`;
  const cells = [
    name,
    String(rounds).padStart(8),
    `${perRound(total / rounds)} ns/op`,
    `${perRound(evaluation / rounds)} timer_rego_query_eval_ns/op`,
  ];
  if (memory && allocated !== undefined)
    cells.push(
      `${Math.round(allocated / rounds)
        .toString()
        .padStart(8)} B/op`,
    );
  return `${cells.join("\t")}\n`;
}

/** As Go's benchmarks: four digits, or all of a large number. */
function perRound(ns: number): string {
  const digits = ns >= 999.95 ? 0 : ns >= 99.995 ? 1 : ns >= 9.9995 ? 2 : 3;
  const text = ns.toFixed(digits);
  return text.padStart(10 + (digits === 0 ? 0 : digits + 1));
}

/** `BenchmarkDataPkgTestX` */
function goName({ package: pkg, name }: TestResult): string {
  const parts = `${pkg}.${name}`.split(/[._]/).filter((part) => part !== "");
  return `Benchmark${parts.map((part) => part.slice(0, 1).toUpperCase() + part.slice(1)).join("")}`;
}

function tallyText(results: readonly TestResult[]): string {
  const tally = tallyOf(results);
  const total = tally.pass + tally.fail + tally.skip + tally.error;
  return (["pass", "fail", "skip", "error"] as const)
    .filter((outcome) => tally[outcome] > 0)
    .map((outcome) => `${words[outcome]}: ${tally[outcome]}/${total}\n`)
    .join("");
}

function indent(text: string, padding: string): string {
  return text
    .split("\n")
    .map((line) => `${padding}${line}\n`)
    .join("");
}
