import { globSync, readFileSync } from "node:fs";
import { type Evaluator, type JsonObject, PlanFile, parseJson, type Value } from "@sallyport/rego";
import { testEffects } from "./effects.ts";
import { type Case, evaluators, inputOf, judgeOutcome, testSleep } from "./opa-case.ts";
import { type SuiteResult, Tally } from "./suite.ts";

/** A case of OPA's suite with the plan that OPA made of it: what the evaluators do with plans that are not ours. */
interface PlanCase extends Case {
  readonly entrypoints: readonly [string];
  readonly plan: unknown;
  readonly want_plan_result: Case["want_result"] | null;
  readonly ignore: boolean;
}

/** Runs every plan with both evaluators; a case passes when both give what it wants. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of globSync(`${dir}/**/*.json`).sort()) {
    const { cases } = parseJson(readFileSync(file, "utf8")) as unknown as { readonly cases: readonly PlanCase[] };
    for (const each of cases) {
      if (each.ignore) tally.skip(each.note, "the suite says to ignore it");
      else tally.add(each.note, await judge(each));
    }
  }
  return tally.result;
}

async function judge(each: PlanCase): Promise<string | undefined> {
  const { want_plan_result: wanted } = each;
  const expected = {
    ...each,
    ...(wanted === null ? {} : { want_result: wanted ?? [] }),
    ...(each.want_error === undefined ? {} : { want_error: inPlan(each.want_error) }),
  };
  for (const evaluator of evaluators) {
    const why = judgeOutcome(expected, await evaluate(each, evaluator));
    if (why !== undefined) return `${evaluator}: ${why}`;
  }
  return undefined;
}

/** The plans call `module-0.rego` what the texts call `test-0.rego`. */
function inPlan(error: string): string {
  return error.replace(/^test-(?=\d+\.rego:)/, "module-");
}

async function evaluate(each: PlanCase, evaluator: Evaluator): Promise<readonly Value[] | Error> {
  try {
    return await new PlanFile(each.plan, [testSleep]).evaluateAsync(each.entrypoints[0], {
      effects: { ...testEffects, env: { ...testEffects.env, ...each.env } },
      strictBuiltinErrors: each.strict_error === true,
      evaluator,
      data: (each.data ?? {}) as JsonObject,
      input: inputOf(each),
    });
  } catch (error) {
    return error as Error;
  }
}
