import { EvaluationError } from "../run/errors.ts";
import type { Place } from "../run/ir.ts";
import type { Location } from "../syntax/ast.ts";

/** A location as evaluation errors have it. */
export function placeOf({ file, row, col }: Location): Place & { readonly name: string } {
  return { name: file, row, col };
}

export function conflict(message: string, loc: Location): EvaluationError {
  return new EvaluationError("eval_conflict_error", message, placeOf(loc));
}

export function completeConflict(loc: Location): EvaluationError {
  return conflict("complete rules must not produce multiple outputs", loc);
}

export function functionConflict(loc: Location): EvaluationError {
  return conflict("functions must not produce multiple outputs for same inputs", loc);
}

export function objectConflict(loc: Location): EvaluationError {
  return conflict("object keys must be unique", loc);
}
