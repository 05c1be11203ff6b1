import type { Library } from "../check/environment.ts";
import { INT, isSameType, listType, optionalType, typeParam } from "../check/type.ts";
import type { Expr } from "../syntax/ast.ts";
import { ACCUMULATOR, type MacroCall, type MacroFault, variableName } from "../syntax/macro.ts";
import { gather } from "../syntax/macros.ts";
import { compareValues, isEqual } from "../value/equal.ts";
import { typeOf } from "../value/type-of.ts";
import { ArrayList, CelError, ListValue, Optional, type Value } from "../value/value.ts";
import { declare, global, member } from "./declare.ts";
import { orderedTypes } from "./ordered-types.ts";

const T = typeParam("A");
const LIST = listType(T);
/** As many elements as `lists.range` makes at most; a list of all ints would fill the memory before its cost is counted. */
const MAX_RANGE = 1_000_000n;

/** cel-go's lists extension, version 3. */
export const listFunctions: Library = {
  name: "lists extension",
  macros: [{ name: "sortBy", isReceiver: true, argCount: 2, expand: expandSortBy }],
  functions: [
    declare("slice", member("list_slice", [LIST, INT, INT], LIST, slice)),
    declare(
      "flatten",
      member("list_flatten", [listType(LIST)], LIST, (list: ListValue) => flatten(list, 1n)),
      member("list_flatten_int", [listType({ kind: "dyn" }), INT], listType({ kind: "dyn" }), flatten),
    ),
    declare("distinct", member("list_distinct", [LIST], LIST, distinct)),
    declare(
      "sort",
      ...orderedTypes.map(([kind, type]) =>
        member(`list_${kind}_sort`, [listType(type)], listType(type), (list: ListValue) => sortBy(list, list)),
      ),
    ),
    declare(
      "@sortByAssociatedKeys",
      ...orderedTypes.map(([kind, type]) =>
        member(`list_${kind}_sortByAssociatedKeys`, [LIST, listType(type)], LIST, sortBy),
      ),
    ),
    declare("lists.range", global("lists_range", [INT], listType(INT), range)),
    declare(
      "reverse",
      member("list_reverse", [LIST], LIST, (list: ListValue) => new ArrayList([...list].reverse())),
    ),
    declare(
      "first",
      member("list_first", [LIST], optionalType(T), (list: ListValue) =>
        list.size === 0 ? Optional.none : new Optional(list.at(0)),
      ),
    ),
    declare(
      "last",
      member("list_last", [LIST], optionalType(T), (list: ListValue) =>
        list.size === 0 ? Optional.none : new Optional(list.at(list.size - 1)),
      ),
    ),
  ],
};

function slice(list: ListValue, start: bigint, end: bigint): Value {
  if (start < 0n || end < 0n) return new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    return new CelError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (end > BigInt(list.size)) return new CelError(`cannot slice(${start}, ${end}), list is length ${list.size}`);
  return new ArrayList([...list].slice(Number(start), Number(end)));
}

function flatten(list: ListValue, depth: bigint): Value {
  if (depth < 0n) return new CelError("level must be non-negative");
  return new ArrayList([...flat(list, depth)]);
}

function* flat(list: ListValue, depth: bigint): Generator<Value> {
  for (const each of list) {
    if (each instanceof ListValue && depth > 0n) yield* flat(each, depth - 1n);
    else yield each;
  }
}

function distinct(list: ListValue): Value {
  const kept: Value[] = [];
  for (const each of list) if (!kept.some((other) => isEqual(other, each))) kept.push(each);
  return new ArrayList(kept);
}

function sortBy(list: ListValue, keys: ListValue): Value {
  if (list.size !== keys.size)
    return new CelError("@sortByAssociatedKeys() expected a list of the same size as the associated keys list");
  const pairs = [...list].map((value, index) => ({ value, key: keys.at(index) }));
  const first = pairs[0];
  if (first !== undefined && compareValues(first.key, first.key) === "overload")
    return new CelError("list elements must be comparable");
  const isOther = (key: Value) => !isSameType(typeOf(first?.key ?? null), typeOf(key));
  if (first !== undefined && pairs.some(({ key }) => isOther(key))) {
    return new CelError("list elements must have the same type");
  }
  pairs.sort((a, b) => Number(compareValues(a.key, b.key) ?? 0));
  return new ArrayList(pairs.map(({ value }) => value));
}

function range(count: bigint): Value {
  if (count < 0n) return new CelError(`lists.range: size must be non-negative, got ${count}`);
  if (count > MAX_RANGE) return new CelError(`lists.range: size ${count} exceeds maximum allowed (${MAX_RANGE})`);
  return new ArrayList(Array.from({ length: Number(count) }, (_, index) => BigInt(index)));
}

/** `list.sortBy(x, key)`: the list is bound, its keys are gathered, and both are sorted together. */
function expandSortBy({ builder, offset, target, args }: MacroCall): Expr | MacroFault {
  const [variable, key] = args as [Expr, Expr];
  if (target?.kind === "literal" || target?.kind === "map" || target?.kind === "struct")
    return {
      fault: "sortBy can only be applied to a list, identifier, comprehension, call or select expression",
      at: target,
    };
  const name = variableName(variable);
  if (name === undefined)
    return { fault: "sortBy can only be applied to a list, with a simple name as its variable", at: variable };
  const bound = "@__sortBy_input__";
  const list = () => builder.ident(offset, bound);
  const keys = builder.fold(offset, {
    range: list(),
    iterVar: name,
    iterVar2: undefined,
    accuVar: ACCUMULATOR,
    ...gather(builder, offset, key),
  });
  return builder.fold(offset, {
    range: builder.list(offset, []),
    iterVar: "#unused",
    iterVar2: undefined,
    accuVar: bound,
    accuInit: target as Expr,
    condition: builder.literal(offset, false),
    step: list(),
    result: builder.call(offset, "@sortByAssociatedKeys", [keys], list()),
  });
}
