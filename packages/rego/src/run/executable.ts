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

/** What runs a policy, made for its first run. */
interface Prepared {
  /** With its joins marked. */
  readonly policy: Policy;
  readonly interpreter: Interpreter;
  readonly joins: readonly PreparedJoin[];
  generated: Generated | "impossible" | undefined;
}

/** Plans with the builtins that they call, ready to run; the code is generated on first use. */
export class Executable {
  readonly policy: Policy;
  readonly #builtins: ReadonlyMap<string, Builtin>;
  readonly #markJoins: (policy: Policy) => Policy;
  #inputPaths: JsonPaths | undefined;
  #prepared: Prepared | undefined;

  /** `markJoins` marks the loops that an index of base data can narrow. */
  constructor(
    policy: Policy,
    builtins: ReadonlyMap<string, Builtin>,
    markJoins: (policy: Policy) => Policy = (each) => each,
  ) {
    this.policy = policy;
    this.#builtins = builtins;
    this.#markJoins = markJoins;
  }

  /** What its plans look at of the input. */
  get inputPaths(): JsonPaths {
    this.#inputPaths ??= inputPathsOf([this.policy]);
    return this.#inputPaths;
  }

  /** Makes its code now: else the first run does, within its deadline. */
  generate(): void {
    this.#prepared ??= this.#prepare();
    this.#prepared.generated ??= generate(this.#prepared.policy, this.#builtins);
  }

  /** All results of a plan. Throws `EvaluationError`. */
  run(plan: string, options: EvaluateOptions, trace?: Trace): readonly Value[] {
    this.#prepared ??= this.#prepare();
    const prepared = this.#prepared;
    const state = runStateOf(options, this.#builtins, trace, prepared.joins, this.policy.static.files);
    const data = documentOf(options.data);
    const input = options.inputJson === undefined ? options.input : parseInput(options.inputJson, this.inputPaths);
    try {
      if (options.evaluator !== "interpreter") {
        prepared.generated ??= generate(prepared.policy, this.#builtins);
        if (prepared.generated !== "impossible")
          return state.answers(prepared.generated.run(plan, input, data, state), input, data);
      }
      return state.answers(prepared.interpreter.run(plan, input, data, state), input, data);
    } catch (error) {
      if (error instanceof RangeError) throw limitReached(error);
      throw error instanceof EvaluationError ? withFileName(error, this.policy) : error;
    } finally {
      for (const [i, error] of options.builtinErrors?.entries() ?? [])
        if (options.builtinErrors !== undefined && error.place?.name === undefined)
          options.builtinErrors[i] = withFileName(error, this.policy);
    }
  }

  #prepare(): Prepared {
    const policy = this.#markJoins(this.policy);
    const interpreter = new Interpreter(policy);
    const joins = prepareJoins(policy, interpreter, this.#builtins);
    return { policy, interpreter, joins, generated: undefined };
  }
}

function withFileName({ code, message, place }: EvaluationError, policy: Policy): EvaluationError {
  const name = policy.static.files?.[place?.file ?? -1]?.value;
  return new EvaluationError(code, message, name === undefined ? place : { ...place, name });
}
