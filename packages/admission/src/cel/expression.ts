import {
  type Activation,
  CelError,
  CompositedVariables,
  compile,
  type Environment,
  formatType,
  type KnownOutcomes,
  type KnownReads,
  type Outcome,
  Program,
  type Type,
  type Value,
  type VariableValues,
} from "@sallyport/cel";
import type { Variables } from "./variables.ts";

/** An expression of a policy, compiled; with `fault` in the place of the program it fails whenever it is asked. */
export interface Expression {
  readonly text: string;
  readonly program?: Program;
  readonly fault?: string;
}

/** Compiles an expression that must have one of the types; by itself it may have any. */
export function compileExpression(text: string, environment: Environment, types?: readonly Type[]): Expression {
  const program = compile(text, environment);
  if (!(program instanceof Program)) return { text, fault: `compilation failed: ${program.message}` };
  const [is, wanted] = [typeText(program.type), types?.map(typeText)];
  if (wanted !== undefined && !wanted.includes(is)) {
    const which = wanted.length === 1 ? wanted[0] : `one of [${wanted.join(" ")}]`;
    return { text, fault: `must evaluate to ${which} but got ${is}` };
  }
  // What constants are wrong, as patterns, is found when the program is made, which comes after its type.
  if (program.instantiationFault !== undefined)
    return { text, fault: `program instantiation failed: ${program.instantiationFault}` };
  return { text, program };
}

/** As Go prints a type, which is not as cel-go's diagnostics do. */
function typeText(type: Type): string {
  const names = { null: "null_type", timestamp: "google.protobuf.Timestamp", duration: "google.protobuf.Duration" };
  return formatType(type).replace(/\b(null|timestamp|duration)\b/g, (name) => names[name as keyof typeof names]);
}

/** Ends the evaluation: the expressions together cost more than the budget. */
export class OutOfBudget extends Error {
  constructor() {
    super("validation failed due to running out of cost budget, no further validation rules will be run");
  }
}

/** A result, and what its expressions cost at the most. */
export interface Priced<Result> {
  readonly result: Result;
  readonly cost: number;
}

export type Evaluated = { readonly value: Value } | { readonly error: string };

/** Evaluates expressions on one request; they share a budget in cost units, and the values of a policy's variables, also with others on the same input where they are given `values`, and what they came to where they are given `outcomes`. */
export class Evaluation {
  readonly #activation: Activation;
  readonly #variables: CompositedVariables | undefined;
  budget: number;

  constructor(
    activation: Activation,
    budget: number,
    variables?: Variables,
    values?: VariableValues,
    outcomes?: KnownOutcomes,
  ) {
    this.budget = budget;
    this.#activation = activation;
    this.#variables = variables && new CompositedVariables(variables.defined, activation, values, outcomes);
  }

  /** Begins anew within another budget; what `values` know is not evaluated again. */
  restart(budget: number): this {
    this.budget = budget;
    this.#variables?.restart();
    return this;
  }

  /**
   * What `run` would answer if all began anew within what is left of the budget, which then is gone: variables keep their values, and are
   * paid for again. Undefined where the budget might not be enough.
   */
  runAgain(expressions: readonly (Expression | undefined)[]): readonly (Evaluated | undefined)[] | undefined {
    let most = 0;
    const found: (Evaluated | undefined)[] = [];
    for (const each of expressions) {
      const outcome = each?.program && this.#evaluate(each.program);
      most += outcome?.cost ?? 0;
      found.push(each && answerOf(each, outcome));
    }
    most += this.#variables?.cost ?? 0;
    if (most > this.budget) return undefined;
    this.budget -= most;
    return found;
  }

  #evaluate(program: Program): Outcome {
    return this.#variables?.evaluate(program) ?? program.evaluate(this.#activation);
  }

  /** What a policy came to before, where all its expressions would read the same and the budget is surely enough for them. */
  recall<Result>(known: KnownReads<Priced<Result>>): Result | undefined {
    const found = this.#variables?.recall(known);
    if (found === undefined || this.#variables === undefined) return undefined;
    // The validations pay for the variables, and the messages once more.
    return found.cost + 2 * this.#variables.cost <= this.budget ? found.result : undefined;
  }

  /** Keeps what a policy came to, all of whose expressions were run since the beginning. */
  remember<Result>(known: KnownReads<Priced<Result>>, result: Result, cost: number): void {
    this.#variables?.remember(known, { result, cost });
  }

  /** Throws `OutOfBudget`. */
  run(expression: Expression): Evaluated {
    const { program } = expression;
    if (program === undefined) return answerOf(expression, undefined);
    const before = this.#variables?.cost ?? 0;
    const outcome = this.#evaluate(program);
    const cost = outcome.cost + (this.#variables?.cost ?? 0) - before;
    if (cost > this.budget) {
      this.budget = 0;
      throw new OutOfBudget();
    }
    this.budget -= cost;
    return answerOf(expression, outcome);
  }
}

function answerOf({ text, fault }: Expression, outcome: Outcome | undefined): Evaluated {
  if (outcome === undefined) return { error: `compilation error: ${fault}` };
  return "value" in outcome
    ? { value: outcome.value }
    : { error: `expression '${text}' resulted in error: ${outcome.error}` };
}

/** A variable that does not compile, for whoever reads it. */
export function brokenVariable(name: string, fault: string): CelError {
  return new CelError(`composited variable ${JSON.stringify(name)} fails to compile: ${fault}`);
}
