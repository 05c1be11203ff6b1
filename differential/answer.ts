import { createEffects } from "@sallyport/effects";
import {
  compile,
  type Diagnostic,
  EvaluationError,
  type Evaluator,
  equal,
  jsonText,
  parseJson,
  type RegoPolicy,
  type Value,
} from "@sallyport/rego";
import type { Program } from "./program.ts";

/** What one side says of a program. */
export type Answer =
  | { readonly refused: readonly string[] }
  | { readonly failed: string }
  | { readonly result: Value | undefined };

/** Both evaluators' answers; the compiler's alone when it refuses the program. */
export function ourAnswers(program: Program, packageName: string): readonly Answer[] {
  const { policy, diagnostics } = compile([{ file: "p", text: program.module }]);
  if (policy === undefined) return [{ refused: codesOf(diagnostics) }];
  return (["generated", "interpreter"] as const).map((each) => evaluate(policy, program, packageName, each));
}

function codesOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  return [...new Set(diagnostics.map(({ code }) => code))].sort();
}

function evaluate(policy: RegoPolicy, { input, data }: Program, path: string, evaluator: Evaluator): Answer {
  try {
    // Through JSON, as the peer's answer came: sets become arrays, and keys text.
    const result = policy.evaluate(path, {
      input: parseJson(JSON.stringify(input)),
      data: parseJson(JSON.stringify({ d: data })),
      effects: createEffects(),
      evaluator,
    });
    return { result: result === undefined ? undefined : parseJson(jsonText(result)) };
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return { failed: error.code };
  }
}

export function sameAnswer(a: Answer, b: Answer): boolean {
  if ("refused" in a) return "refused" in b && a.refused.join() === b.refused.join();
  if ("failed" in a) return "failed" in b && a.failed === b.failed;
  if (!("result" in b)) return false;
  if (a.result === undefined || b.result === undefined) return a.result === b.result;
  return equal(a.result, b.result) && jsonText(a.result) === jsonText(b.result);
}

/** One line. */
export function answerText(answer: Answer): string {
  if ("refused" in answer) return `refused: ${answer.refused.join(", ")}`;
  if ("failed" in answer) return `failed: ${answer.failed}`;
  return answer.result === undefined ? "undefined" : jsonText(answer.result);
}
