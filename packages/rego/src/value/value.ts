import type { RegoObject, RegoSet } from "./collection.ts";
import type { Decimal } from "./decimal.ts";

/**
 * A Rego value. Documents (input, base data) are used exactly as `JSON.parse` made them; only what JSON cannot hold has
 * a class. `undefined` is never a value: it means Rego's undefined.
 *
 * Numbers have one representation each, so that `Map` and `===` agree with Rego's equality:
 * - `number`: every integer within ±(2^53−1), and every other decimal that JavaScript prints back as itself
 *   (0.1, 1e100). Such a number *means* its shortest decimal text, not its binary fraction.
 * - `bigint`: integers outside ±(2^53−1).
 * - `Decimal`: all other decimals (more than 17 significant digits).
 * `numberFromText` and `normalizeNumber` (`number.ts`) are the only makers of the last two.
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
