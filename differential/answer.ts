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
  /** With the codes of the errors: of the first ones, when the list is cut. `told`: the error, where it is one. */
  | { readonly refused: readonly string[]; readonly isCut?: boolean; readonly told?: string }
  /** `others`: code and error of each rule that fails when it is asked alone. */
  | { readonly failed: string; readonly told?: string; readonly others?: readonly string[] }
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
  if (policy === undefined) return [{ by: "compiler", answer: refusal(diagnostics) }];
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

function refusal(diagnostics: readonly Diagnostic[]): Answer {
  const refused = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const [only, ...others] = diagnostics;
  if (only === undefined || others.length > 0) return { refused };
  return { refused, told: told(only.loc?.file, only.loc?.row, only.message) };
}

/** An error in one line, as the peer tells it. */
function told(file: string | undefined, row: number | undefined, message: string): string {
  return file === undefined ? message : `${file}:${row}: ${message}`;
}

function answered(evaluate: () => Value | undefined): Answer {
  try {
    const result = evaluate();
    // Through JSON, as the peer's answer came: sets become arrays, and keys text.
    return { result: result === undefined ? undefined : parseJson(jsonText(result)) };
  } catch (error) {
    if (!(error instanceof EvaluationError)) return { failed: `crash: ${(error as Error).message}` };
    return { failed: error.code, told: told(error.place?.name, error.place?.row, error.message) };
  }
}

export function sameAnswer(a: Answer, b: Answer): boolean {
  if ("refused" in a) return "refused" in b && sameCodes(a, b) && sameTold(a, b);
  if ("failed" in a) return "failed" in b && a.failed === b.failed && sameTold(a, b);
  if (!("result" in b)) return false;
  if (a.result === undefined || b.result === undefined) return a.result === b.result;
  return equal(a.result, b.result) && jsonText(a.result) === jsonText(b.result);
}

function sameCodes(a: Extract<Answer, { refused: unknown }>, b: Extract<Answer, { refused: unknown }>): boolean {
  if (a.isCut === true) return a.refused.every((code) => b.refused.includes(code));
  return b.isCut === true ? sameCodes(b, a) : a.refused.join() === b.refused.join();
}

/** A server tells codes alone. */
function sameTold(a: { readonly told?: string }, b: { readonly told?: string }): boolean {
  return a.told === undefined || b.told === undefined || comparable(a.told, b.told) === comparable(b.told, a.told);
}

/**
 * OPA numbers the names that it makes up through all modules; we do in each module, so that it need not be compiled anew with others. It
 * has no place for calls in template strings, and for refs to rules that of the last ref to the same rule: ours is the place itself.
 */
function comparable(told: string, other: string): string {
  const text = told.replace(/__local\d+__/g, "__local__");
  const isPlaced = [told, other].every((each) => place.test(each)) && !/^\w+:\d+: undefined ref: data\./.test(told);
  return isPlaced ? text : withoutPlace(text);
}

const place = /^\w+:\d+: /;

/** An error without its file and row. */
export function withoutPlace(told = ""): string {
  return told.replace(place, "");
}

/** What sort of answer it is, with its codes. */
export function kindOfAnswer(answer: Answer): string {
  if ("refused" in answer) return `refused ${answer.refused.join(", ")}`;
  if ("failed" in answer) return `failed ${answer.failed}`;
  return answer.result === undefined ? "undefined" : "result";
}

/** One line. */
export function answerText(answer: Answer): string {
  if ("result" in answer && answer.result !== undefined) return jsonText(answer.result);
  return kindOfAnswer(answer) + ("told" in answer ? `: ${answer.told}` : "");
}
