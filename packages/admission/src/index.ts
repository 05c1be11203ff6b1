export { type ExpressionWarning, expressionWarnings } from "./admission-policy/type-check.ts";
export {
  type CompiledPolicy,
  type Validation,
  validate,
} from "./admission-policy/validations.ts";
export { type AdmitOptions, admit } from "./admit.ts";
export { compileExpression, Evaluation, type Priced } from "./cel/expression.ts";
export { inputActivation } from "./cel/input.ts";
export {
  compileConditions,
  type MatchCondition,
  matchConditionsBudget,
  matchesConditions,
} from "./cel/match-conditions.ts";
export { policyExpressions } from "./cel/policy-expressions.ts";
export { compileVariables, type Variable, variablesOf } from "./cel/variables.ts";
export type { Decision, Outcome, PatchOperation, Phase, Reason, Step } from "./decision.ts";
export { blamedField } from "./explain/blame.ts";
export { fieldPath } from "./explain/field-path.ts";
export { applyMutators } from "./migration/apply-mutators.ts";
export { gatekeeperMutators } from "./migration/gatekeeper-mutators.ts";
export { defaultText } from "./migration/lost-defaults.ts";
export { type AdmittedPod, type LostMutations, lostMutations } from "./migration/lost-mutations.ts";
export { mutatingAdmissionPolicies } from "./migration/mutating-admission-policies.ts";
export { rulesWithoutLevel } from "./migration/rules-without-level.ts";
export type {
  AdmissionObserver,
  ConditionsMatched,
  MutationChecked,
  PodSecurityCounted,
  PolicyChecked,
  WebhookCalled,
} from "./observer.ts";
export type { Plugin, PluginContext, PluginFunction, PluginResult } from "./plugin.ts";
export {
  type ChainOptions,
  createChain,
  type Deprecation,
  deprecationText,
  deprecationWarnings,
  type PluginEntry,
  pluginEntries,
} from "./plugins/all.ts";
export type { EventLimit } from "./plugins/event-rate-limit.ts";
export type { ImagePolicyOptions } from "./plugins/image-policy-webhook.ts";
export type { Exemptions } from "./plugins/pod-security.ts";
export type { Toleration } from "./plugins/pod-spec.ts";
export type { Level } from "./podsecurity/check.ts";
export { type NamespacePolicy, policyOf } from "./podsecurity/labels.ts";
export { checkRegistry, checks, evaluatePod, type Finding, joinFindings, overriding } from "./podsecurity/registry.ts";
export { rulesOf } from "./podsecuritypolicy/policy.ts";
export { policyFault } from "./podsecuritypolicy/provider.ts";
export { loadPolicyCompiler } from "./policies/load.ts";
export {
  type CreatePolicySet,
  emptyPolicySet,
  type PolicySet,
  type PolicySource,
} from "./policies/policy-set.ts";
export { type Operation, type Request, type UserInfo, withObject } from "./request.ts";
export { reviewRequest } from "./review.ts";
export type {
  AdmissionEffects,
  Authorization,
  AuthorizationAttributes,
  Authorizer,
  CertificateSubject,
  ChainEffects,
  ObjectReader,
  Snapshot,
  WebhookAnswer,
  WebhookPost,
} from "./snapshot.ts";
export { noStaticConfigurations, type StaticConfigurations, type WebhookCredentials } from "./static-configurations.ts";
export { CallError } from "./webhook/call-error.ts";
export { answerReview, type IncomingReview, readReview, requestOf } from "./webhook/incoming.ts";
export { postReview, statusText } from "./webhook/post.ts";
export type { ClientConfig } from "./webhook/target.ts";
