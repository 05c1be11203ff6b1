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

/** What a variable came to, so that whoever reads it next pays the same and waits for nothing. */
interface KnownVariable {
  readonly value: Value;
  /** Cost units of its own expression. */
  readonly cost: number;
  /** The variables that it read. */
  readonly reads: ReadonlySet<string>;
}

/** Values that evaluations on other inputs share too, of the variables that come to the same there. */
export interface SharedVariables {
  readonly names: ReadonlySet<string>;
  readonly values: VariableValues;
}

/** Values of variables that evaluations on one input share. */
export class VariableValues {
  readonly #own = new Map<string, KnownVariable>();
  readonly #shared: readonly SharedVariables[];

  constructor(shared: readonly SharedVariables[] = []) {
    this.#shared = shared;
  }

  find(name: string): KnownVariable | undefined {
    return this.#placeOf(name).get(name);
  }

  set(name: string, known: KnownVariable): void {
    this.#placeOf(name).set(name, known);
  }

  #placeOf(name: string): Map<string, KnownVariable> {
    for (const { names, values } of this.#shared) if (names.has(name)) return values.#own;
    return this.#own;
  }
}

/**
 * The value of `variables`: each one is evaluated when it is first read, and not again. What that cost is counted here, since
 * Kubernetes takes it from the policy's budget and not from the limit of the expression that reads. A value that another
 * evaluation has found costs what it cost there.
 */
export class CompositedVariables extends Struct {
  readonly typeName = "kubernetes.variables";
  readonly #programs: ReadonlyMap<string, Program | CelError>;
  readonly #activation: Activation;
  readonly #values: VariableValues;
  readonly #read = new Map<string, Value>();
  /** What the variable reads that is being evaluated. */
  #reads = new Set<string>();
  /** Cost units that all reads so far took. */
  cost = 0;

  /**
   * `activation` has the policy's other variables; `variables` itself is added to it. What does not compile is a fault for whoever
   * reads it.
   */
  constructor(
    programs: ReadonlyMap<string, Program | CelError>,
    activation: Activation,
    values: VariableValues = new VariableValues(),
  ) {
    super();
    this.#programs = programs;
    this.#activation = { find: (name) => (name === "variables" ? this : activation.find(name)) };
    this.#values = values;
  }

  get(name: string): Value | undefined {
    this.#reads.add(name);
    const read = this.#read.get(name);
    if (read !== undefined) return read;
    const known = this.#values.find(name);
    if (known !== undefined) return this.#charge(name, known);
    const program = this.#programs.get(name);
    return program === undefined || program instanceof CelError ? program : this.#evaluate(name, program);
  }

  #evaluate(name: string, program: Program): Value {
    const outer = this.#reads;
    this.#reads = new Set();
    const outcome = program.evaluate(this.#activation);
    const reads = this.#reads;
    this.#reads = outer;
    const value =
      "value" in outcome
        ? outcome.value
        : new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${outcome.error}`);
    this.#values.set(name, { value, cost: outcome.cost, reads });
    this.cost += outcome.cost;
    this.#read.set(name, value);
    return value;
  }

  #charge(name: string, { value, cost, reads }: KnownVariable): Value {
    this.cost += cost;
    this.#read.set(name, value);
    for (const each of reads) {
      const known = this.#read.has(each) ? undefined : this.#values.find(each);
      if (known !== undefined) this.#charge(each, known);
    }
    return value;
  }

  has(name: string): boolean | undefined {
    return this.#programs.has(name) ? true : undefined;
  }

  equals(other: Struct): boolean {
    return other === this;
  }
}
