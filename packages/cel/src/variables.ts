import type { Library } from "./check/environment.ts";
import { structType, type Type } from "./check/type.ts";
import type { Program } from "./program.ts";
import type { Activation } from "./run/state.ts";
import { CelError, Struct, type Value } from "./value/value.ts";

/** The type of the variable `variables` of policies. */
export const VARIABLES_TYPE: Type = structType("kubernetes.variables");

/** Declares `variables.NAME` for the names that are compiled so far: each may use those before it. */
export function declareVariables(types: ReadonlyMap<string, Type>): Library {
  const struct = { name: "kubernetes.variables", field: (name: string) => types.get(name) };
  return { name: "kubernetes.variables", structs: (name) => (name === struct.name ? struct : undefined) };
}

/**
 * The value of `variables`: each one is evaluated when it is first read, and not again. What that cost is counted here, since
 * Kubernetes takes it from the policy's budget and not from the limit of the expression that reads.
 */
export class CompositedVariables extends Struct {
  readonly typeName = "kubernetes.variables";
  readonly #programs: ReadonlyMap<string, Program | CelError>;
  readonly #activation: Activation;
  readonly #values = new Map<string, Value>();
  /** Cost units that all reads so far took. */
  cost = 0;

  /**
   * `activation` has the policy's other variables; `variables` itself is added to it. What does not compile is a fault for whoever
   * reads it.
   */
  constructor(programs: ReadonlyMap<string, Program | CelError>, activation: Activation) {
    super();
    this.#programs = programs;
    this.#activation = { find: (name) => (name === "variables" ? this : activation.find(name)) };
  }

  get(name: string): Value | undefined {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const program = this.#programs.get(name);
    if (program === undefined || program instanceof CelError) return program;
    const outcome = program.evaluate(this.#activation);
    this.cost += outcome.cost;
    const value =
      "value" in outcome
        ? outcome.value
        : new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.error}`);
    this.#values.set(name, value);
    return value;
  }

  has(name: string): boolean | undefined {
    return this.#programs.has(name) ? true : undefined;
  }

  equals(other: Struct): boolean {
    return other === this;
  }
}
