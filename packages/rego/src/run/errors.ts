import type { Place } from "./ir.ts";

/** OPA's codes of evaluation errors. */
export type EvaluationErrorCode =
  | "eval_conflict_error"
  | "eval_type_error"
  | "eval_builtin_error"
  | "eval_cancel_error"
  | "eval_internal_error";

/** A query that cannot be answered: OPA's code and text, and the place in the policy where it is known. */
export class EvaluationError extends Error {
  readonly code: EvaluationErrorCode;
  /** `name` is the file's; the engine adds it, as plans know files by number. */
  readonly place: (Place & { readonly name?: string }) | undefined;

  constructor(code: EvaluationErrorCode, message: string, place?: Place & { readonly name?: string }) {
    super(message);
    this.name = "EvaluationError";
    this.code = code;
    this.place = place;
  }
}

/** A budget that is spent. Ends the query also where errors of builtins only make expressions undefined. */
export function overLimit(message: string, place?: Place): EvaluationError {
  return new EvaluationError("eval_cancel_error", message, place);
}

/** What it means when JavaScript itself has reached a limit: of its stack, or of the size of one string, array or number. */
export function limitReached(error: RangeError): EvaluationError {
  return overLimit(/call stack/i.test(error.message) ? "too many nested calls" : "a value is too large");
}

/** One line, as OPA prints it: `policy.rego:3: eval_conflict_error: message`. */
export function formatEvaluationError({ code, message, place }: EvaluationError): string {
  const where = place?.name === undefined || place.row === undefined ? "" : `${place.name}:${place.row}: `;
  return `${where}${code}: ${message}`;
}
