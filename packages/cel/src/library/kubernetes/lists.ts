import type { FunctionDeclaration, Library } from "../../check/environment.ts";
import { BOOL, DOUBLE, DURATION, INT, listType, type Type, typeParam, UINT } from "../../check/type.ts";
import { compareValues, isEqual } from "../../value/equal.ts";
import { checkInt, checkUint } from "../../value/number.ts";
import { durationOf } from "../../value/time.ts";
import { CelError, Duration, type ListValue, Uint, type Value } from "../../value/value.ts";
import { declare, member } from "../declare.ts";
import { orderedTypes } from "../ordered-types.ts";

const A = typeParam("A");

const summable: readonly (readonly [string, Type, Value])[] = [
  ["int", INT, 0n],
  ["uint", UINT, new Uint(0n)],
  ["double", DOUBLE, 0],
  ["duration", DURATION, new Duration(0n)],
];

/** Kubernetes' lists library: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library */
export const lists: Library = {
  name: "kubernetes.lists",
  functions: [
    overComparable("isSorted", "is_sorted_bool", () => BOOL, isSorted),
    declare(
      "sum",
      ...summable.map(([kind, type, zero]) =>
        member(`list_${kind}_sum_${kind}`, [listType(type)], type, (list: ListValue) => sum(list, zero)),
      ),
    ),
    overComparable(
      "max",
      "max",
      (type) => type,
      (list) => extreme(list, 1, "max"),
    ),
    overComparable(
      "min",
      "min",
      (type) => type,
      (list) => extreme(list, -1, "min"),
    ),
    declare("indexOf", member("list_a_index_of_int", [listType(A), A], INT, indexOf)),
    declare("lastIndexOf", member("list_a_last_index_of_int", [listType(A), A], INT, lastIndexOf)),
  ],
};

function overComparable(
  name: string,
  id: string,
  result: (type: Type) => Type,
  run: (list: ListValue) => Value,
): FunctionDeclaration {
  return declare(
    name,
    ...orderedTypes.map(([kind, type]) => member(`list_${kind}_${id}`, [listType(type)], result(type), run)),
  );
}

function isSorted(list: ListValue): Value {
  for (let index = 1; index < list.size; index++) {
    const sign = compareValues(list.at(index - 1), list.at(index));
    if (sign === "overload") return new CelError("no such overload");
    if (sign === undefined || sign > 0) return false;
  }
  return true;
}

function sum(list: ListValue, zero: Value): Value {
  let total: Value = list.size === 0 ? zero : list.at(0);
  for (let index = 1; index < list.size; index++) total = add(total, list.at(index));
  return total;
}

function add(a: Value, b: Value): Value {
  if (typeof a === "bigint" && typeof b === "bigint") return checkInt(a + b);
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a instanceof Uint && b instanceof Uint) return checkUint(a.value + b.value);
  if (a instanceof Duration && b instanceof Duration)
    return durationOf(a.nanos + b.nanos) ?? new CelError("integer overflow");
  return a instanceof CelError ? a : new CelError("no such overload");
}

function extreme(list: ListValue, wanted: 1 | -1, name: string): Value {
  if (list.size === 0) return new CelError(`${name} called on empty list`);
  let best = list.at(0);
  if (compareValues(best, best) === "overload") return new CelError(`no such overload: ${name}(list)`);
  for (let index = 1; index < list.size; index++) {
    const sign = compareValues(list.at(index), best);
    if (sign === "overload") return new CelError("no such overload");
    if (sign !== undefined && sign * wanted > 0) best = list.at(index);
  }
  return best;
}

function indexOf(list: ListValue, value: Value): Value {
  for (let index = 0; index < list.size; index++) if (isEqual(list.at(index), value)) return BigInt(index);
  return -1n;
}

function lastIndexOf(list: ListValue, value: Value): Value {
  for (let index = list.size - 1; index >= 0; index--) if (isEqual(list.at(index), value)) return BigInt(index);
  return -1n;
}
