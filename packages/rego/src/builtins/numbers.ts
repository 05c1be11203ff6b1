import { overLimit } from "../run/errors.ts";
import { typeName } from "../value/access.ts";
import { RegoSet } from "../value/collection.ts";
import {
  bigintOf,
  decimalOf,
  doubleOf,
  isInteger,
  type NumberValue,
  normalizeInteger,
  normalizeNumber,
  numberFromText,
} from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError, type QueryState } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import { integerAt, isNumber, stringAt } from "./operands.ts";

/** Longer ranges are mistakes that would only fill memory. */
const maxRange = 10_000_000;

function integer(args: readonly Value[], at: number): bigint {
  const value = args[at - 1] as Value;
  if (!isNumber(value)) throw operandTypeError(at, "integer", typeName(value));
  if (!isInteger(value))
    throw new BuiltinError(`operand ${at} must be integer number but got floating-point number`, "eval_type_error");
  return bigintOf(value);
}

function range(from: bigint, to: bigint, step: bigint): Value {
  const size = from < to ? to - from : from - to;
  if (size / step > BigInt(maxRange)) throw overLimit(`a range of more than ${maxRange} numbers`);
  const [first, last, by] = [normalizeInteger(from), normalizeInteger(to), normalizeInteger(step)];
  if (typeof first === "number" && typeof last === "number" && typeof by === "number")
    return safeRange(first, last, by);
  const items: Value[] = [];
  if (from <= to) for (let each = from; each <= to; each += step) items.push(normalizeInteger(each));
  else for (let each = from; each >= to; each -= step) items.push(normalizeInteger(each));
  return items;
}

/** The step may lead beyond the safe integers, but then beyond the end too. */
function safeRange(from: number, to: number, step: number): Value {
  const items: Value[] = [];
  if (from <= to) for (let each = from; each <= to; each += step) items.push(each);
  else for (let each = from; each >= to; each -= step) items.push(each);
  return items;
}

function rangeStep(args: readonly Value[]): Value {
  const [from, to, step] = [integer(args, 1), integer(args, 2), integer(args, 3)];
  if (step <= 0n) throw new BuiltinError("numbers.range_step: step must be a positive integer");
  return range(from, to, step);
}

function bits(name: string, compute: (a: bigint, b: bigint) => bigint): Builtin {
  return { name, call: (args) => normalizeInteger(compute(integer(args, 1), integer(args, 2))) };
}

/** Shifts beyond this would only fill memory. */
const maxShift = 1_000_000n;

function shift(name: string, compute: (a: bigint, b: bigint) => bigint): Builtin {
  return {
    name,
    call: (args) => {
      const value = integer(args, 1);
      const wanted = integer(args, 2);
      // OPA takes the lowest 64 bits alone.
      const by = BigInt.asUintN(64, wanted);
      if (wanted < 0n)
        throw new BuiltinError(
          "operand 2 must be an unsigned integer number but got a negative integer",
          "eval_type_error",
        );
      if (by > maxShift && name === "bits.rsh") return value < 0n ? -1 : 0;
      if (by > maxShift && value === 0n) return 0;
      if (by > maxShift) throw overLimit(`a shift of more than ${maxShift} bits`);
      return normalizeInteger(compute(value, by));
    },
  };
}

function toNumber([value]: readonly Value[]): Value {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (isNumber(value)) return value;
  if (typeof value !== "string")
    throw operandTypeError(1, ["null", "boolean", "number", "string"], typeName(value as Value));
  if (/^[+-]?(nan|inf|infinity)$/i.test(value)) throw operandTypeError(1, "valid number string", "string");
  const number = numberFromText(value.replace(/^\+/, ""));
  const fault = number === undefined ? "invalid syntax" : Number.isFinite(doubleOf(number)) ? "" : "value out of range";
  if (number === undefined || fault !== "")
    throw new BuiltinError(`strconv.ParseFloat: parsing ${goQuote(value)}: ${fault}`);
  return number;
}

const decimalUnits: { readonly [unit: string]: NumberValue } = {
  "": 1,
  m: 0.001,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 10n ** 18n,
};
const binaryUnits: { readonly [unit: string]: bigint } = {
  ki: 2n ** 10n,
  mi: 2n ** 20n,
  gi: 2n ** 30n,
  ti: 2n ** 40n,
  pi: 2n ** 50n,
  ei: 2n ** 60n,
};

interface Quantity {
  readonly digits: string;
  readonly unit: string;
}

/** Amount and unit, as they are written; quotes are dropped, spaces a fault. */
function splitUnit(text: string, name: string, what: string): Quantity {
  const plain = text.replaceAll('"', "");
  if (plain.includes(" ")) throw new BuiltinError(`${name}: spaces not allowed in resource strings`);
  // An `e` with neither a digit nor a sign behind it is a unit.
  const [digits = ""] = /^(?:[\d.+-]|[eE][+-]|[eE](?=\d))*/.exec(plain) ?? [];
  if (digits === "") throw new BuiltinError(`${name}: no ${what} provided`);
  return { digits, unit: plain.slice(digits.length) };
}

function amountOf(digits: string, name: string, what: string): NumberValue {
  const match = /^([+-]?)(\d*)\.?(\d*)((?:[eE][+-]?\d+)?)$/.exec(digits);
  const [, sign = "", whole = "", fraction = "", exponent = ""] = match ?? [];
  if (whole + fraction === "") throw new BuiltinError(`${name}: could not parse ${what} to a number`);
  const written = `${sign === "-" ? "-" : ""}${whole || "0"}${fraction === "" ? "" : `.${fraction}`}${exponent}`;
  const amount = numberFromText(written);
  if (amount === undefined) throw new BuiltinError(`${name}: exponent too large`);
  return amount;
}

