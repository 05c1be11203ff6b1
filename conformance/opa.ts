import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  compile,
  EvaluationError,
  type Evaluator,
  formatEvaluationError,
  jsonText,
  parseJson,
  RegoError,
  type RegoPolicy,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import { parseAllDocuments } from "yaml";
import { testEffects } from "./effects.ts";
import { type SuiteResult, Tally } from "./suite.ts";

/** One case of OPA's suite: github.com/open-policy-agent/opa v1/test/cases. */
interface Case {
  readonly note: string;
  readonly query: string;
  readonly modules?: readonly string[];
  readonly data?: unknown;
  readonly input?: unknown;
  readonly input_term?: string;
  readonly want_result?: readonly { readonly [binding: string]: unknown }[];
  readonly want_error_code?: string;
  readonly want_error?: string;
  readonly sort_bindings?: boolean;
  readonly strict_error?: boolean;
  readonly env?: { readonly [name: string]: string };
}

const evaluators: readonly Evaluator[] = ["interpreter", "generated"];

/** Runs every case with both evaluators; a case passes when both give what it wants. Cases outside of `v0/` are v1. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of globSync(`${dir}/**/*.yaml`).sort()) {
    const version: RegoVersion = resolve(file).split("/").includes("v0") ? "v0" : "v1";
    for (const each of casesOf(readFileSync(file, "utf8"))) tally.add(`${version}/${each.note}`, judge(each, version));
  }
  return tally.result;
}

function casesOf(text: string): readonly Case[] {
  return parseAllDocuments(text, { intAsBigInt: true }).flatMap((document) => {
    const value = (document as { toJS(): { cases?: Case[] } | null }).toJS();
    return value?.cases ?? [];
  });
}

function judge(each: Case, version: RegoVersion): string | undefined {
  let prepared: Prepared | Error;
  try {
    prepared = prepare(each, version);
  } catch (error) {
    prepared = error as Error;
  }
  for (const evaluator of evaluators) {
    const why = judgeOutcome(each, prepared instanceof Error ? prepared : evaluate(each, prepared, evaluator));
    if (why !== undefined) return `${evaluator}: ${why}`;
  }
  return undefined;
}

interface Prepared {
  readonly policy: RegoPolicy;
  readonly data: Value;
  readonly input: Value | undefined;
}

function prepare(each: Case, regoVersion: RegoVersion): Prepared {
  const sources = (each.modules ?? []).map((text, i) => ({ file: `test-${i}.rego`, text }));
  const { policy, diagnostics } = compile(sources, { regoVersion });
  if (policy === undefined) throw new RegoError(diagnostics);
  return { policy, data: plain(each.data ?? {}), input: inputOf(each) };
}

function inputOf({ input, input_term: term }: Case): Value | undefined {
  if (term !== undefined) return termValue(term);
  return input === undefined ? undefined : plain(input);
}

/** The bindings, or the error that ended the evaluation. */
function evaluate(each: Case, { policy, data, input }: Prepared, evaluator: Evaluator): readonly Value[] | Error {
  const effects = { ...testEffects, env: { ...testEffects.env, ...each.env } };
  try {
    return policy.query(each.query, {
      effects,
      strictBuiltinErrors: each.strict_error === true,
      evaluator,
      data,
      input,
    });
  } catch (error) {
    return error as Error;
  }
}

function judgeOutcome(each: Case, outcome: readonly Value[] | Error): string | undefined {
  const wanted = each.want_error ?? each.want_error_code;
  if (outcome instanceof Error) {
    if (wanted !== undefined) return judgeError(each, outcome);
    return `unexpected error: ${outcome.message.split("\n")[0]}`;
  }
  if (wanted !== undefined) return `wanted an error (${wanted}), got ${shorten(outcome.map(jsonText).join(" "))}`;
  return judgeResults(each, outcome);
}

/** `input_term` is Rego text: it may hold sets and keys that JSON cannot. */
function termValue(text: string): Value | undefined {
  const { policy } = compile([], {});
  const [binding] = policy?.query(`__term = ${text}`, { effects: testEffects }) ?? [];
  return binding === undefined ? undefined : bindingOf(binding, "__term");
}

function bindingOf(binding: Value, name: string): Value | undefined {
  return (binding as unknown as { get(key: string): Value | undefined }).get(name);
}

function judgeError(each: Case, error: Error): string | undefined {
  const code =
    error instanceof EvaluationError ? error.code : error instanceof RegoError ? error.diagnostics[0]?.code : undefined;
  if (code === undefined) return `crashed: ${error.stack?.split("\n").slice(0, 3).join(" ")}`;
  if (each.want_error_code !== undefined && each.want_error_code !== code)
    return `wanted ${each.want_error_code}, got ${code}: ${error.message}`;
  const text = error instanceof EvaluationError ? formatEvaluationError(error) : error.message;
  if (each.want_error !== undefined && !text.includes(each.want_error))
    return `wanted "${each.want_error}", got "${error.message}"`;
  return undefined;
}

/** Bindings as a set, sets as arrays; numbers as doubles, as the suite's own runner reads them. */
function judgeResults(each: Case, results: readonly Value[]): string | undefined {
  const got = new Set(results.map((value) => canonical(JSON.parse(jsonText(value)), each.sort_bindings === true)));
  const want = new Set(
    (each.want_result ?? []).map((value) => canonical(JSON.parse(jsonText(plain(value))), each.sort_bindings === true)),
  );
  const same = got.size === want.size && [...want].every((text) => got.has(text));
  return same ? undefined : `wanted ${shorten([...want].join(" "))}, got ${shorten([...got].join(" "))}`;
}

function canonical(binding: { [name: string]: unknown }, sort: boolean): string {
  const entries = Object.entries(binding).map(([name, value]) => {
    const sorted =
      sort && Array.isArray(value) ? [...value].sort((a, b) => (sortedText(a) < sortedText(b) ? -1 : 1)) : value;
    return [name, sorted] as const;
  });
  return sortedText(Object.fromEntries(entries));
}

function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const object = value as { [key: string]: unknown };
  return `{${Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${sortedText(object[key])}`)
    .join()}}`;
}

/** YAML's values as ours: exact integers become numbers where they are safe. */
function plain(value: unknown): Value {
  return parseJson(
    JSON.stringify(value, (_key, each) => (typeof each === "bigint" ? JSON.rawJSON(String(each)) : each)),
  );
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

declare global {
  interface JSON {
    rawJSON(text: string): unknown;
  }
}
