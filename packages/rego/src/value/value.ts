import type { RegoObject, RegoSet } from "./collection.ts";
import type { Decimal } from "./decimal.ts";

/**
 * A Rego value. Documents (input, base data) are used exactly as `JSON.parse` made them; only what JSON cannot hold has
 * a class. `undefined` is never a value: it means Rego's undefined.
 *
 * Numbers, so that `===` and `Map` serve for almost all of them:
 * - `number`: every integer within ±(2^53−1), and every fraction that JavaScript prints back as itself (0.1, 1e-7). Such a
 *   number *means* its shortest decimal text, not its binary fraction.
 * - `bigint`: integers outside ±(2^53−1).
 * - `Decimal`: all other numbers (more than 17 significant digits), and those that OPA prints in another way than JavaScript
 *   prints a plain number: as they were written (1.0, 1e2, -0), or as Go prints what was computed (1e-05, 1.5e+06). They equal
 *   the plain ones: `equal`, `compare` and `keyOf` (`collection.ts`) know it, `===` does not.
 * `numberFromText`, `writtenAs`, `normalizeNumber` and `computedNumber` (`number.ts`) are the only makers of the last two.
 *
 * OPA holds a number as its text, and whoever prints it prints that. What a builtin computes is printed anew: integers with
 * all their digits, fractions shortest for 64 bits of mantissa, with an exponent below 1e-4 and from 1e6 on. `abs`, `round`,
 * `ceil` and `floor` know 64 bits. Of two equal numbers a set keeps the first, `min` and `max` the last. Operands that must be
 * integers must be written as such (`array.slice`, `substring`, `rand.intn`), but for `bits.*`, `numbers.range*` and `format_int`.
 * `sprintf` takes what is written as an integer for one, what has a point for a float64, and all else for a string; `yaml.marshal`
 * takes integers of 64 bits for such, and all else for a float64.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | Decimal
  | string
  | readonly Value[]
  | JsonObject
  | RegoObject
  | RegoSet;

/** A JSON object as parsed: read it only through `access.ts`, since keys like `__proto__` are ordinary keys. */
export interface JsonObject {
  readonly [key: string]: Value;
}

/** Rego's name of a value's type, as `type_name` returns it. */
export type TypeName = "null" | "boolean" | "number" | "string" | "array" | "object" | "set";
