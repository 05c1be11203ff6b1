import { createEffects } from "@sallyport/effects";
import {
  compile,
  type Diagnostic,
  EvaluationError,
  equal,
  jsonText,
  lookup,
  parseJson,
  type RegoPolicy,
  type Value,
} from "@sallyport/rego";
import type { Program } from "./program.ts";

/** What one side says of a program. */
export type Answer =
  /** With the codes of the errors: of the first ones, when the list is cut. */
  | { readonly refused: readonly string[]; readonly isCut?: boolean }
  | { readonly failed: string }
  | { readonly result: Value | undefined };

/** Every way that we answer in. */
export const evaluators = ["generated", "interpreter", "walker"] as const;

export interface OurAnswer {
  /** `compiler` when that refuses the program. */
  readonly by: (typeof evaluators)[number] | "compiler";
  readonly answer: Answer;
}

/** A program that was compiled, or was not. */
export interface Compiled {
  readonly policy: RegoPolicy | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The answers of all evaluators; the compiler's alone when it refuses the program. */
export function ourAnswers(
  program: Program,
  { policy, diagnostics }: Compiled = compileProgram(program),
): readonly OurAnswer[] {
  if (policy === undefined) return [{ by: "compiler", answer: { refused: codesOf(diagnostics) } }];
  const options = { input: parseJson(program.input), data: parseJson(program.data), effects: createEffects() };
  return evaluators.map((by) => ({
    by,
    answer: answered(() => {
      if (by !== "walker") return policy.evaluate("p", { ...options, evaluator: by });
      return lookup(policy.walk("x = data.p", options)[0] ?? {}, "x");
    }),
  }));
}

export function compileProgram({ module, library, regoVersion, strict }: Program): Compiled {
  const options = { regoVersion, strict };
  const main = { file: "p", text: module };
  if (library === undefined) return compile([main], options);
  // The peer is given one after the other.
  const alone = compile([{ file: "lib", text: library }], options);
  return alone.policy === undefined ? alone : compile([{ file: "lib", text: library }, main], options);
}

function codesOf(diagnostics: readonly Diagnostic[]): readonly string[] {
  return [...new Set(diagnostics.map(({ code }) => code))].sort();
}

function answered(evaluate: () => Value | undefined): Answer {
  try {
    const result = evaluate();
    // Through JSON, as the peer's answer came: sets become arrays, and keys text.
    return { result: result === undefined ? undefined : parseJson(jsonText(result)) };
  } catch (error) {
    if (!(error instanceof EvaluationError)) return { failed: `crash: ${(error as Error).message}` };
    return { failed: error.code };
  }
}

export function sameAnswer(a: Answer, b: Answer): boolean {
  if ("refused" in a) return "refused" in b && sameCodes(a, b);
  if ("failed" in a) return "failed" in b && a.failed === b.failed;
  if (!("result" in b)) return false;
  if (a.result === undefined || b.result === undefined) return a.result === b.result;
  return equal(a.result, b.result) && jsonText(a.result) === jsonText(b.result);
}

function sameCodes(a: Extract<Answer, { refused: unknown }>, b: Extract<Answer, { refused: unknown }>): boolean {
  if (a.isCut === true) return a.refused.every((code) => b.refused.includes(code));
  return b.isCut === true ? sameCodes(b, a) : a.refused.join() === b.refused.join();
}

/** What sort of answer it is, with its codes. */
export function kindOfAnswer(answer: Answer): string {
  if ("refused" in answer) return `refused ${answer.refused.join(", ")}`;
  if ("failed" in answer) return `failed ${answer.failed}`;
  return answer.result === undefined ? "undefined" : "result";
}

/** One line. */
export function answerText(answer: Answer): string {
  return "result" in answer && answer.result !== undefined ? jsonText(answer.result) : kindOfAnswer(answer);
}
