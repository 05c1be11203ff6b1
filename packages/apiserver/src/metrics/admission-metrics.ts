import type {
  AdmissionObserver,
  ConditionsMatched,
  MutationChecked,
  PodSecurityCounted,
  PolicyChecked,
  WebhookCalled,
} from "@sallyport/admission";
import { Counter, Histogram, type Rendered } from "@sallyport/kube";

const call = ["name", "operation", "rejected", "type"];
const asked = ["request_operation", "resource", "subresource"];
const matched = ["kind", "name", "operation", "type"];
const mutation = ["error_type", "policy", "policy_binding"];
/** Of expressions: kube-apiserver's buckets. */
const expressionSeconds = [0.0000005, 0.001, 0.01, 0.1, 1];
const check = ["enforcement_action", "error_type", "policy", "policy_binding"];

/** Webhooks that are called and policies that are evaluated, by kube-apiserver's names. */
export class AdmissionMetrics implements AdmissionObserver {
  readonly #calls = new Histogram(
    "apiserver_admission_webhook_admission_duration_seconds",
    "[STABLE] Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
    call,
    [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25],
  );
  readonly #requests = new Counter(
    "apiserver_admission_webhook_request_total",
    "[ALPHA] Admission webhook request total, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.",
    ["code", ...call],
  );
  readonly #rejections = new Counter(
    "apiserver_admission_webhook_rejection_count",
    "[ALPHA] Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.",
    ["error_type", "name", "operation", "rejection_code", "type"],
  );
  readonly #failedOpen = new Counter(
    "apiserver_admission_webhook_fail_open_count",
    "[ALPHA] Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).",
    ["name", "type"],
  );
  readonly #checks = new Counter(
    "apiserver_validating_admission_policy_check_total",
    "[BETA] Validation admission policy check total, labeled by policy and further identified by binding and enforcement action taken.",
    check,
  );
  readonly #checked = new Histogram(
    "apiserver_validating_admission_policy_check_duration_seconds",
    "[BETA] Validation admission latency for individual validation expressions in seconds, labeled by policy and further including binding and enforcement action taken.",
    check,
    expressionSeconds,
  );
  readonly #mutations = new Counter(
    "apiserver_mutating_admission_policy_check_total",
    "[ALPHA] Mutation admission policy check total, labeled by policy and further identified by binding.",
    mutation,
  );
  readonly #mutated = new Histogram(
    "apiserver_mutating_admission_policy_check_duration_seconds",
    "[ALPHA] Mutation admission latency for individual mutation expressions in seconds, labeled by policy and binding.",
    mutation,
    expressionSeconds,
  );
  readonly #conditions = new Histogram(
    "apiserver_admission_match_condition_evaluation_seconds",
    "[ALPHA] Admission match condition evaluation time in seconds, identified by name and broken out for each kind containing matchConditions (webhook or policy), operation and type (validate or admit).",
    matched,
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  );
  readonly #conditionErrors = new Counter(
    "apiserver_admission_match_condition_evaluation_errors_total",
    "[ALPHA] Admission match condition evaluation errors count, identified by name of resource containing the match condition and broken out for each kind containing matchConditions (webhook or policy), operation and admission type (validate or admit).",
    matched,
  );
  readonly #excluded = new Counter(
    "apiserver_admission_match_condition_exclusions_total",
    "[ALPHA] Admission match condition evaluation exclusions count, identified by name of resource containing the match condition and broken out for each kind containing matchConditions (webhook or policy), operation and admission type (validate or admit).",
    matched,
  );

  readonly #evaluations = new Counter(
    "pod_security_evaluations_total",
    "[ALPHA] Number of policy evaluations that occurred, not counting ignored or exempt requests.",
    ["decision", "mode", "policy_level", "policy_version", ...asked],
  );
  readonly #exemptions = new Counter(
    "pod_security_exemptions_total",
    "[ALPHA] Number of exempt requests, not counting ignored or out of scope requests.",
    asked,
  );
  readonly #podSecurityErrors = new Counter(
    "pod_security_errors_total",
    "[ALPHA] Number of errors preventing normal evaluation. Non-fatal errors may result in the latest restricted profile being used for evaluation.",
    ["fatal", ...asked],
  );

  constructor() {
    for (const operation of ["create", "update"]) {
      this.#evaluations.add(["allow", "enforce", "privileged", "latest", operation, "pod", ""], 0);
      for (const resource of ["controller", "pod"]) this.#exemptions.add([operation, resource, ""], 0);
    }
  }

  webhookCalled({ name, type, operation, seconds, code, rejection, failedOpen }: WebhookCalled): void {
    const shown = String(Math.min(code, 600));
    const rejected = String(rejection !== undefined);
    this.#calls.observe([name, operation, rejected, type], seconds);
    this.#requests.add([shown, name, operation, rejected, type]);
    if (rejection !== undefined) this.#rejections.add([rejection, name, operation, shown, type]);
    if (failedOpen) this.#failedOpen.add([name, type]);
  }

  policyChecked({ policy, binding, action, seconds }: PolicyChecked): void {
    // kube-apiserver tells no other type of error either, whatever it was.
    const labels = [action, "invalid_error", policy, binding];
    this.#checks.add(labels);
    this.#checked.observe(labels, seconds);
  }

  mutationChecked({ policy, binding, error, seconds }: MutationChecked): void {
    const labels = [error, policy, binding];
    this.#mutations.add(labels);
    this.#mutated.observe(labels, seconds);
  }

  conditionsMatched({ kind, name, operation, type, seconds, outcome }: ConditionsMatched): void {
    const labels = [kind, name, operation, type];
    this.#conditions.observe(labels, seconds);
    if (outcome === "failed") this.#conditionErrors.add(labels);
    // Of policies kube-apiserver counts none.
    else if (outcome === "excluded" && kind === "webhook") this.#excluded.add(labels);
  }

  podSecurity(counted: PodSecurityCounted): void {
    const labels = [counted.operation, counted.resource, counted.subresource];
    if (counted.what === "exemption") this.#exemptions.add(labels);
    else if (counted.what === "error") this.#podSecurityErrors.add([String(counted.isFatal), ...labels]);
    else this.#evaluations.add([counted.decision, counted.mode, counted.level, counted.version, ...labels]);
  }

  get all(): readonly Rendered[] {
    return [
      this.#calls,
      this.#requests,
      this.#rejections,
      this.#failedOpen,
      this.#checks,
      this.#checked,
      this.#mutations,
      this.#mutated,
      this.#conditions,
      this.#conditionErrors,
      this.#excluded,
      this.#evaluations,
      this.#exemptions,
      this.#podSecurityErrors,
    ];
  }
}
