import type { FunctionDeclaration, Library, Overload } from "../check/environment.ts";
import { BOOL, DOUBLE, DYN, INT, listType, type Type, UINT } from "../check/type.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Macro, MacroCall, MacroFault } from "../syntax/macro.ts";
import { checkInt, checkUint, compareNumbers, isNumber, MAX_UINT64 } from "../value/number.ts";
import { CelError, type ListValue, Uint, type Value } from "../value/value.ts";
import { declare, global } from "./declare.ts";

const kinds: readonly (readonly [string, Type])[] = [
  ["double", DOUBLE],
  ["int", INT],
  ["uint", UINT],
];

/** cel-go's math extension, version 2. */
export const math: Library = {
  name: "math",
  macros: [extreme("greatest", "math.@max"), extreme("least", "math.@min")],
  functions: [
    ...[declareExtreme("math.@max", 1), declareExtreme("math.@min", -1)],
    ...[
      onDouble("ceil", Math.ceil),
      onDouble("floor", Math.floor),
      onDouble("round", round),
      onDouble("trunc", Math.trunc),
    ],
    declare(
      "math.abs",
      global("math_abs_double", [DOUBLE], DOUBLE, Math.abs),
      global("math_abs_int", [INT], INT, (value: bigint) => checkInt(value < 0n ? -value : value)),
      global("math_abs_uint", [UINT], UINT, (value: Uint) => value),
    ),
    declare(
      "math.sign",
      global("math_sign_double", [DOUBLE], DOUBLE, (value: number) => (value === 0 ? 0 : Math.sign(value))),
      global("math_sign_int", [INT], INT, (value: bigint) => (value < 0n ? -1n : value > 0n ? 1n : 0n)),
      global("math_sign_uint", [UINT], UINT, ({ value }: Uint) => new Uint(value === 0n ? 0n : 1n)),
    ),
    declare(
      "math.sqrt",
      global("math_sqrt_double", [DOUBLE], DOUBLE, Math.sqrt),
      global("math_sqrt_int", [INT], DOUBLE, (value: bigint) => Math.sqrt(Number(value))),
      global("math_sqrt_uint", [UINT], DOUBLE, ({ value }: Uint) => Math.sqrt(Number(value))),
    ),
    declare(
      "math.isInf",
      global("math_isInf_double", [DOUBLE], BOOL, (value: number) => Math.abs(value) === Number.POSITIVE_INFINITY),
    ),
    declare("math.isNaN", global("math_isNaN_double", [DOUBLE], BOOL, Number.isNaN)),
    declare("math.isFinite", global("math_isFinite_double", [DOUBLE], BOOL, Number.isFinite)),
    bitwise("bitAnd", (a, b) => a & b),
    bitwise("bitOr", (a, b) => a | b),
    bitwise("bitXor", (a, b) => a ^ b),
    declare(
      "math.bitNot",
      global("math_bitNot_int", [INT], INT, (value: bigint) => ~value),
      global("math_bitNot_uint", [UINT], UINT, ({ value }: Uint) => new Uint(MAX_UINT64 ^ value)),
    ),
    shift("bitShiftLeft", (value, by) => value << by),
    shift("bitShiftRight", (value, by) => value >> by),
  ],
};

function onDouble(name: string, run: (value: number) => number): FunctionDeclaration {
  return declare(`math.${name}`, global(`math_${name}_double`, [DOUBLE], DOUBLE, run));
}

/** Halves go away from zero, as in Go. */
function round(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

function bitwise(name: string, run: (a: bigint, b: bigint) => bigint): FunctionDeclaration {
  return declare(
    `math.${name}`,
    global(`math_${name}_int_int`, [INT, INT], INT, run),
    global(`math_${name}_uint_uint`, [UINT, UINT], UINT, (a: Uint, b: Uint) => checkUint(run(a.value, b.value))),
  );
}

/** Bits that leave the 64 are lost, and from the left come zeros, of ints too. */
function shift(name: string, run: (value: bigint, by: bigint) => bigint): FunctionDeclaration {
  const within = (value: bigint, by: bigint, isSigned: boolean): Value => {
    if (by < 0n) return new CelError(`math.${name}() negative offset: ${by}`);
    const bits = by > 63n ? 0n : run(BigInt.asUintN(64, value), by) & MAX_UINT64;
    return isSigned ? BigInt.asIntN(64, bits) : new Uint(bits);
  };
  return declare(
    `math.${name}`,
    global(`math_${name}_int_int`, [INT, INT], INT, (value: bigint, by: bigint) => within(value, by, true)),
    global(`math_${name}_uint_int`, [UINT, INT], UINT, ({ value }: Uint, by: bigint) => within(value, by, false)),
  );
}

/** `math.greatest(a, b, …)` and `math.least`: one, two or a list of numbers. */
function extreme(name: string, target: string): Macro {
  const expand = ({ builder, offset, target: space, args }: MacroCall): Expr | MacroFault | undefined => {
    if (space?.kind !== "ident" || space.name !== "math") return undefined;
    if (args.length === 0) return { fault: `math.${name}() requires at least one argument` };
    const wrong = args.find((each) => !mayBeNumber(each, args.length === 1));
    if (wrong !== undefined) {
      const kind = args.length === 1 ? "single argument" : "simple literal arguments";
      return {
        fault: args.length === 1 ? `math.${name}() invalid ${kind} value` : `math.${name}() ${kind} must be numeric`,
        at: wrong,
      };
    }
    return builder.call(offset, target, args.length > 2 ? [builder.list(offset, args)] : args);
  };
  return { name, isReceiver: true, argCount: undefined, expand };
}

function mayBeNumber(arg: Expr, isAlone: boolean): boolean {
  if (arg.kind === "literal") return isNumber(arg.value);
  if (arg.kind === "list")
    return isAlone && arg.elements.length > 0 && arg.elements.every((each) => mayBeNumber(each, false));
  return arg.kind !== "map" && arg.kind !== "struct";
}

function declareExtreme(name: string, wanted: 1 | -1): FunctionDeclaration {
  const id = name.replace(".@", "_@");
  const pick = (...values: Value[]): Value => pickExtreme(values, wanted);
  const pairs = kinds.flatMap(([a, left]) =>
    kinds.map(([b, right]): Overload => global(`${id}_${a}_${b}`, [left, right], a === b ? left : DYN, pick)),
  );
  return declare(
    name,
    ...kinds.map(([kind, type]) => global(`${id}_${kind}`, [type], type, pick)),
    ...pairs,
    ...kinds.map(([kind, type]) =>
      global(`${id}_list_${kind}`, [listType(type)], type, (list: ListValue) => pickExtreme([...list], wanted)),
    ),
  );
}

function pickExtreme(values: readonly Value[], wanted: 1 | -1): Value {
  let best: Value | undefined;
  for (const value of values) {
    if (!isNumber(value)) return new CelError("no such overload");
    if (best === undefined || (isNumber(best) && (compareNumbers(value, best) ?? 0) * wanted > 0)) best = value;
  }
  return best ?? new CelError("math.@max(list) argument must not be empty");
}
