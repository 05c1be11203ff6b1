import type { Library } from "./check/environment.ts";
import { structType, type Type } from "./check/type.ts";
import type { KnownOutcomes, KnownReads } from "./known-outcomes.ts";
import type { Outcome, Program } from "./program.ts";
import type { Activation } from "./run/state.ts";
import { CelError, Struct, type Value } from "./value/value.ts";

/** The type of the variable `variables` of policies. */
export const VARIABLES_TYPE: Type = structType("kubernetes.variables");

/** Declares `variables.NAME` for the names that are compiled so far: each may use those before it. */
export function declareVariables(types: ReadonlyMap<string, Type>): Library {
  const struct = { name: "kubernetes.variables", field: (name: string) => types.get(name) };
  return { name: "kubernetes.variables", structs: (name) => (name === struct.name ? struct : undefined) };
}

/** A policy's variables, each at its place: evaluations keep what they find in arrays, since they read variables in each round of a fold. */
export class DefinedVariables {
  readonly names: readonly string[];
  /** What does not compile is a fault for whoever reads it. */
  readonly programs: readonly (Program | CelError)[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(programs: ReadonlyMap<string, Program | CelError>) {
    this.names = [...programs.keys()];
    this.programs = [...programs.values()];
    this.#places = new Map(this.names.map((name, place) => [name, place]));
  }

  /** Undefined where no variable has the name. */
  placeOf(name: string): number | undefined {
    return this.#places.get(name);
  }

  find(name: string): Program | CelError | undefined {
    const place = this.placeOf(name);
    return place === undefined ? undefined : this.programs[place];
  }
}

/** What a variable came to, so that whoever reads it next pays the same and waits for nothing. */
interface KnownVariable {
  readonly value: Value;
  /** Cost units of its own expression. */
  readonly cost: number;
  /** The places of the variables that it read; some may be there twice. */
  readonly reads: readonly number[];
}

/** Whose value each variable has, by its place: 0 for the evaluation's own, n for those of the nth values that it shares. */
export type Owners = readonly number[];

/** Values of variables that evaluations on one input share, by place. */
export class VariableValues {
  readonly #known: (KnownVariable | undefined)[] = [];
  readonly #owners: Owners | undefined;
  #shared: readonly VariableValues[];

  /** With values that evaluations on other inputs share too, of the variables that come to the same there. */
  constructor(owners?: Owners, shared: readonly VariableValues[] = []) {
    this.#owners = owners;
    this.#shared = shared;
  }

  /** Forgets its own values, and shares others: it serves the evaluations on one input after those on another. */
  restart(shared: readonly VariableValues[]): void {
    this.#known.fill(undefined);
    this.#shared = shared;
  }

  find(place: number): KnownVariable | undefined {
    return this.#knownOf(place)[place];
  }

  set(place: number, known: KnownVariable): void {
    const all = this.#knownOf(place);
    // An array with holes is slower.
    while (all.length < place) all.push(undefined);
    all[place] = known;
  }

  #knownOf(place: number): (KnownVariable | undefined)[] {
    const owner = this.#owners === undefined ? 0 : (this.#owners[place] as number);
    return owner === 0 ? this.#known : (this.#shared[owner - 1] as VariableValues).#known;
  }
}

/** `variables.NAME` in an expression. */
export class NamedVariable {
  readonly name: string;
  /** Where it was read last, and its place there: an expression is part of one policy. */
  defined: DefinedVariables | undefined;
  place: number | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * The value of `variables`: each one is evaluated when it is first read, and not again. What that cost is counted here, since
 * Kubernetes takes it from the policy's budget and not from the limit of the expression that reads. A value that another
 * evaluation has found costs what it cost there.
 */
export class CompositedVariables extends Struct {
  readonly typeName = "kubernetes.variables";
  readonly #defined: DefinedVariables;
  readonly #activation: Activation;
  readonly #values: VariableValues;
  readonly #outcomes: KnownOutcomes | undefined;
  /** What was read, by place; of now where `#began` says so. Marks are numbers that only grow: nothing has to be emptied. */
  readonly #read: (Value | undefined)[];
  readonly #began: number[];
  #beginning = 1;
  /** Who read each one last, by place. */
  readonly #readers: number[];
  /** What is being evaluated, and what it reads. */
  #reader = 1;
  #lastReader = 1;
  #reads: number[] = [];
  /** What the expressions of the policy have read so far, by place; only known where outcomes are kept. */
  #readByPolicy: number[] = [];
  /** Cost units that all reads so far took. */
  cost = 0;

