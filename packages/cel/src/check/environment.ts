import type { Macro } from "../syntax/macro.ts";
import type { Value } from "../value/value.ts";
import type { Type } from "./type.ts";

/** One way to call a function. */
export interface Overload {
  readonly id: string;
  /** Called on its first argument: `target.name(...)`. */
  readonly isMember: boolean;
  /** The types of all arguments, the target first. */
  readonly args: readonly Type[];
  readonly result: Type;
  /** Undefined for what is only declared: calls of it check, but fail when they are evaluated. */
  readonly run?: Run;
}

/** What an overload does; the values have the kinds of its arguments' types, and none is a `CelError`. */
export type Run = (...args: never[]) => Value;

/** All ways to call a name, in the order in which they are tried. */
export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
}

/** A message or object type. */
export interface StructType {
  readonly name: string;
  /** The type of a field, undefined when there is none. */
  readonly field: (name: string) => Type | undefined;
  /** The type of its values, where that is another: protobuf's wrappers and times are but their contents. */
  readonly type?: Type;
  /** Makes a value of the type; undefined when expressions may not. */
  readonly create?: (fields: ReadonlyMap<string, Value>) => Value;
}

/** A set of functions, types and macros with a name; an environment is a list of them. */
export interface Library {
  readonly name: string;
  readonly functions?: readonly FunctionDeclaration[];
  /** Types that may be named in an expression, such as `net.IP`. */
  readonly types?: readonly Type[];
  readonly macros?: readonly Macro[];
  readonly structs?: (name: string) => StructType | undefined;
  /** Values with a name, such as those of an enum. */
  readonly constants?: (name: string) => Value | undefined;
}

export interface EnvironmentOptions {
  readonly libraries: readonly Library[];
  /** The namespace in which names are looked up first. */
  readonly container?: string;
  readonly variables?: Readonly<Record<string, Type>>;
  /** Whether all elements of a list, and all keys and values of a map, must have one type, as Kubernetes wants. */
  readonly homogeneousLiterals?: boolean;
  /** Whether map literals take keys of any type, and the last value of a key that is repeated, as cel-go does; cel-spec refuses both. */
  readonly lenientMaps?: boolean;
  /** Whether literals of regular expressions, times and durations are checked at once, as Kubernetes does. */
  readonly literalChecks?: boolean;
}

/** What an expression may name: variables, functions, types. Immutable; `extend` makes another. */
export class Environment {
  readonly options: EnvironmentOptions;
  readonly container: string;
  readonly macros: readonly Macro[];
  readonly #functions: ReadonlyMap<string, readonly Overload[]>;
  readonly #types: ReadonlyMap<string, Type>;
  readonly #variables: ReadonlyMap<string, Type>;

  constructor(options: EnvironmentOptions) {
    this.options = options;
    this.container = options.container ?? "";
    this.macros = options.libraries.flatMap(({ macros }) => macros ?? []);
    this.#functions = collectFunctions(options.libraries);
    const types = options.libraries.flatMap((library) => library.types ?? []);
    this.#types = new Map(types.map((type) => [typeName(type), type]));
    this.#variables = new Map(Object.entries(options.variables ?? {}));
  }

  /** This environment with more variables and libraries, or other settings. */
  extend(more: Partial<EnvironmentOptions>): Environment {
    const { libraries = [], variables = {}, ...settings } = more;
    return new Environment({
      ...this.options,
      ...settings,
      libraries: [...this.options.libraries, ...libraries],
      variables: { ...this.options.variables, ...variables },
    });
  }

  overloads(name: string): readonly Overload[] | undefined {
    return this.#functions.get(name);
  }

  variable(name: string): Type | undefined {
    return this.#variables.get(name);
  }

  /** The type that a name denotes. */
  namedType(name: string): Type | undefined {
    const type = this.#types.get(name);
    const struct = type === undefined ? this.struct(name) : undefined;
    return struct === undefined ? type : (struct.type ?? { kind: "struct", name });
  }

  struct(name: string): StructType | undefined {
    for (const { structs } of this.options.libraries) {
      const found = structs?.(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  constant(name: string): Value | undefined {
    for (const { constants } of this.options.libraries) {
      const found = constants?.(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Where a name is looked up, from the inmost namespace out; a leading dot asks the root alone. */
  candidates(name: string): readonly string[] {
    if (name.startsWith(".")) return [name.slice(1)];
    const found: string[] = [];
    for (let space = this.container; space !== ""; space = space.slice(0, Math.max(0, space.lastIndexOf(".")))) {
      found.push(`${space}.${name}`);
    }
    return [...found, name];
  }
}

function collectFunctions(libraries: readonly Library[]): ReadonlyMap<string, readonly Overload[]> {
  const found = new Map<string, Overload[]>();
  for (const { name, overloads } of libraries.flatMap(({ functions }) => functions ?? [])) {
    found.set(name, [...(found.get(name) ?? []), ...overloads]);
  }
  return found;
}

function typeName(type: Type): string {
  switch (type.kind) {
    case "struct":
    case "opaque":
      return type.name;
    case "null":
      return "null_type";
    case "timestamp":
      return "google.protobuf.Timestamp";
    case "duration":
      return "google.protobuf.Duration";
    default:
      return type.kind;
  }
}
