import { builtinsWith } from "./builtins/all.ts";
import type { Builtin } from "./builtins/builtin.ts";
import { evaluateAsynchronously } from "./run/asynchronous.ts";
import { policyFromJson } from "./run/decode.ts";
import { EvaluationError } from "./run/errors.ts";
import { type EvaluateOptions, Executable } from "./run/executable.ts";
import type { Value } from "./value/value.ts";

/** A plan that OPA made: `opa build -t plan` writes it as `plan.json` into its bundle. */
export class PlanFile {
  readonly #executable: Executable;

  /** From the parsed JSON; `builtins` are beside those of OPA, or instead of them. Throws `PlanError`. */
  constructor(json: unknown, builtins: readonly Builtin[] = []) {
    const known = builtinsWith(builtins);
    this.#executable = new Executable(policyFromJson(json), known);
  }

  /** Names of its plans: the entry points that it was built for. */
  get entryPoints(): readonly string[] {
    return this.#executable.policy.plans.plans.map(({ name }) => name);
  }

  /**
   * The result set of an entry point: for `opa build`, one object with `result`, or none when that is undefined. Throws
   * `EvaluationError`.
   */
  evaluate(entryPoint: string, options: EvaluateOptions): readonly Value[] {
    if (!this.entryPoints.includes(entryPoint))
      throw new EvaluationError("eval_internal_error", `no entry point ${entryPoint}`);
    return this.#executable.run(entryPoint, options);
  }

  /** As `evaluate`, for plans that send requests or look up names: `effects.asynchronous` does it. */
  evaluateAsync(entryPoint: string, options: EvaluateOptions): Promise<readonly Value[]> {
    return evaluateAsynchronously(options, (each) => this.evaluate(entryPoint, each));
  }
}
