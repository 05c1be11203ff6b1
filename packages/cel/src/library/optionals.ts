import type { Library } from "../check/environment.ts";
import { BOOL, listType, optionalType, type Type, typeParam } from "../check/type.ts";
import type { Expr } from "../syntax/ast.ts";
import { type MacroCall, type MacroFault, variableName } from "../syntax/macro.ts";
import {
  ArrayList,
  CelError,
  Duration,
  ListValue,
  MapValue,
  Optional,
  Struct,
  Timestamp,
  Uint,
  type Value,
} from "../value/value.ts";
import { declare, global, member } from "./declare.ts";

const T = typeParam("A");
const MAYBE: Type = optionalType(T);

/** cel-spec's optional values. `or` and `orValue` are evaluated by the closures, since they may leave their argument out. */
export const optionals: Library = {
  name: "optionals",
  types: [optionalType(T)],
  macros: [
    { name: "optMap", isReceiver: true, argCount: 2, expand: (call) => expand(call, true) },
    { name: "optFlatMap", isReceiver: true, argCount: 2, expand: (call) => expand(call, false) },
  ],
  functions: [
    declare(
      "optional.of",
      global("optional_of", [T], MAYBE, (value: Value) => new Optional(value)),
    ),
    declare(
      "optional.ofNonZeroValue",
      global("optional_ofNonZeroValue", [T], MAYBE, (value: Value) =>
        isZero(value) ? Optional.none : new Optional(value),
      ),
    ),
    declare(
      "optional.none",
      global("optional_none", [], MAYBE, () => Optional.none),
    ),
    declare(
      "value",
      member("optional_value", [MAYBE], T, ({ value }: Optional) =>
        value === undefined ? new CelError("optional.none() dereference") : value,
      ),
    ),
    declare(
      "hasValue",
      member("optional_hasValue", [MAYBE], BOOL, ({ value }: Optional) => value !== undefined),
    ),
    declare("or", member("optional_or_optional", [MAYBE, MAYBE], MAYBE)),
    declare("orValue", member("optional_orValue_value", [MAYBE, T], T)),
    declare("optional.unwrap", global("optional_unwrap", [listType(MAYBE)], listType(T), unwrap)),
    declare("unwrapOpt", member("optional_unwrapOpt", [listType(MAYBE)], listType(T), unwrap)),
  ],
};

function unwrap(list: ListValue): Value {
  const values: Value[] = [];
  for (const each of list) if (each instanceof Optional && each.value !== undefined) values.push(each.value);
  return new ArrayList(values);
}

/** The zero of Go's times is not the epoch, but the start of year 1. */
const GO_ZERO_TIME = -62_135_596_800_000_000_000n;

/** Whether a value is the default of its type. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === "") return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof ListValue || value instanceof MapValue) return value.size === 0;
  if (value instanceof Duration) return value.nanos === 0n;
  if (value instanceof Timestamp) return value.nanos === GO_ZERO_TIME;
  return value instanceof Struct && value.isZero();
}

/** `target.hasValue() ? f(target.value()) : optional.none()`, with the value bound to the variable. */
function expand({ builder, offset, target, args }: MacroCall, isWrapped: boolean): Expr | MacroFault {
  const [variable, transform] = args as [Expr, Expr];
  const name = variableName(variable);
  if (name === undefined)
    return {
      fault: `${isWrapped ? "optMap" : "optFlatMap"}() variable name must be a simple identifier`,
      at: variable,
    };
  const optional = (method: string, methodArgs: readonly Expr[] = []) =>
    builder.call(offset, method, methodArgs, builder.ident(offset, "optional"));
  const bound = builder.fold(offset, {
    range: builder.list(offset, []),
    iterVar: "#unused",
    iterVar2: undefined,
    accuVar: name,
    accuInit: builder.call(offset, "value", [], target as Expr),
    condition: builder.literal(offset, false),
    step: builder.ident(offset, name),
    result: transform,
  });
  const present = builder.call(offset, "hasValue", [], target as Expr);
  return builder.call(offset, "_?_:_", [present, isWrapped ? optional("of", [bound]) : bound, optional("none")]);
}
