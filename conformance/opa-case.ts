import {
  type Builtin,
  compile,
  EvaluationError,
  type Evaluator,
  formatEvaluationError,
  jsonText,
  lookup,
  parseJson,
  RegoError,
  type Value,
} from "@sallyport/rego";
import { testEffects } from "./effects.ts";

/** One case of OPA's suite: github.com/open-policy-agent/opa v1/test/cases. */
export interface Case {
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
  /** Modules may import what OPA does not offer by default: `future.keywords.and` and `….or`. */
  readonly experimental_keywords?: boolean;
  readonly env?: { readonly [name: string]: string };
}

/** Each case must give what it wants with both. */
export const evaluators: readonly Evaluator[] = ["interpreter", "generated"];

/** What the suite's own runner adds to OPA's builtins. Time stands still in a query, however long it sleeps. */
export const testSleep: Builtin = {
  name: "test.sleep",
  signature: { args: [{ type: "string" }], result: { type: "null" } },
  call: () => null,
};

/** Its input, from JSON or from the text of a term. */
export function inputOf({ input, input_term: term }: Case): Value | undefined {
  if (term !== undefined) return termValue(term);
  return input === undefined ? undefined : plain(input);
}

/** Why an outcome is not what the case wants; undefined when it is. */
export function judgeOutcome(each: Case, outcome: readonly Value[] | Error): string | undefined {
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
  return binding === undefined ? undefined : lookup(binding, "__term");
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
export function plain(value: unknown): Value {
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
