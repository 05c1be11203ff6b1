import { BOOL, type Environment } from "@sallyport/cel";
import { aggregate } from "../refusals.ts";
import { compileExpression, type Evaluation, type Expression, OutOfBudget } from "./expression.ts";

/** admissionregistration.k8s.io/v1 MatchCondition. */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** Upstream's limit of all match conditions of one policy or webhook together, in cost units: a quarter of a policy's. */
export const matchConditionsBudget = 2_500_000;

export function compileConditions(
  conditions: readonly MatchCondition[],
  environment: Environment,
): readonly Expression[] {
  return conditions.map(({ expression }) => compileExpression(expression, environment, [BOOL]));
}

/** Whether all hold; a condition that is false decides, also where another one failed. */
export function matchesConditions(
  conditions: readonly Expression[],
  evaluation: Evaluation,
): boolean | { readonly error: string } {
  const errors: string[] = [];
  try {
    for (const condition of conditions) {
      const outcome = evaluation.run(condition);
      if ("error" in outcome) errors.push(outcome.error);
      else if (outcome.value === false) return false;
    }
  } catch (error) {
    if (error instanceof OutOfBudget) return { error: error.message };
    throw error;
  }
  return errors.length === 0 ? true : { error: aggregate(errors) };
}
