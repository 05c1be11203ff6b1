import type { Library } from "../../check/environment.ts";
import { BOOL, DOUBLE, INT, STRING, structType, type Type } from "../../check/type.ts";
import { isInt64, MAX_INT64, MIN_INT64 } from "../../value/number.ts";
import { CelError, Opaque, type Value } from "../../value/value.ts";
import { declare, global, member } from "../declare.ts";

const QUANTITY: Type = structType("kubernetes.Quantity");
const NANO = 1_000_000_000n;

/**
 * A resource quantity, exact to the nano; `isWhole` when Kubernetes holds it as an int64 without a fraction. `scale` is the power of ten of
 * the last digit that it keeps: doubles are made from these digits.
 */
export class Quantity extends Opaque {
  readonly type: Type = QUANTITY;
  readonly nanos: bigint;
  readonly isWhole: boolean;
  readonly scale: number;
  /** Kubernetes holds sums in another Go type than what was parsed: nothing equals a sum. */
  readonly isSum: boolean;

  constructor(nanos: bigint, isWhole: boolean, scale: number, isSum = false) {
    super();
    this.nanos = nanos;
    this.scale = scale;
    this.isSum = isSum;
    this.isWhole = isWhole && nanos % NANO === 0n && isInt64(nanos / NANO);
  }

  override equals(other: Opaque): boolean {
    return other instanceof Quantity && !other.isSum && other.nanos === this.nanos;
  }

  override get isIncomparable(): boolean {
    return this.isSum;
  }
}

/** Kubernetes' quantity library: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library */
export const quantity: Library = {
  name: "kubernetes.quantity",
  functions: [
    declare(
      "quantity",
      global(
        "string_to_quantity",
        [STRING],
        QUANTITY,
        (text: string) => parseQuantity(text) ?? new CelError(malformed),
      ),
    ),
    declare(
      "isQuantity",
      global("is_quantity_string", [STRING], BOOL, (text: string) => parseQuantity(text) !== undefined),
    ),
    declare(
      "sign",
      global("quantity_sign", [QUANTITY], INT, ({ nanos }: Quantity) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n)),
    ),
    declare(
      "isGreaterThan",
      member("quantity_is_greater_than", [QUANTITY, QUANTITY], BOOL, (a: Quantity, b: Quantity) => a.nanos > b.nanos),
    ),
    declare(
      "isLessThan",
      member("quantity_is_less_than", [QUANTITY, QUANTITY], BOOL, (a: Quantity, b: Quantity) => a.nanos < b.nanos),
    ),
    declare(
      "compareTo",
      member("quantity_compare_to", [QUANTITY, QUANTITY], INT, (a: Quantity, b: Quantity) =>
        a.nanos > b.nanos ? 1n : a.nanos < b.nanos ? -1n : 0n,
      ),
    ),
    declare(
      "asApproximateFloat",
      member(
        "quantity_get_float",
        [QUANTITY],
        DOUBLE,
        ({ nanos, scale }: Quantity) => Number(nanos / 10n ** BigInt(scale + 9)) * Number(`1e${scale}`),
      ),
    ),
    declare(
      "asInteger",
      member("quantity_get_int", [QUANTITY], INT, (value: Quantity) =>
        value.isWhole ? value.nanos / NANO : new CelError("cannot convert value to integer"),
      ),
    ),
    declare(
      "isInteger",
      member("quantity_is_integer", [QUANTITY], BOOL, ({ isWhole }: Quantity) => isWhole),
    ),
    declare(
      "add",
      member("quantity_add", [QUANTITY, QUANTITY], QUANTITY, (a: Quantity, b: Quantity) => add(a, b, 1n)),
      member("quantity_add_int", [QUANTITY, INT], QUANTITY, (a: Quantity, b: bigint) => add(a, whole(b), 1n)),
    ),
    declare(
      "sub",
      member("quantity_sub", [QUANTITY, QUANTITY], QUANTITY, (a: Quantity, b: Quantity) => add(a, b, -1n)),
      // The least int has no opposite: it stays what it is.
      member("quantity_sub_int", [QUANTITY, INT], QUANTITY, (a: Quantity, b: bigint) =>
        add(a, whole(b), b === MIN_INT64 && a.isWhole ? 1n : -1n),
      ),
    ),
  ],
};

const malformed = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function whole(value: bigint): Quantity {
  return new Quantity(value * NANO, true, 0);
}

function add(a: Quantity, b: Quantity, sign: 1n | -1n): Value {
  const scale = a.nanos === 0n ? b.scale : b.nanos === 0n ? a.scale : Math.min(a.scale, b.scale);
  return new Quantity(a.nanos + sign * b.nanos, a.isWhole && b.isWhole, scale, true);
}

const binary: readonly string[] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimal: { readonly [suffix: string]: number } = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

/** A power of ten beyond any double. */
const MAX_SCALE = 400;

/** Whole numbers of so many digits Kubernetes keeps as such; binary ones lose digits to their power of two. */
const [WHOLE_DIGITS, WHOLE_BINARY_DIGITS] = [18, 14];

/** Reads a quantity (`1.5Gi`, `100m`, `2e3`); what is finer than a nano is rounded away from zero, as Kubernetes does. */
export function parseQuantity(text: string): Quantity | undefined {
  const match = /^([+-]?)(\d+(?:\.(\d*))?|\.(\d+))([eE][+-]?\d{1,4}|[A-Za-z]{0,2})$/.exec(text);
  if (match === null) return undefined;
  const [, sign, number = "", after, bare, suffix = ""] = match;
  const fraction = after ?? bare ?? "";
  const digits = BigInt(number.replace(".", "") || "0");
  const power = binary.indexOf(suffix) + 1;
  const exponent = power > 0 ? 0 : /^[eE][+-]?\d/.test(suffix) ? Number(suffix.slice(1)) : decimal[suffix];
  if (exponent === undefined) return undefined;
  const scale = exponent + 9 - fraction.length;
  const raised = digits * 1024n ** BigInt(power);
  const exact =
    scale >= 0 ? raised * 10n ** BigInt(Math.min(scale, MAX_SCALE)) : divideUp(raised, 10n ** BigInt(-scale));
  const isCapped = power > 0 && exact > MAX_INT64 * NANO;
  const nanos = isCapped ? MAX_INT64 * NANO : exact;
  const written = number.replace(/^0+(?=\d)/, "").replace(".", "").length;
  const isShort =
    power > 0
      ? fraction === "" && written + Math.trunc(power * 3) <= WHOLE_BINARY_DIGITS
      : scale >= 0 && written <= WHOLE_DIGITS;
  const isPlain = isShort && fraction.length <= exponent;
  // What is longer is held to the nano, and what is capped as a whole number.
  const kept = isShort || digits === 0n ? Math.max(Math.min(scale, MAX_SCALE) - 9, -9) : isCapped ? 0 : -9;
  return new Quantity(sign === "-" ? -nanos : nanos, isPlain && nanos / NANO <= MAX_INT64, kept);
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
