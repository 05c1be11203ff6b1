import { globSync, readFileSync } from "node:fs";
import {
  compile,
  EvaluationError,
  type Evaluator,
  jsonText,
  parseJson,
  RegoError,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import { parseAllDocuments } from "yaml";
import { testEffects } from "./effects.ts";
import type { SuiteResult, Verdict } from "./suite.ts";

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
}

const evaluators: readonly Evaluator[] = ["interpreter", "generated"];

/** Runs every case with both evaluators; a case passes when both give what it wants. */
export async function run(dir: string): Promise<SuiteResult> {
  const passed: string[] = [];
  const failed: Verdict[] = [];
  for (const file of globSync(`${dir}/**/*.yaml`).sort()) {
    const version: RegoVersion = /(^|\/)v0\//.test(file) ? "v0" : "v1";
    for (const each of casesOf(readFileSync(file, "utf8"))) {
      const name = `${version}/${each.note}`;
      const why = judge(each, version);
      if (why === undefined) passed.push(name);
      else failed.push({ name, why });
    }
  }
  return { passed, failed, skipped: [] };
}

function casesOf(text: string): readonly Case[] {
  return parseAllDocuments(text, { intAsBigInt: true }).flatMap((document) => {
    const value = (document as { toJS(): { cases?: Case[] } | null }).toJS();
    return value?.cases ?? [];
  });
}

function judge(each: Case, version: RegoVersion): string | undefined {
  for (const evaluator of evaluators) {
    const why = judgeWith(each, version, evaluator);
    if (why !== undefined) return `${evaluator}: ${why}`;
  }
  return undefined;
}

function judgeWith(each: Case, version: RegoVersion, evaluator: Evaluator): string | undefined {
  const wantsError = each.want_error_code !== undefined || each.want_error !== undefined;
  let results: readonly Value[];
  try {
    results = evaluate(each, version, evaluator);
  } catch (error) {
    if (!wantsError) return `unexpected error: ${(error as Error).message.split("\n")[0]}`;
    return judgeError(each, error as Error);
  }
  if (wantsError)
    return `wanted an error (${each.want_error_code ?? each.want_error}), got ${shorten(JSON.stringify(results.map(jsonText)))}`;
  return judgeResults(each, results);
}

function evaluate(each: Case, version: RegoVersion, evaluator: Evaluator): readonly Value[] {
  const sources = (each.modules ?? []).map((text, i) => ({ file: `test-${i}.rego`, text }));
  const { policy, diagnostics } = compile(sources, { regoVersion: version });
  if (policy === undefined) throw new RegoError(diagnostics);
  const options = { effects: testEffects, strictBuiltinErrors: each.strict_error === true, evaluator };
  const data = plain(each.data ?? {});
  const input =
    each.input_term === undefined
      ? each.input === undefined
        ? undefined
        : plain(each.input)
      : termValue(each.input_term);
  return policy.query(each.query, { ...options, data, input });
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
  const text = `${code}: ${error.message}`;
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
