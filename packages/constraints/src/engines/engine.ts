import type { DataSnapshot } from "@sallyport/rego";
import type { Constraint } from "../constraint.ts";
import type { Fields } from "../fields.ts";
import type { Review } from "../review.ts";
import type { Code, Template } from "../template/template.ts";

/** One thing that is wrong with what is reviewed. */
export interface Violation {
  readonly msg: string;
  /** What the policy tells beside the message; CEL has none. */
  readonly details?: unknown;
}

/** What a policy may read beside the review. */
export interface EngineData {
  /** `data.inventory`: what is replicated. */
  readonly inventory: DataSnapshot;
  /** The namespace of what is reviewed, where it is known. */
  readonly namespace: Fields | undefined;
}

/** Where a violation comes from: the line of the template's code, and the field of the object that it looked at. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly fieldPath: string;
  readonly value?: unknown;
}

/** A template's code, ready to ask. Faults of evaluation are violations: what cannot be decided is refused. */
export interface CompiledTemplate {
  /** Begins a review; what does not depend on the constraint is done once for all that are asked. */
  readonly ask: (review: Review, data: EngineData) => (constraint: Constraint) => readonly Violation[];
  /** Where the violations with a message come from; only what refuses is worth the time. Absent where a language cannot tell. */
  readonly originOf?: (constraint: Constraint, review: Review, data: EngineData, msg: string) => Origin | undefined;
  /** How the answer is come by, as lines. Absent where a language cannot tell. */
  readonly traceOf?: (constraint: Constraint, review: Review, data: EngineData) => string;
}

/** A language of templates. */
export interface Engine {
  /** As templates name it in `code`. */
  readonly name: string;
  /** Throws `FrameworkError`. */
  readonly compile: (template: Template, code: Code) => CompiledTemplate;
}
