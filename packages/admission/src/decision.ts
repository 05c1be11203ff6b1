import type { KubeObject, Status } from "@sallyport/kube";

export type Phase = "mutating" | "validating";

/** One RFC 6902 operation. */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** Why a step decided as it did: one finding, with its place in the policy and in the object. */
export interface Reason {
  /** Stable, kebab-case: `rego-deny`, `pod-security`, `namespace-not-found`. */
  readonly code: string;
  readonly message: string;
  /** Kubernetes' field path, `spec.containers[0].image`; empty when no field is to blame. */
  readonly fieldPath: string;
  readonly value?: unknown;
  readonly source?: { readonly policy: string; readonly file?: string; readonly line?: number };
  readonly fix?: { readonly patch: readonly PatchOperation[]; readonly verified: boolean };
}

export type Outcome = "skipped" | "admitted" | "mutated" | "denied" | "errored";

/** What one plugin did in one phase. */
export interface Step {
  readonly plugin: string;
  readonly phase: Phase;
  readonly outcome: Outcome;
  /** One line for a person: why skipped, what was mutated, why denied. */
  readonly why: string;
  readonly patch?: readonly PatchOperation[];
  readonly reasons: readonly Reason[];
  /** Whole microseconds by the effects' monotonic clock: most plugins take less than one. */
  readonly cost: number;
}

/** The whole answer. The CLI prints it, the server answers from it, the log stores it, replay compares two of them. */
export interface Decision {
  readonly allowed: boolean;
  /** After all mutations; null on DELETE. */
  readonly object: KubeObject | null;
  /** Shown as `Warning:` headers, in order, without duplicates. */
  readonly warnings: readonly string[];
  readonly auditAnnotations: { readonly [key: string]: string };
  /** Those that quote what was patched: only for who may see the request's body. */
  readonly patchAnnotations: { readonly [key: string]: string };
  readonly steps: readonly Step[];
  /** Present when denied: the Status that the API answers, in kube-apiserver's words. */
  readonly status?: Status;
}
