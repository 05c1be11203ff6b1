import type { Constraint } from "./constraint.ts";

/** What asking one constraint took, of those that match what is reviewed. */
export interface AskedConstraint {
  /** `Rego` or `K8sNativeValidation`. */
  readonly engine: string;
  readonly constraint: Constraint;
  readonly milliseconds: number;
  /** How the policy came to its answer, where that was wanted and its language tells. */
  readonly trace: string | undefined;
}

/** Measures and traces reviews: for those who write policies, and too slow for a webhook. */
export interface ReviewWatch {
  /** Milliseconds. */
  readonly now: () => number;
  readonly traces: boolean;
  readonly asked: (asked: AskedConstraint) => void;
}
