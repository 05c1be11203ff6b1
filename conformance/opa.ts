import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  compile,
  currentCapabilities,
  type Evaluator,
  evaluateAsynchronously,
  RegoError,
  type RegoPolicy,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import { parseAllDocuments } from "yaml";
import { testEffects } from "./effects.ts";
import { type Case, evaluators, inputOf, judgeOutcome, plain, testSleep } from "./opa-case.ts";
import { type SuiteResult, Tally } from "./suite.ts";

/** The evaluators of plans, and the walker. */
const ways = [...evaluators, "walker"] as const;

/** Runs every case in all three ways; a case passes when all give what it wants. Cases outside of `v0/` are v1. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of globSync(`${dir}/**/*.yaml`).sort()) {
    const version: RegoVersion = resolve(file).split("/").includes("v0") ? "v0" : "v1";
    for (const each of casesOf(readFileSync(file, "utf8")))
      tally.add(`${version}/${each.note}`, await judge(each, version));
  }
  return tally.result;
}

function casesOf(text: string): readonly Case[] {
  return parseAllDocuments(text, { intAsBigInt: true }).flatMap((document) => {
    const value = (document as { toJS(): { cases?: Case[] } | null }).toJS();
    return value?.cases ?? [];
  });
}

async function judge(each: Case, version: RegoVersion): Promise<string | undefined> {
  let prepared: Prepared | Error;
  try {
    prepared = prepare(each, version);
  } catch (error) {
    prepared = error as Error;
  }
  for (const way of ways) {
    const why = judgeOutcome(each, prepared instanceof Error ? prepared : await evaluate(each, prepared, way));
    if (why !== undefined) return `${way}: ${why}`;
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
  const keywords = each.experimental_keywords === true ? ["and", "not", "or"] : ["not"];
  const capabilities = { ...currentCapabilities(), future_keywords: keywords };
  const { policy, diagnostics } = compile(sources, { regoVersion, capabilities, builtins: [testSleep] });
  if (policy === undefined) throw new RegoError(diagnostics);
  return { policy, data: plain(each.data ?? {}), input: inputOf(each) };
}

/** The bindings, or the error that ended the evaluation. */
async function evaluate(
  each: Case,
  { policy, data, input }: Prepared,
  way: Evaluator | "walker",
): Promise<readonly Value[] | Error> {
  const effects = { ...testEffects, env: { ...testEffects.env, ...each.env } };
  const options = { effects, strictBuiltinErrors: each.strict_error === true, data, input };
  try {
    if (way === "walker") return await evaluateAsynchronously(options, (round) => policy.walk(each.query, round));
    return await policy.queryAsync(each.query, { ...options, evaluator: way });
  } catch (error) {
    return error as Error;
  }
}
