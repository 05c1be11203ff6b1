import { type FieldError, invalid, notSupported, required } from "../names.ts";
import { type Format, percent } from "./formats.ts";
import type { Fields } from "./rules.ts";

const none: readonly FieldError[] = [];

/** A text against its format, one error a line. */
export function formatted(field: string, value: string, format: Format): readonly FieldError[] {
  const faults = format(value);
  return faults.length === 0 ? none : faults.map((each) => invalid(field, value, each));
}

/** ValidateNonnegativeField. An absent number is none. */
export function nonnegative(field: string, value: number | undefined): readonly FieldError[] {
  return value !== undefined && value < 0 ? [invalid(field, value, "must be greater than or equal to 0")] : none;
}

/** One of a list of words; an absent one is `Required` unless `optional`. */
export function oneOf(
  field: string,
  value: string | undefined,
  words: readonly string[],
  optional = false,
): readonly FieldError[] {
  if (value === undefined && optional) return [];
  if (value === undefined || value === "") return [required(field)];
  return words.includes(value) ? [] : [notSupported(field, value, words)];
}

/** ValidatePositiveIntOrPercent. */
export function intOrPercent(field: string, value: number | string | undefined): readonly FieldError[] {
  return typeof value === "string" ? formatted(field, value, percent) : nonnegative(field, value);
}

/** IsNotMoreThan100Percent. */
export function atMost100Percent(field: string, value: unknown): readonly FieldError[] {
  const share = percentOf(value);
  return share !== undefined && share > 100 ? [invalid(field, value, "must not be greater than 100%")] : [];
}

/** The number of `25%`. */
export function percentOf(value: unknown): number | undefined {
  const match = typeof value === "string" ? /^([0-9]+)%$/.exec(value) : null;
  return match === null ? undefined : Number(match[1]);
}

/** The items of a list with the path of each; an absent list has none. */
export function itemsOf(list: unknown, path: string): readonly (readonly [item: Fields, path: string])[] {
  return ((list ?? []) as Fields[]).map((item, i) => [item, `${path}[${i}]`] as const);
}

/** IsValidPortNum. */
export function portNumber(field: string, value: number): readonly FieldError[] {
  return value >= 1 && value <= 65535 ? [] : [invalid(field, value, "must be between 1 and 65535, inclusive")];
}
