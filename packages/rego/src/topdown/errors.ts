import type { EvaluationError } from "../run/errors.ts";
import type { Place } from "../run/ir.ts";
import { objectConflict, valueConflict } from "../run/runtime.ts";
import type { Location } from "../syntax/ast.ts";

/** A location as evaluation errors have it. */
export function placeOf({ file, row, col }: Location): Place & { readonly name: string } {
  return { name: file, row, col };
}

export function completeConflictAt(loc: Location): EvaluationError {
  return valueConflict(false, placeOf(loc));
}

export function functionConflictAt(loc: Location): EvaluationError {
  return valueConflict(true, placeOf(loc));
}

export function objectConflictAt(loc: Location): EvaluationError {
  return objectConflict(placeOf(loc));
}
