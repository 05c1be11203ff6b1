import {
  type CompiledPolicy,
  compileConditions,
  compileExpression,
  compileVariables,
  Evaluation,
  inputActivation,
  matchConditionsBudget,
  matchesConditions,
  requestOf,
  type Variable,
  validate,
} from "@sallyport/admission";
import { type Activation, admissionEnvironment, BOOL, PER_CALL_LIMIT, STRING } from "@sallyport/cel";
import type { KubeObject } from "@sallyport/kube";
import type { Constraint } from "../constraint.ts";
import type { Review } from "../review.ts";
import { type CelSource, type FailurePolicy, readCelSource } from "./cel-source.ts";
import type { Engine, EngineData, Violation } from "./engine.ts";

/** What Gatekeeper binds before the template's own variables. */
export const ownVariables: readonly Variable[] = [
  {
    name: "anyObject",
    expression: 'has(request.operation) && request.operation == "DELETE" && object == null ? oldObject : object',
  },
  {
    name: "params",
    expression: "!has(params.spec) ? null : !has(params.spec.parameters) ? null: params.spec.parameters",
  },
];

/** Templates as ValidatingAdmissionPolicies are written; the constraint is their parameter, which only `variables.params` shows. */
export function celEngine({ failurePolicy = "Fail" }: { readonly failurePolicy?: FailurePolicy } = {}): Engine {
  return {
    name: "K8sNativeValidation",
    compile: (_, code) => {
      const source = readCelSource(code.source, failurePolicy);
      const policy = compileSource(source);
      return { violations: (constraint, review, data) => violationsOf(source, policy, constraint, review, data) };
    },
  };
}

function compileSource({ validations, matchConditions, variables: own }: CelSource): CompiledPolicy {
  const environment = (hasParams: boolean) =>
    admissionEnvironment({ hasParams, hasAuthorizer: false, hasPatchTypes: false });
  const variables = compileVariables([...ownVariables, ...own], environment(true));
  const declared = variables.declaredIn(environment(false));
  return {
    variables,
    conditions: compileConditions(matchConditions, declared),
    validations: validations.map((each) => ({
      ...each,
      compiled: compileExpression(each.expression, declared, [BOOL]),
      compiledMessage:
        each.messageExpression === undefined
          ? undefined
          : compileExpression(each.messageExpression, declared, [STRING]),
    })),
    annotations: [],
  };
}

function violationsOf(
  { failurePolicy }: CelSource,
  policy: CompiledPolicy,
  constraint: Constraint,
  review: Review,
  { namespace }: EngineData,
): readonly Violation[] {
  // As Kubernetes hands it to a policy: on DELETE there is no object.
  const isDeletion = review.request["operation"] === "DELETE";
  const request = requestOf(isDeletion ? { ...review.request, object: null } : review.request);
  const activation: Activation = inputActivation(request, {
    params: constraint.object,
    namespaceObject: namespace as KubeObject | undefined,
  });
  const start = (cost: number) => new Evaluation(activation, cost, policy.variables);
  const matches = matchesConditions(policy.conditions, start(matchConditionsBudget));
  if (matches === false) return [];
  if (matches !== true) return failurePolicy === "Ignore" ? [] : [{ msg: matches.error }];
  // Gatekeeper gives a constraint what Kubernetes gives one call.
  return validate(policy, start, start, PER_CALL_LIMIT)
    .filter(({ isError }) => !isError || failurePolicy === "Fail")
    .map(({ message }) => ({ msg: message }));
}
