import { goQuoted } from "./go/quote.ts";
import { type StatusCause, StatusError } from "./status.ts";

export interface FieldError {
  readonly field: string;
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueDuplicate"
    | "FieldValueNotFound"
    | "FieldValueTypeInvalid"
    | "InternalError";
  readonly message: string;
  /** Upstream's generated rules find it, which speak behind those written by hand. */
  readonly isDeclared?: true;
}

/** Errors that upstream's generated rules find. */
export function declared(errors: readonly FieldError[]): readonly FieldError[] {
  return errors.map((error) => ({ ...error, isDeclared: true }));
}

const none: readonly FieldError[] = [];

/** Several lists as one. Nearly all are empty, and then nothing is made. */
export function together(...lists: readonly (readonly FieldError[])[]): readonly FieldError[] {
  let all = none;
  for (const list of lists) if (list.length > 0) all = all.length === 0 ? list : [...all, ...list];
  return all;
}

export function required(field: string, detail = ""): FieldError {
  return { field, reason: "FieldValueRequired", message: `Required value${detail === "" ? "" : `: ${detail}`}` };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  // All digits of an integer, also of one that JavaScript would round.
  const shown = Number.isInteger(value) ? `${BigInt(value as number)}` : shownValue(value);
  return {
    field,
    reason: "FieldValueInvalid",
    message: `Invalid value: ${shown}${detail === "" ? "" : `: ${detail}`}`,
  };
}

/** A value as faults show it. */
function shownValue(value: unknown): string {
  return typeof value === "string" ? goQuoted(value) : JSON.stringify(value ?? null);
}

/** An invalid field whose value says nothing. */
export function withoutValue(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueInvalid", message: `Invalid value: ${detail}` };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(", ");
  return {
    field,
    reason: "FieldValueNotSupported",
    message: `Unsupported value: ${shownValue(value)}: supported values: ${list}`,
  };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueForbidden", message: `Forbidden: ${detail}` };
}

export function internal(field: string, detail: string): FieldError {
  return { field, reason: "InternalError", message: `Internal error: ${detail}` };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: "FieldValueDuplicate", message: `Duplicate value: ${shownValue(value)}` };
}

/** The error of a name that stands for nothing. */
export function notFound(field: string, value: string, detail = ""): FieldError {
  const why = detail === "" ? "" : `: ${detail}`;
  return { field, reason: "FieldValueNotFound", message: `Not found: ${goQuoted(value)}${why}` };
}

export function tooMany(field: string, actual: number, limit: number): FieldError {
  const items = limit === 1 ? "item" : "items";
  return { field, reason: "FieldValueTooMany", message: `Too many: ${actual}: must have at most ${limit} ${items}` };
}

export function tooLong(field: string, limit: number): FieldError {
  const unit = limit === 1 ? "byte" : "bytes";
  return { field, reason: "FieldValueTooLong", message: `Too long: may not be more than ${limit} ${unit}` };
}

/** The same limit in characters. */
export function tooLongText(field: string, limit: number): FieldError {
  const unit = limit === 1 ? "character" : "characters";
  return { field, reason: "FieldValueTooLong", message: `Too long: may not be more than ${limit} ${unit}` };
}

/** `Pod "x" is invalid: spec.containers: Required value`. */
export function invalidStatus(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  found: readonly FieldError[],
): StatusError {
  const errors = [...found.filter((each) => !each.isDeclared), ...found.filter((each) => each.isDeclared)];
  const lines = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const text = aggregated(lines);
  const qualified = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  const different = new Map(errors.map((error) => [`${error.field}: ${error.message}`, error])).values();
  const causes = [...different].map(({ field, reason, message }): StatusCause => ({ reason, message, field }));
  return new StatusError("Invalid", `${qualified} "${name}" is invalid: ${text}`, {
    ...(name === "" ? {} : { name }),
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.kind,
    causes,
  });
}

/** Letters and digits that make no words. Upstream's rand.String. */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** A generateName's five last characters. The base is cut so that the whole fits a label. */
export function generateName(base: string, randomBytes: (size: number) => Uint8Array): string {
  return base.slice(0, 58) + randomSuffix(5, randomBytes);
}

export function randomSuffix(length: number, randomBytes: (size: number) => Uint8Array): string {
  return [...randomBytes(length)].map((byte) => suffixAlphabet[byte % suffixAlphabet.length]).join("");
}

/** Texts of errors as one, as Go's aggregates print them: in brackets where there are several. */
export function aggregated(texts: readonly string[]): string {
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(", ")}]`;
}

/** Errors of fields as one text. */
export function faultsText(errors: readonly Pick<FieldError, "field" | "message">[]): string {
  return aggregated(errors.map(({ field, message }) => `${field}: ${message}`));
}
