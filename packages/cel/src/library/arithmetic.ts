import type { FunctionDeclaration, Library, Overload } from "../check/environment.ts";
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  mapType,
  optionalType,
  STRING,
  TIMESTAMP,
  type Type,
  typeParam,
  UINT,
} from "../check/type.ts";
import { qualify, qualifyIfPresent } from "../run/access.ts";
import { compareValues, isEqual } from "../value/equal.ts";
import { concatLists } from "../value/merge.ts";
import { checkInt, checkUint } from "../value/number.ts";
import { codePointCount } from "../value/text.ts";
import { durationOf, timestampOf } from "../value/time.ts";
import {
  CelError,
  type Duration,
  type ListValue,
  type MapValue,
  type Timestamp,
  type Uint,
  type Value,
} from "../value/value.ts";
import { declare, global, member } from "./declare.ts";

const T = typeParam("A");
const K = typeParam("A");
const V = typeParam("B");
const divideByZero = new CelError("division by zero");
const notOrdered = new CelError("NaN values cannot be ordered");
const modulusByZero = new CelError("modulus by zero");

/** Pairs of types that are ordered; numbers of different kinds compare by their value. */
const ordered: readonly (readonly [string, Type, Type])[] = [
  ["bool", BOOL, BOOL],
  ["int64", INT, INT],
  ["int64_double", INT, DOUBLE],
  ["int64_uint64", INT, UINT],
  ["uint64", UINT, UINT],
  ["uint64_double", UINT, DOUBLE],
  ["uint64_int64", UINT, INT],
  ["double", DOUBLE, DOUBLE],
  ["double_int64", DOUBLE, INT],
  ["double_uint64", DOUBLE, UINT],
  ["string", STRING, STRING],
  ["bytes", BYTES, BYTES],
  ["timestamp", TIMESTAMP, TIMESTAMP],
  ["duration", DURATION, DURATION],
];

