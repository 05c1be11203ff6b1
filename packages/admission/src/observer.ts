import type { Operation } from "./request.ts";

/** Who counts what the chain asks of others and of policies, as kube-apiserver counts it. */
export interface AdmissionObserver {
  readonly webhookCalled: (call: WebhookCalled) => void;
  readonly policyChecked: (check: PolicyChecked) => void;
  readonly podSecurity: (counted: PodSecurityCounted) => void;
  readonly mutationChecked: (check: MutationChecked) => void;
  readonly conditionsMatched: (match: ConditionsMatched) => void;
}

/** What a request is for who counts by its kind. */
export interface PodSecurityAsked {
  readonly operation: string;
  readonly resource: "pod" | "controller" | "namespace";
  readonly subresource: string;
}

/** A policy that PodSecurity evaluated, a request that it exempts, or what keeps it from evaluating. */
export type PodSecurityCounted = PodSecurityAsked &
  (
    | {
        readonly what: "evaluation";
        readonly decision: "allow" | "deny";
        readonly mode: "enforce" | "audit" | "warn";
        readonly level: string;
        /** `latest`, `v1.2`, or `future` where it is none of the known ones. */
        readonly version: string;
      }
    | { readonly what: "exemption" }
    /** `isFatal` where nothing could be evaluated; else what cannot be read is taken for the strictest policy. */
    | { readonly what: "error"; readonly isFatal: boolean }
  );

/** Why a webhook refused: by its own word, as it could not be asked, or by a fault of the server. */
export type RejectionError = "no_error" | "calling_webhook_error" | "apiserver_internal_error";

/** One call of a webhook, and what came of it. */
export interface WebhookCalled {
  readonly name: string;
  readonly type: "admit" | "validating";
  readonly operation: Operation;
  readonly seconds: number;
  /** HTTP status: 200 of one that allows, 0 of a fault of the server. */
  readonly code: number;
  /** Undefined where the request goes on. */
  readonly rejection: RejectionError | undefined;
  /** It could not be asked, and its failurePolicy is Ignore. */
  readonly failedOpen: boolean;
}

/** One finding of a ValidatingAdmissionPolicy, and what a binding made of it. */
export interface PolicyChecked {
  readonly policy: string;
  readonly binding: string;
  readonly action: "allow" | "deny" | "audit" | "warn";
  /** How long the policy took. */
  readonly seconds: number;
}

/** One mutation of a MutatingAdmissionPolicy. */
export interface MutationChecked {
  readonly policy: string;
  readonly binding: string;
  readonly error: "no_error" | "compile_error" | "invalid_error" | "out_of_budget";
  readonly seconds: number;
}

/** The match conditions of a webhook or a policy, all together. */
export interface ConditionsMatched {
  readonly name: string;
  readonly kind: "webhook" | "policy";
  /** As kube-apiserver has it: policies of both kinds are told as those that validate. */
  readonly type: "admit" | "validating" | "validate";
  readonly operation: Operation;
  readonly seconds: number;
  /** Whether the webhook or policy is left out by them, or what was wrong. */
  readonly outcome: "met" | "excluded" | "failed";
}