function parseUnits(args: readonly Value[]): Value {
  const { digits, unit } = splitUnit(stringAt(args, 1), "units.parse", "amount");
  const scale =
    decimalUnits[unit] ??
    (unit === "mi" ? undefined : binaryUnits[unit.toLowerCase()]) ??
    decimalUnits[unit === "m" ? unit : unit.toUpperCase()];
  const factor = unit.toLowerCase() === "mi" ? binaryUnits["mi"] : scale;
  if (factor === undefined) throw new BuiltinError(`units.parse: unit ${unitText(unit)} not recognized`);
  return roundedUnits(exactProduct(amountOf(digits, "units.parse", "amount"), normalize(factor)));
}

/** OPA leaves the first byte as it is, and lower-cases what is left: of a first character of several bytes no byte is a character then. */
function unitText(unit: string): string {
  const [first = ""] = unit;
  const isByte = first < "\x80";
  const size = new TextEncoder().encode(first).length;
  return `${isByte ? first : "\ufffd".repeat(size)}${unit.slice(first.length).toLowerCase()}`;
}

/** So many digits stand behind the point of a quantity that is no integer. */
const unitDigits = 10;

/** OPA rounds a fraction to ten digits, half away from zero, and prints them all. */
function roundedUnits(value: NumberValue): NumberValue {
  if (isInteger(value)) return value;
  const { coefficient, exponent } = decimalOf(value);
  const size = coefficient < 0n ? -coefficient : coefficient;
  const drop = -exponent - unitDigits;
  const unit = 10n ** BigInt(Math.max(0, drop));
  const digits = drop > 0 ? (size * 2n + unit) / (unit * 2n) : size * 10n ** BigInt(-drop);
  const text = digits.toString().padStart(unitDigits + 1, "0");
  const printed = `${text.slice(0, -unitDigits)}.${text.slice(-unitDigits)}`;
  return numberFromText(coefficient < 0n ? `-${printed}` : printed) ?? value;
}

/** Quantities are exact decimals: no rounding as in arithmetic. */
function exactProduct(a: NumberValue, b: NumberValue): NumberValue {
  const [x, y] = [decimalOf(a), decimalOf(b)];
  return normalizeNumber(x.coefficient * y.coefficient, x.exponent + y.exponent);
}

function normalize(factor: NumberValue): NumberValue {
  return typeof factor === "bigint" ? normalizeInteger(factor) : factor;
}

/** Bytes: `b`, `kb`, `KiB`, any case; whole bytes only. */
function parseBytes(args: readonly Value[]): Value {
  const { digits, unit } = splitUnit(stringAt(args, 1), "units.parse_bytes", "byte amount");
  const lower = unit.toLowerCase().replace(/b$/, "");
  const factor = unit === "" ? 1n : (binaryUnits[lower] ?? (lower.length === 1 ? decimalBytes[lower] : undefined));
  if (factor === undefined) throw new BuiltinError(`units.parse_bytes: byte unit ${unit.toLowerCase()} not recognized`);
  const amount = amountOf(digits, "units.parse_bytes", "byte amount");
  const product = exactProduct(amount, normalizeInteger(factor));
  return isInteger(product) ? product : normalizeInteger(bigintOf(product));
}

const decimalBytes: { readonly [unit: string]: bigint } = {
  k: 10n ** 3n,
  m: 10n ** 6n,
  g: 10n ** 9n,
  t: 10n ** 12n,
  p: 10n ** 15n,
  e: 10n ** 18n,
};

/** The same number for the same key within a query. */
function randomInteger(args: readonly Value[], { cache, effects }: QueryState): Value {
  const name = stringAt(args, 1);
  const limit = BigInt(integerAt(args, 2));
  if (limit === 0n) return 0;
  const key = `rand.intn ${name} ${limit}`;
  const known = cache.get(key) as Value | undefined;
  if (known !== undefined) return known;
  const bytes = effects.randomBytes(8);
  const random = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const value = normalizeInteger(random % (limit < 0n ? -limit : limit));
  cache.set(key, value);
  return value;
}

function cast(name: string, type: string): Builtin {
  return {
    name,
    call: ([value]) => {
      const got = typeName(value as Value);
      if (got !== type) throw operandTypeError(1, type, got);
      return value as Value;
    },
  };
}

function arrayOrSet(value: Value): Value {
  if (Array.isArray(value) || value instanceof RegoSet) return value;
  throw operandTypeError(1, ["array", "set"], typeName(value));
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/numbers, …/bits, …/units, …/conversions */
export const numbers: readonly Builtin[] = [
  { name: "numbers.range", call: (args) => range(integer(args, 1), integer(args, 2), 1n) },
  { name: "numbers.range_step", call: rangeStep },
  { name: "rand.intn", call: randomInteger, nondeterministic: true },
  bits("bits.and", (a, b) => a & b),
  bits("bits.or", (a, b) => a | b),
  bits("bits.xor", (a, b) => a ^ b),
  { name: "bits.negate", call: (args) => normalizeInteger(~integer(args, 1)) },
  shift("bits.lsh", (a, b) => a << b),
  shift("bits.rsh", (a, b) => a >> b),
  { name: "to_number", call: toNumber },
  { name: "units.parse", call: parseUnits },
  { name: "units.parse_bytes", call: parseBytes },
  { name: "cast_array", call: ([value]) => (value instanceof RegoSet ? value.sorted() : arrayOrSet(value as Value)) },
  { name: "cast_set", call: ([value]) => (Array.isArray(value) ? RegoSet.of(value) : arrayOrSet(value as Value)) },
  cast("cast_boolean", "boolean"),
  cast("cast_null", "null"),
  cast("cast_object", "object"),
  cast("cast_string", "string"),
];
