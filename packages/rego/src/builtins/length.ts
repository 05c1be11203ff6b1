import { overLimit } from "../run/errors.ts";
import type { NumberValue } from "../value/number.ts";
import { textSize } from "../value/text-size.ts";
import type { Value } from "../value/value.ts";

/** Characters of one string that a builtin makes. Taken apart, its characters must fit into an array: V8 ends the process beyond 2^27. */
const maxLength = 2 ** 25;

/** Called before a string is made that may be much longer than those it is made of. */
export function checkLength(length: number): void {
  if (length > maxLength) throw overLimit(`a string of more than ${maxLength} characters`);
}

/** The value, unless its text would be too long: one that holds the same parts again and again may be short to write and without end to print. */
export function printable(value: Value): Value {
  checkLength(textSize(value, maxLength));
  return value;
}

/** Bits of one number: some 100,000 digits. Multiplied on and on, numbers double their length each time. */
const maxBits = 332_192n;

const largest = 1n << maxBits;

/** The number, unless it is too large to go on with. */
export function withinDigits(value: NumberValue): NumberValue {
  if (typeof value === "bigint" && (value > largest || value < -largest))
    throw overLimit(`a number of more than ${maxBits} bits`);
  return value;
}
