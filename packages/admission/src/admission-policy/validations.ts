import { admissionEnvironment, BOOL, NULL, RUNTIME_COST_BUDGET, STRING } from "@sallyport/cel";
import type { KubeObject, StatusReason } from "@sallyport/kube";
import { compileExpression, type Evaluated, type Evaluation, type Expression, OutOfBudget } from "../cel/expression.ts";
import { compileConditions } from "../cel/match-conditions.ts";
import { compileVariables, type Variables } from "../cel/variables.ts";
import { type PolicySpec, specOf } from "./policy.ts";

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicySpec. */
export interface ValidatingSpec extends PolicySpec {
  readonly validations?: readonly Validation[];
  readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[];
}

export interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: StatusReason;
}

/** A policy whose expressions are compiled. */
export interface CompiledPolicy {
  readonly variables: Variables;
  readonly conditions: readonly Expression[];
  readonly validations: readonly (Validation & {
    readonly compiled: Expression;
    readonly compiledMessage: Expression | undefined;
  })[];
  readonly annotations: readonly { readonly key: string; readonly compiled: Expression }[];
}

const compiled = new WeakMap<KubeObject, CompiledPolicy>();

/** Compiled once for as long as the policy is the same. */
export function compilePolicy(policy: KubeObject): CompiledPolicy {
  let known = compiled.get(policy);
  if (known === undefined) {
    known = compile(specOf<ValidatingSpec>(policy));
    compiled.set(policy, known);
  }
  return known;
}

function compile(spec: ValidatingSpec): CompiledPolicy {
  const hasParams = spec.paramKind !== undefined;
  const base = admissionEnvironment({ hasParams, hasAuthorizer: true, hasPatchTypes: false });
  const variables = compileVariables(spec.variables ?? [], base);
  const environment = variables.declaredIn(base);
  // Messages may not ask the authorizer.
  const messages = variables.declaredIn(
    admissionEnvironment({ hasParams, hasAuthorizer: false, hasPatchTypes: false }),
  );
  return {
    variables,
    conditions: compileConditions(spec.matchConditions ?? [], environment),
    validations: (spec.validations ?? []).map((each) => ({
      ...each,
      compiled: compileExpression(each.expression, environment, [BOOL]),
      compiledMessage: each.messageExpression
        ? compileExpression(each.messageExpression, messages, [STRING])
        : undefined,
    })),
    annotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      compiled: compileExpression(valueExpression, environment, [STRING, NULL]),
    })),
  };
}

/** What one validation comes to; `isError` where it could not be evaluated, and the failurePolicy decides. */
export interface Finding {
  readonly message: string;
  readonly reason: StatusReason;
  readonly isError: boolean;
  /** The place of the validation in the policy; undefined where the policy as a whole failed. */
  readonly index: number;
  readonly expression?: Expression;
}

/** Begins to evaluate within a budget; each beginning evaluates the variables anew. */
type Start = (budget: number) => Evaluation;

/** The findings of a policy's validations, which share a budget in cost units with their messages: none where all hold. */
export function validate(
  policy: CompiledPolicy,
  start: Start,
  startMessages: Start,
  budget = RUNTIME_COST_BUDGET,
): readonly Finding[] {
  const evaluation = start(budget);
  let outcomes: readonly Evaluated[];
  try {
    outcomes = policy.validations.map((each) => evaluation.run(each.compiled));
  } catch (error) {
    return [failed(messageOf(error), 0)];
  }
  const expressions = policy.validations.map(({ compiledMessage }) => compiledMessage);
  // On the same input variables are what they were.
  const again = start === startMessages ? evaluation.runAgain(expressions) : undefined;
  const messages = again ?? messagesOf(expressions, startMessages(evaluation.budget));
  return outcomes.flatMap((outcome, index) => {
    if ("error" in outcome) return [failed(outcome.error, index)];
    // As upstream: what is too costly to say refuses, also where all is well.
    if (typeof messages === "string") return [failed(`failed messageExpression: ${messages}`, index)];
    return outcome.value === true ? [] : [denial(policy, index, messages[index])];
  });
}

function failed(message: string, index: number): Finding {
  return { message, reason: "Invalid", isError: true, index };
}

/** Bytes of a message that an expression makes; a longer one is not shown. Upstream's MaxEvaluatedMessageExpressionSizeBytes. */
const maxMessageBytes = 5 * 1024;

function denial(policy: CompiledPolicy, index: number, made: Evaluated | undefined): Finding {
  const {
    message = "",
    expression,
    reason = "Invalid",
    compiled,
  } = policy.validations[index] as (typeof policy.validations)[0];
  const value = made !== undefined && "value" in made && typeof made.value === "string" ? made.value.trim() : "";
  // A unit of UTF-16 is three bytes at the most.
  const fits = value.length * 3 <= maxMessageBytes || new TextEncoder().encode(value).length <= maxMessageBytes;
  const text = (fits ? value : "") || message.trim() || `failed expression: ${expression.trim()}`;
  return { message: text, reason, isError: false, index, expression: compiled };
}

/** The messages that expressions make, one for each validation; or why there are none. */
function messagesOf(
  expressions: readonly (Expression | undefined)[],
  evaluation: Evaluation,
): readonly (Evaluated | undefined)[] | string {
  try {
    return expressions.map((each) => each && evaluation.run(each));
  } catch (error) {
    return messageOf(error);
  }
}

/** Bytes of an audit annotation's value; what is longer is cut. Upstream's maxAuditAnnotationValueLength. */
const maxAnnotationLength = 10 * 1024;

export type AuditAnnotation = { readonly key: string } & ({ readonly value: string } | { readonly error: string });

/** What a policy wants in the audit log; nothing for values that are null or empty. Answers a text where the budget ends. */
export function auditAnnotations(policy: CompiledPolicy, evaluation: Evaluation): readonly AuditAnnotation[] | string {
  try {
    return policy.annotations.flatMap(({ key, compiled }): readonly AuditAnnotation[] => {
      const outcome = evaluation.run(compiled);
      if ("error" in outcome) return [{ key, error: outcome.error }];
      const value = typeof outcome.value === "string" ? outcome.value.trim() : "";
      return value === "" ? [] : [{ key, value: value.slice(0, maxAnnotationLength) }];
    });
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  if (error instanceof OutOfBudget) return error.message;
  throw error;
}