  /** `activation` has the policy's other variables; `variables` itself is added to it. */
  constructor(
    defined: DefinedVariables,
    activation: Activation,
    values: VariableValues = new VariableValues(),
    outcomes?: KnownOutcomes,
  ) {
    super();
    this.#defined = defined;
    this.#activation = { find: (name) => (name === "variables" ? this : activation.find(name)) };
    this.#values = values;
    this.#outcomes = outcomes;
    const count = defined.names.length;
    this.#read = new Array(count).fill(null);
    this.#began = new Array(count).fill(0);
    this.#readers = new Array(count).fill(0);
  }

  /** Begins anew, as if nothing had been read: only what the values know is still known. */
  restart(): void {
    this.#beginning++;
    this.#reader = ++this.#lastReader;
    this.#reads = [];
    this.#readByPolicy = [];
    this.cost = 0;
  }

  /** Evaluates an expression of the policy. */
  evaluate(program: Program): Outcome {
    if (this.#outcomes === undefined) return program.evaluate(this.#activation);
    // What another expression of the policy has read is read anew.
    this.#reader = ++this.#lastReader;
    this.#reads = [];
    const outcome = this.#outcomeOf(program);
    this.#readByPolicy.push(...this.#reads);
    return outcome;
  }

  /** What was kept of a policy that would read the same as before; what it would read is read. */
  recall<Result>(known: KnownReads<Result>): Result | undefined {
    return known.find(this.#at)?.result;
  }

  /** Keeps what a policy came to with what its expressions have read since the beginning. */
  remember<Result>(known: KnownReads<Result>, result: Result): void {
    known.add(result, this.#readByPolicy, this.#wasRead);
  }

  get(name: string): Value | undefined {
    const place = this.#defined.placeOf(name);
    return place === undefined ? undefined : this.#at(place);
  }

  /** What `get` answers to an expression that names a variable, which looks its place up only once. */
  getNamed(named: NamedVariable): Value | undefined {
    if (named.defined !== this.#defined) {
      named.defined = this.#defined;
      named.place = this.#defined.placeOf(named.name);
    }
    return named.place === undefined ? undefined : this.#at(named.place);
  }

  readonly #at = (place: number): Value => {
    if (this.#readers[place] !== this.#reader) {
      this.#readers[place] = this.#reader;
      this.#reads.push(place);
    }
    return this.#began[place] === this.#beginning ? (this.#read[place] as Value) : this.#find(place);
  };

  /** Undefined where it was not read since the beginning. */
  readonly #wasRead = (place: number): Value | undefined =>
    this.#began[place] === this.#beginning ? this.#read[place] : undefined;

  #find(place: number): Value {
    const known = this.#values.find(place);
    if (known !== undefined) return this.#charge(place, known);
    const program = this.#defined.programs[place] as Program | CelError;
    return program instanceof CelError ? this.#set(place, program) : this.#evaluate(place, program);
  }

  #set(place: number, value: Value): Value {
    this.#read[place] = value;
    this.#began[place] = this.#beginning;
    return value;
  }

  #evaluate(place: number, program: Program): Value {
    const outer = this.#reader;
    const outerReads = this.#reads;
    const reads: number[] = [];
    this.#reader = ++this.#lastReader;
    this.#reads = reads;
    const outcome = this.#outcomeOf(program);
    this.#reader = outer;
    this.#reads = outerReads;
    const value =
      "value" in outcome
        ? outcome.value
        : new CelError(
            `composited variable ${JSON.stringify(this.#defined.names[place])} fails to evaluate: ${outcome.error}`,
          );
    this.#values.set(place, { value, cost: outcome.cost, reads });
    this.cost += outcome.cost;
    return this.#set(place, value);
  }

  /** Of what reads for the variable that is being evaluated. */
  #outcomeOf(program: Program): Outcome {
    if (this.#outcomes === undefined) return program.evaluate(this.#activation);
    const known = this.#outcomes.find(program, this.#at);
    if (known !== undefined) return known.result;
    const outcome = program.evaluate(this.#activation);
    this.#outcomes.add(program, outcome, this.#reads, this.#wasRead);
    return outcome;
  }

  #charge(place: number, { value, cost, reads }: KnownVariable): Value {
    this.cost += cost;
    this.#set(place, value);
    for (let i = 0; i < reads.length; i++) {
      const each = reads[i] as number;
      if (this.#began[each] === this.#beginning) continue;
      const known = this.#values.find(each);
      if (known !== undefined) this.#charge(each, known);
    }
    return value;
  }

  has(name: string): boolean | undefined {
    return this.#defined.placeOf(name) === undefined ? undefined : true;
  }

  equals(other: Struct): boolean {
    return other === this;
  }
}
