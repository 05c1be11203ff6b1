import type { Overload } from "../check/environment.ts";
import { DYN, formatType, isOptionalType, listType, runtimeTypeName, type Type } from "../check/type.ts";
import { typeOf } from "../value/type-of.ts";
import {
  CelError,
  Duration,
  ListValue,
  MapValue,
  Opaque,
  Optional,
  Struct,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "../value/value.ts";

/** Calls the first overload whose arguments have the kinds of these values. */
export type Dispatch = (args: readonly Value[]) => Value;

/** Makes the call of a function whose overloads are known; what they share is found once, here. */
export function createDispatch(name: string, overloads: readonly Overload[]): Dispatch {
  const ways = overloads.flatMap(({ args, run }) =>
    run === undefined
      ? []
      : [
          wayOf(
            args.map((type) => testOf(singleton.has(name) ? shallow(type) : type)),
            run as AnyRun,
          ),
        ],
  );
  return (args) => {
    for (const { arity, fits, run } of ways) if (arity === args.length && fits(args)) return run(args);
    if (overloads.length === 0) return new CelError(`unbound function: ${name}()`);
    return noOverload(name, args);
  };
}

/** What cel-go binds once for all overloads, which itself looks at the elements. */
const singleton: ReadonlySet<string> = new Set(["sort", "@sortByAssociatedKeys"]);

function shallow(type: Type): Type {
  return type.kind === "list" ? listType(DYN) : type;
}

type AnyRun = (...args: Value[]) => Value;

interface Way {
  readonly arity: number;
  readonly fits: (args: readonly Value[]) => boolean;
  readonly run: Dispatch;
}

/** Without loops where there are few arguments. */
function wayOf(tests: readonly (Test | undefined)[], run: AnyRun): Way {
  const arity = tests.length;
  const [one = isAny, two = isAny] = tests;
  if (arity === 1) return { arity, fits: (args) => one(args[0] as Value), run: (args) => run(args[0] as Value) };
  if (arity === 2)
    return {
      arity,
      fits: (args) => one(args[0] as Value) && two(args[1] as Value),
      run: (args) => run(args[0] as Value, args[1] as Value),
    };
  return {
    arity,
    fits: (args) => tests.every((test, index) => test === undefined || test(args[index] as Value)),
    run: (args) => run(...args),
  };
}

function isAny(): boolean {
  return true;
}

const plainlyTold = new Set(["startsWith", "endsWith", "contains", "matches", "@in", "!_", "-_"]);

/** The kinds of first operands that an operator is made for; cel-go tells the operator's name of all others. */
const operands: { readonly [name: string]: ReadonlySet<string> } = {
  "_+_": new Set(["int", "uint", "double", "string", "bytes", "list", "timestamp", "duration"]),
  "_-_": new Set(["int", "uint", "double", "string", "timestamp", "duration"]),
  "_*_": new Set(["int", "uint", "double", "string", "timestamp", "duration"]),
  "_/_": new Set(["int", "uint", "double", "string", "timestamp", "duration"]),
  "_%_": new Set(["int", "uint", "string", "timestamp", "duration"]),
  size: new Set(["string", "bytes", "list", "map"]),
};

const ordered = new Set(["int", "uint", "double", "bool", "string", "bytes", "timestamp", "duration"]);

/** cel-go's words: they tell of operators what they could not be applied to, and of a library's function its arguments. */
function noOverload(name: string, args: readonly Value[]): CelError {
  if (plainlyTold.has(name)) return new CelError("no such overload");
  const types = args.map(typeOf);
  const isOperator = name.startsWith("_") || name === "size";
  if (name === "sort" || name.startsWith("@sort")) return new CelError(`no such overload: ${name}`);
  if (name === "flatten") return new CelError(`no such overload: ${types.map(formatType).join(", ")}.flatten()`);
  if (!isOperator) return new CelError(`no such overload: ${name}(${types.map(runtimeTypeName).join(", ")})`);
  const isMeant = (operands[name] ?? ordered).has(types[0]?.kind ?? "");
  return new CelError(isMeant ? "no such overload" : `no such overload: ${name}`);
}

type Test = (value: Value) => boolean;

/** Whether a value is of a type, as far as a value tells; undefined when every value is. */
function testOf(type: Type): Test | undefined {
  switch (type.kind) {
    case "dyn":
    case "any":
    case "param":
    case "error":
      return undefined;
    case "opaque":
      return isOptionalType(type) ? isOptional : (value) => value instanceof Opaque && isNamed(value.type, type.name);
    case "struct":
      return (value) => {
        if (value instanceof Struct) return value.typeName === type.name;
        return value instanceof Opaque ? isNamed(value.type, type.name) : value instanceof MapValue;
      };
    case "wrapper": {
      const inner = testOf(type.of);
      return (value) => value === null || inner === undefined || inner(value);
    }
    case "list": {
      const first = testOf(type.element);
      // As cel-go, which looks at the first element alone.
      return first === undefined ? isList : (value) => isList(value) && (value.size === 0 || first(value.at(0)));
    }
    default:
      return tests[type.kind];
  }
}

function isList(value: Value): value is ListValue {
  return value instanceof ListValue;
}

function isOptional(value: Value): boolean {
  return value instanceof Optional;
}

function isNamed(type: Type, name: string): boolean {
  return (type.kind === "opaque" || type.kind === "struct") && type.name === name;
}

const tests: {
  readonly [kind in Exclude<
    Type["kind"],
    "dyn" | "any" | "param" | "error" | "opaque" | "struct" | "wrapper" | "list"
  >]: Test;
} = {
  null: (value) => value === null,
  bool: (value) => typeof value === "boolean",
  int: (value) => typeof value === "bigint",
  uint: (value) => value instanceof Uint,
  double: (value) => typeof value === "number",
  string: (value) => typeof value === "string",
  bytes: (value) => value instanceof Uint8Array,
  timestamp: (value) => value instanceof Timestamp,
  duration: (value) => value instanceof Duration,
  map: (value) => value instanceof MapValue,
  type: (value) => value instanceof TypeValue,
};
