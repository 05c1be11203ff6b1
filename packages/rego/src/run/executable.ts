import type { Builtin } from "../builtins/builtin.ts";
import { documentOf } from "../data/snapshot.ts";
import type { JsonPaths } from "../value/json-paths.ts";
import { parseInput } from "../value/parse-input.ts";
import type { Value } from "../value/value.ts";
import { EvaluationError, limitReached } from "./errors.ts";
import { type Generated, generate } from "./generate.ts";
import { inputPathsOf } from "./input-paths.ts";
import { Interpreter } from "./interpreter.ts";
import type { Policy } from "./ir.ts";
import { type PreparedJoin, prepareJoins } from "./joins.ts";
import { type RunOptions, runStateOf } from "./options.ts";
import type { Trace } from "./trace.ts";

/** `generated` runs JavaScript made from the plan; `interpreter` runs the plan itself, and is all there is where code may not be made from strings. */
export type Evaluator = "generated" | "interpreter";

export interface EvaluateOptions extends RunOptions {
  readonly evaluator?: Evaluator;
  /** The input as JSON text, instead of `input`: only what the policy looks at is built of it. What is no JSON throws `SyntaxError`. */
  readonly inputJson?: string | undefined;
}

/** Plans with the builtins that they call, ready to run; the code is generated on first use. */
export class Executable {
  readonly policy: Policy;
  readonly #builtins: ReadonlyMap<string, Builtin>;
  readonly #interpreter: Interpreter;
  readonly #joins: readonly PreparedJoin[];
  #inputPaths: JsonPaths | undefined;
  #generated: Generated | "impossible" | undefined;

  constructor(policy: Policy, builtins: ReadonlyMap<string, Builtin>) {
    this.policy = policy;
    this.#builtins = builtins;
    this.#interpreter = new Interpreter(policy);
    this.#joins = prepareJoins(policy, this.#interpreter, builtins);
  }

  /** What its plans look at of the input. */
  get inputPaths(): JsonPaths {
    this.#inputPaths ??= inputPathsOf([this.policy]);
    return this.#inputPaths;
  }

  /** All results of a plan. Throws `EvaluationError`. */
  run(plan: string, options: EvaluateOptions, trace?: Trace): readonly Value[] {
    const state = runStateOf(options, this.#builtins, trace, this.#joins);
    const data = documentOf(options.data);
    const input = options.inputJson === undefined ? options.input : parseInput(options.inputJson, this.inputPaths);
    try {
      if (options.evaluator !== "interpreter") {
        this.#generated ??= generate(this.policy, this.#builtins);
        if (this.#generated !== "impossible")
          return state.answers(this.#generated.run(plan, input, data, state), input, data);
      }
      return state.answers(this.#interpreter.run(plan, input, data, state), input, data);
    } catch (error) {
      if (error instanceof RangeError) throw limitReached(error);
      throw error instanceof EvaluationError ? withFileName(error, this.policy) : error;
    } finally {
      for (const [i, error] of options.builtinErrors?.entries() ?? [])
        if (options.builtinErrors !== undefined && error.place?.name === undefined)
          options.builtinErrors[i] = withFileName(error, this.policy);
    }
  }
}

function withFileName({ code, message, place }: EvaluationError, policy: Policy): EvaluationError {
  const name = policy.static.files?.[place?.file ?? -1]?.value;
  return new EvaluationError(code, message, name === undefined ? place : { ...place, name });
}
