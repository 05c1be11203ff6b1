import type { Library } from "../check/environment.ts";
import { mapType, typeParam } from "../check/type.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Builder } from "../syntax/builder.ts";
import { ACCUMULATOR, type Macro, type MacroCall, variableName } from "../syntax/macro.ts";
import { all, exists, existsOne, type Fold, gather } from "../syntax/macros.ts";
import { EntryMap } from "../value/map.ts";
import { CelError, type MapValue, type Value } from "../value/value.ts";
import { declare, global } from "./declare.ts";

const K = typeParam("A");
const V = typeParam("B");
const MAP = mapType(K, V);

/** cel-go's comprehensions with two variables: index and element of a list, key and value of a map. */
export const twoVariables: Library = {
  name: "two-variable comprehensions",
  macros: [
    macro("all", 3, all),
    macro("exists", 3, exists),
    macro("existsOne", 3, existsOne),
    macro("exists_one", 3, existsOne),
    ...[3, 4].map((count) =>
      macro("transformList", count, (builder, offset, args) =>
        gather(builder, offset, args.at(-1) as Expr, args.length > 1 ? args[0] : undefined),
      ),
    ),
    ...[3, 4].map((count) => macro("transformMap", count, insert(true))),
    ...[3, 4].map((count) => macro("transformMapEntry", count, insert(false))),
  ],
  functions: [
    declare(
      "cel.@mapInsert",
      global("@mapInsert_map_map", [MAP, MAP], MAP, insertAll),
      global("@mapInsert_map_key_value", [MAP, K, V], MAP, insertOne),
    ),
  ],
};

/** Like a fold of one variable, with the name of the first of the two. */
type PairFold = (builder: Builder, offset: number, args: readonly Expr[], key: string) => ReturnType<Fold>;

function macro(name: string, argCount: number, fold: PairFold): Macro {
  return {
    name,
    isReceiver: true,
    argCount,
    expand: ({ builder, offset, target, args }: MacroCall) => {
      const [first, second] = [variableName(args[0]), variableName(args[1])];
      if (first === undefined) return { fault: "argument must be a simple name", at: args[0] as Expr };
      if (second === undefined) return { fault: "argument must be a simple name", at: args[1] as Expr };
      if (first === second) return { fault: `duplicate variable name: ${first}`, at: args[1] as Expr };
      if ([first, second].includes(ACCUMULATOR)) {
        return { fault: "iteration variable overwrites accumulator variable", at: args[0] as Expr };
      }
      const parts = fold(builder, offset, args.slice(2), first);
      const variables = { iterVar: first, iterVar2: second, accuVar: ACCUMULATOR };
      return builder.fold(offset, { range: target as Expr, ...variables, ...parts });
    },
  };
}

/** Gathers a map: with `isKeyed` each value under its key, else the entries of the maps that the transformation makes. */
function insert(isKeyed: boolean): PairFold {
  return (builder, offset, args, key) => {
    const accu = () => builder.ident(offset, ACCUMULATOR);
    const transform = args.at(-1) as Expr;
    const entries = isKeyed ? [builder.ident(offset, key), transform] : [transform];
    const step = builder.call(offset, "cel.@mapInsert", [accu(), ...entries]);
    return {
      accuInit: { kind: "map", id: builder.id(offset), entries: [] },
      condition: builder.literal(offset, true),
      step: args.length === 1 ? step : builder.call(offset, "_?_:_", [args[0] as Expr, step, accu()]),
      result: accu(),
    };
  };
}

/** The fold's own map grows in place: nothing else can see it before the fold ends. */
function insertOne(map: MapValue, key: Value, value: Value): Value {
  if (!(map instanceof EntryMap)) return new CelError("no such overload");
  return map.add(key, value) ?? map;
}

function insertAll(map: MapValue, entries: MapValue): Value {
  for (const key of entries.keys()) {
    const inserted = insertOne(map, key, entries.find(key) as Value);
    if (inserted instanceof CelError) return inserted;
  }
  return map;
}