/** cel-spec's operators. The logical ones and equality are evaluated by the closures; here they only have their types. */
export const operators: Library = {
  name: "operators",
  functions: [
    declare("_?_:_", global("conditional", [BOOL, T, T], T)),
    declare("_&&_", global("logical_and", [BOOL, BOOL], BOOL)),
    declare("_||_", global("logical_or", [BOOL, BOOL], BOOL)),
    declare(
      "!_",
      global("logical_not", [BOOL], BOOL, (value: boolean) => !value),
    ),
    declare("@not_strictly_false", global("not_strictly_false", [BOOL], BOOL)),
    declare("_==_", global("equals", [T, T], BOOL)),
    declare("_!=_", global("not_equals", [T, T], BOOL)),
    order("_<_", "less", (sign) => sign < 0),
    order("_<=_", "less_equals", (sign) => sign <= 0),
    order("_>_", "greater", (sign) => sign > 0),
    order("_>=_", "greater_equals", (sign) => sign >= 0),
    declare(
      "_+_",
      global("add_bytes", [BYTES, BYTES], BYTES, (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b])),
      global("add_double", [DOUBLE, DOUBLE], DOUBLE, (a: number, b: number) => a + b),
      global("add_duration_duration", [DURATION, DURATION], DURATION, (a: Duration, b: Duration) =>
        spanOf(a.nanos + b.nanos),
      ),
      global("add_duration_timestamp", [DURATION, TIMESTAMP], TIMESTAMP, (a: Duration, b: Timestamp) =>
        timeOf(a.nanos + b.nanos, b.offset),
      ),
      global("add_timestamp_duration", [TIMESTAMP, DURATION], TIMESTAMP, (a: Timestamp, b: Duration) =>
        timeOf(a.nanos + b.nanos, a.offset),
      ),
      global("add_int64", [INT, INT], INT, (a: bigint, b: bigint) => checkInt(a + b)),
      global("add_list", [listType(T), listType(T)], listType(T), concatLists),
      global("add_string", [STRING, STRING], STRING, (a: string, b: string) => a + b),
      global("add_uint64", [UINT, UINT], UINT, (a: Uint, b: Uint) => checkUint(a.value + b.value)),
    ),
    declare(
      "_-_",
      global("subtract_double", [DOUBLE, DOUBLE], DOUBLE, (a: number, b: number) => a - b),
      global("subtract_duration_duration", [DURATION, DURATION], DURATION, (a: Duration, b: Duration) =>
        spanOf(a.nanos - b.nanos),
      ),
      global("subtract_int64", [INT, INT], INT, (a: bigint, b: bigint) => checkInt(a - b)),
      global("subtract_timestamp_duration", [TIMESTAMP, DURATION], TIMESTAMP, (a: Timestamp, b: Duration) =>
        timeOf(a.nanos - b.nanos, a.offset),
      ),
      global("subtract_timestamp_timestamp", [TIMESTAMP, TIMESTAMP], DURATION, (a: Timestamp, b: Timestamp) =>
        spanOf(a.nanos - b.nanos),
      ),
      global("subtract_uint64", [UINT, UINT], UINT, (a: Uint, b: Uint) => checkUint(a.value - b.value)),
    ),
    declare(
      "_*_",
      global("multiply_double", [DOUBLE, DOUBLE], DOUBLE, (a: number, b: number) => a * b),
      global("multiply_int64", [INT, INT], INT, (a: bigint, b: bigint) => checkInt(a * b)),
      global("multiply_uint64", [UINT, UINT], UINT, (a: Uint, b: Uint) => checkUint(a.value * b.value)),
    ),
    declare(
      "_/_",
      global("divide_double", [DOUBLE, DOUBLE], DOUBLE, (a: number, b: number) => a / b),
      global("divide_int64", [INT, INT], INT, (a: bigint, b: bigint) => (b === 0n ? divideByZero : checkInt(a / b))),
      global("divide_uint64", [UINT, UINT], UINT, (a: Uint, b: Uint) =>
        b.value === 0n ? divideByZero : checkUint(a.value / b.value),
      ),
    ),
    declare(
      "_%_",
      global("modulo_int64", [INT, INT], INT, moduloInt),
      global("modulo_uint64", [UINT, UINT], UINT, (a: Uint, b: Uint) =>
        b.value === 0n ? modulusByZero : checkUint(a.value % b.value),
      ),
    ),
    declare(
      "-_",
      global("negate_double", [DOUBLE], DOUBLE, (value: number) => -value),
      global("negate_int64", [INT], INT, (value: bigint) => checkInt(-value)),
    ),
    declare(
      "_[_]",
      global("index_list", [listType(T), INT], T, qualify),
      global("index_map", [mapType(K, V), K], V, qualify),
      global("optional_list_index_value", [optionalType(listType(T)), INT], optionalType(T), qualify),
      global("optional_map_index_value", [optionalType(mapType(K, V)), K], optionalType(V), qualify),
    ),
    declare(
      "_[?_]",
      ...[listType(T), optionalType(listType(T))].map((list) =>
        global("list_optindex_optional_int", [list, INT], optionalType(T), qualifyIfPresent),
      ),
      ...[mapType(K, V), optionalType(mapType(K, V))].map((map) =>
        global("map_optindex_optional_value", [map, K], optionalType(V), qualifyIfPresent),
      ),
    ),
    declare(
      "@in",
      global("in_list", [T, listType(T)], BOOL, isIn),
      global("in_map", [K, mapType(K, V)], BOOL, (key: Value, map: MapValue) => map.has(key)),
    ),
    declare(
      "dyn",
      global("to_dyn", [T], DYN, (value: Value) => value),
    ),
    ...sizes(),
  ],
};

function spanOf(nanos: bigint): Value {
  return durationOf(nanos) ?? new CelError("integer overflow");
}

function timeOf(nanos: bigint, offset: number): Value {
  return timestampOf(nanos, offset) ?? new CelError("timestamp overflow");
}

function moduloInt(a: bigint, b: bigint): Value {
  if (b === 0n) return modulusByZero;
  return b === -1n && a === -(2n ** 63n) ? new CelError("integer overflow") : a % b;
}

function isIn(value: Value, list: ListValue): Value {
  for (let index = 0; index < list.size; index++) if (isEqual(list.at(index), value)) return true;
  return false;
}

function order(name: string, id: string, holds: (sign: number) => boolean): FunctionDeclaration {
  const compare = (a: Value, b: Value): Value => {
    const sign = compareValues(a, b);
    if (sign === "overload") return new CelError("no such overload");
    return sign === undefined ? notOrdered : holds(sign);
  };
  return declare(name, ...ordered.map(([kind, left, right]) => global(`${id}_${kind}`, [left, right], BOOL, compare)));
}

function sizes(): readonly FunctionDeclaration[] {
  const of = (
    make: (id: string, args: readonly Type[], result: Type, run: (value: never) => Value) => Overload,
  ): Overload[] => [
    make("size_bytes", [BYTES], INT, (value: Uint8Array) => BigInt(value.length)),
    make("size_list", [listType(T)], INT, (value: ListValue) => BigInt(value.size)),
    make("size_map", [mapType(K, V)], INT, (value: MapValue) => BigInt(value.size)),
    make("size_string", [STRING], INT, (value: string) => BigInt(codePointCount(value))),
  ];
  return [declare("size", ...of(global), ...of(member))];
}
