import {
  type CompiledPolicy,
  compileConditions,
  compileExpression,
  compileVariables,
  Evaluation,
  independentOf,
  inputActivation,
  matchConditionsBudget,
  matchesConditions,
  requestOf,
  type Variable,
  validate,
} from "@sallyport/admission";
import {
  type Activation,
  admissionEnvironment,
  BOOL,
  type Json,
  PER_CALL_LIMIT,
  STRING,
  VariableValues,
  valueFromJson,
} from "@sallyport/cel";
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
      const independent = independentOf("params", policy.variables);
      return { ask: (review, data) => asking({ source, policy, independent }, review, data) };
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

interface CompiledSource {
  readonly source: CelSource;
  readonly policy: CompiledPolicy;
  /** Variables that come to the same for all constraints. */
  readonly independent: ReadonlySet<string>;
}

function asking(
  { source, policy, independent }: CompiledSource,
  review: Review,
  { namespace }: EngineData,
): (constraint: Constraint) => readonly Violation[] {
  // As Kubernetes hands it to a policy: on DELETE there is no object.
  const isDeletion = review.request["operation"] === "DELETE";
  const request = requestOf(isDeletion ? { ...review.request, object: null } : review.request);
  const activation = inputActivation(request, { namespaceObject: namespace as KubeObject | undefined });
  const shared = new VariableValues();
  return ({ object }) => {
    const params = valueFromJson(object as unknown as Json);
    const values = new VariableValues(shared, independent);
    const own: Activation = { find: (name) => (name === "params" ? params : activation.find(name)) };
    return violationsOf(source, policy, (cost) => new Evaluation(own, cost, policy.variables, values));
  };
}

function violationsOf(
  { failurePolicy }: CelSource,
  policy: CompiledPolicy,
  start: (cost: number) => Evaluation,
): readonly Violation[] {
  const matches = matchesConditions(policy.conditions, start(matchConditionsBudget));
  if (matches === false) return [];
  if (matches !== true) return failurePolicy === "Ignore" ? [] : [{ msg: matches.error }];
  // Gatekeeper gives a constraint what Kubernetes gives one call.
  return validate(policy, start, start, PER_CALL_LIMIT)
    .filter(({ isError }) => !isError || failurePolicy === "Fail")
    .map(({ message }) => ({ msg: message }));
}
