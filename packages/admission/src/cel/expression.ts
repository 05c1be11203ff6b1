import {
  type Activation,
  compile,
  type Environment,
  formatType,
  type Outcome,
  Program,
  type Type,
  type Value,
} from "@sallyport/cel";

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
  if (program.instantiationFault !== undefined)
    return { text, fault: `program instantiation failed: ${program.instantiationFault}` };
  const [is, wanted] = [formatType(program.type), types?.map(formatType)];
  if (wanted === undefined || wanted.includes(is)) return { text, program };
  const which = wanted.length === 1 ? wanted[0] : `one of [${wanted.join(" ")}]`;
  return { text, fault: `must evaluate to ${which} but got ${is}` };
}

/** Ends the evaluation: the expressions together cost more than the budget. */
export class OutOfBudget extends Error {
  constructor() {
    super("validation failed due to running out of cost budget, no further validation rules will be run");
  }
}

export type Evaluated = { readonly value: Value } | { readonly error: string };

/** Evaluates expressions on one request within a budget that they share, in cost units. */
export class Evaluation {
  readonly #activation: Activation;
  budget: number;

  constructor(activation: Activation, budget: number) {
    this.budget = budget;
    this.#activation = activation;
  }

  /** Throws `OutOfBudget`. */
  run({ text, program, fault }: Expression): Evaluated {
    if (program === undefined) return { error: `compilation error: ${fault}` };
    const outcome: Outcome = program.evaluate(this.#activation);
    if (outcome.cost > this.budget) throw new OutOfBudget();
    this.budget -= outcome.cost;
    return "value" in outcome
      ? { value: outcome.value }
      : { error: `expression '${text}' resulted in error: ${outcome.error}` };
  }
}
