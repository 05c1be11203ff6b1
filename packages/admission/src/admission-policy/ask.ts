import type { Activation } from "@sallyport/cel";
import type { Authorizations } from "../cel/authorizations.ts";
import { Evaluation, type Expression } from "../cel/expression.ts";
import { inputActivation, namespaceOf } from "../cel/input.ts";
import { matchConditionsBudget, matchesConditions } from "../cel/match-conditions.ts";
import { toldConditions } from "../cel/told-conditions.ts";
import type { Variables } from "../cel/variables.ts";
import { asSeenBy } from "../match.ts";
import type { PluginContext } from "../plugin.ts";
import type { Invocation } from "./invocations.ts";
import { nameOf } from "./policy.ts";

/** A request as one invocation of a policy reads it. */
export interface Asked {
  /** Whether the policy's match conditions hold, or why that cannot be told. */
  readonly meets: (conditions: readonly Expression[], variables: Variables) => boolean | { readonly error: string };
  /** The variables of validations and mutations. */
  readonly activation: Activation;
  /** Those of messages and audit annotations, which may not ask the authorizer. */
  readonly withoutAuthorizer: Activation;
}

/** Match conditions see the resource as it was requested, and no namespace; all else sees what the policy's rules matched. */
export function ask(
  { policy, match, param }: Invocation,
  context: PluginContext,
  authorizations: Authorizations,
): Asked {
  const { request, snapshot } = context;
  const seen = asSeenBy(match, request);
  const shared = { params: param, original: request };
  const namespaceObject = namespaceOf(request, snapshot);
  return {
    meets: (conditions, variables) => {
      const activation = inputActivation({ ...seen, resource: request.resource }, { ...shared, authorizations });
      const start = context.effects.ticks();
      const met = matchesConditions(conditions, new Evaluation(activation, matchConditionsBudget, variables));
      // kube-apiserver tells of policies of both kinds as of those that validate.
      const of = { kind: "policy", name: nameOf(policy), operation: request.operation, type: "validate" } as const;
      return toldConditions(met, start, { effects: context.effects, of });
    },
    activation: inputActivation(seen, { ...shared, namespaceObject, authorizations }),
    withoutAuthorizer: inputActivation(seen, { ...shared, namespaceObject }),
  };
}
