import type { Place } from "./ir.ts";

/** OPA's codes of evaluation errors. */
export type EvalErrorCode = "eval_conflict_error" | "eval_type_error" | "eval_builtin_error" | "eval_cancel_error" | "eval_internal_error";

/** A query that cannot be answered: OPA's code and text, and the place in the policy where it is known. */
export class EvalError extends Error {
  readonly code: EvalErrorCode;
  readonly place: (Place & { readonly name?: string }) | undefined;

  constructor(code: EvalErrorCode, message: string, place?: Place) {
    super(message);
    this.name = "EvalError";
    this.code = code;
    this.place = place;
  }
}
