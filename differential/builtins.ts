import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEffects } from "@sallyport/effects";
import {
  BuiltinError,
  compile,
  EvaluationError,
  jsonText,
  lookup,
  parseJson,
  type QueryState,
  type Value,
} from "@sallyport/rego";
import { allBuiltins } from "../packages/rego/src/builtins/all.ts";

/** One call of a builtin; the operands are Rego text without variables. */
export interface BuiltinCall {
  readonly name: string;
  readonly operands: readonly string[];
}

export interface BuiltinMismatch {
  /** Rego text. */
  readonly call: string;
  readonly opa: string;
  readonly sallyport: string;
}

/** A call with OPA's answer, as a line of a file in `answers/`: `["name", "operand", …, "answer"]`. */
export function recordedLines(opa: string, calls: readonly BuiltinCall[]): readonly string[] {
  const answers = opaAnswers(opa, calls);
  return calls.flatMap(({ name, operands }, i) =>
    answers[i] === peerBroke ? [] : [JSON.stringify([name, ...operands, answers[i]])],
  );
}

/** The calls of such a file where our answer is another one. */
export function differingLines(lines: readonly string[]): readonly BuiltinMismatch[] {
  const rows = lines.map((line) => JSON.parse(line) as readonly string[]);
  const calls = rows.map((row) => ({ name: row[0] as string, operands: row.slice(1, -1) }));
  const ours = ourAnswers(calls);
  return calls.flatMap((call, i) => {
    const [opa, sallyport] = [rows[i]?.at(-1) as string, ours[i] as string];
    return opa === sallyport ? [] : [{ call: callText(call), opa, sallyport }];
  });
}

/** What both sides answer to each call: JSON text, `undefined`, or `name: message` of the error; only where they differ. */
export function compareCalls(opa: string, calls: readonly BuiltinCall[]): readonly BuiltinMismatch[] {
  const theirs = opaAnswers(opa, calls);
  const ours = ourAnswers(calls);
  return calls.flatMap((call, i) => {
    const b = ours[i] as string;
    if (theirs[i] === b) return [];
    const a = remembersOthers(call) ? (opaAnswers(opa, [call])[0] as string) : (theirs[i] as string);
    const proves = a !== peerBroke && !isKnown(call, a);
    return a === b || !proves ? [] : [{ call: callText(call), opa: a, sallyport: b }];
  });
}

/** OPA keeps compiled templates by their text alone, so that an earlier call's delimiters count: it is asked on its own. */
function remembersOthers({ name }: BuiltinCall): boolean {
  return name === "regex.template_match";
}

/**
 * OPA 1.19 takes multiples of 2^64 for zero here; later ones, and the suite of 1.19, have their remainders. Go's YAML takes commas and
 * brackets right behind a tag for parts of it.
 */
function isKnown({ name, operands: [first = "", second] }: BuiltinCall, opa: string): boolean {
  if (name === "rem") return second === "1e100" && opa === "eval_builtin_error: rem: modulo by zero";
  return name.startsWith("yaml.") && /(?:^|["[{,:\s-])![^\s"]*[^\s"\w:/!.\\-]/.test(first);
}

function callText({ name, operands }: BuiltinCall): string {
  return `${name}(${operands.join(", ")})`;
}

const builtins = new Map(allBuiltins.map((builtin) => [builtin.name, builtin]));

function ourAnswers(calls: readonly BuiltinCall[]): readonly string[] {
  const text = `package p\na := [\n${calls.map(({ operands }) => `[${operands.join(", ")}],`).join("\n")}\n]\n`;
  const { policy, diagnostics } = compile([{ file: "calls", text }]);
  if (policy === undefined) throw new Error(diagnostics[0]?.message);
  const operands = policy.evaluate("p/a", { effects: createEffects() }) as readonly (readonly Value[])[];
  return calls.map(({ name }, i) => ourAnswer(name, operands[i] as readonly Value[]));
}

function ourAnswer(name: string, operands: readonly Value[]): string {
  const state: QueryState = { effects: createEffects(), cache: new Map() };
  const builtin = builtins.get(name);
  if (builtin === undefined) return "no such builtin";
  try {
    const value = builtin.call(operands, state);
    return value === undefined ? "undefined" : jsonText(value);
  } catch (error) {
    if (error instanceof EvaluationError) return `${error.code}: ${error.message}`;
    if (!(error instanceof BuiltinError)) return `broke: ${(error as Error).stack}`;
    return `${error.code}: ${name}: ${error.message}`;
  }
}

/** The function hides the operands' types from the type checker. */
function moduleOf(calls: readonly BuiltinCall[]): string {
  const rules = calls.map(({ name, operands }, i) => {
    // With numbers of their own, as OPA takes the answer for 1 for that for 1.0.
    const hidden = operands.map((operand, at) => `g(${operand}, ${i * 10 + at})`).join(", ");
    const relation = name === "walk" ? `x := [y | walk(${hidden}, y)]` : `x := ${name}(${hidden})`;
    return `r[${i}] := x if ${relation}`;
  });
  return `package t\nimport future.keywords.if\ng(x, _) := x\n${rules.join("\n")}\n`;
}

const linesBefore = 3;

/** A call on which the peer itself breaks proves nothing. */
export const peerBroke = "opa broke";

/** Where the peer breaks on one call, or ends the evaluation, it answers none: halves find it. */
function opaAnswers(opa: string, calls: readonly BuiltinCall[]): readonly string[] {
  const { stdout } = runOpa(opa, moduleOf(calls));
  const output = stdout === "" ? undefined : (parseJson(stdout) as OpaOutput);
  if (output?.result !== undefined) return answersFrom(output, calls.length);
  if (calls.length === 1) return [output?.errors === undefined ? peerBroke : errorText(output.errors[0] as OpaError)];
  const middle = calls.length >> 1;
  return [...opaAnswers(opa, calls.slice(0, middle)), ...opaAnswers(opa, calls.slice(middle))];
}

function runOpa(opa: string, module: string): { readonly stdout: string } {
  const folder = mkdtempSync(join(tmpdir(), "builtin-calls-"));
  try {
    const file = join(folder, "calls.rego");
    writeFileSync(file, module);
    // What is deprecated may be called in v0 alone.
    const flags = ["eval", "--v0-compatible", "--show-builtin-errors", "-f", "json", "-d", file, "data.t.r"];
    return spawnSync(opa, flags, { encoding: "utf8", maxBuffer: 256 << 20, timeout: 10_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface OpaError {
  readonly code: string;
  readonly message: string;
  readonly location: { readonly row: number };
}

interface OpaOutput {
  readonly errors?: readonly OpaError[];
  readonly result?: readonly { readonly expressions: readonly { readonly value: Value }[] }[];
}

/** Go prints the fields of this structure, which it makes of a map, in any order. */
function errorText({ code, message }: OpaError): string {
  return `${code}: ${message}`.replace(
    /struct \{ (D json\.RawMessage "[^"]*"[^"]*"[^"]*"); (Kty string "[^"]*"[^"]*"[^"]*") \}/,
    "struct { $2; $1 }",
  );
}

function answersFrom({ errors = [], result }: OpaOutput, count: number): readonly string[] {
  const values = result?.[0]?.expressions[0]?.value as Value;
  const byRow = new Map(errors.map((error) => [error.location.row, errorText(error)]));
  return Array.from({ length: count }, (_, i) => {
    const value = lookup(values, String(i));
    return value === undefined ? (byRow.get(i + linesBefore + 1) ?? "undefined") : jsonText(value);
  });
}
