import type { Dialect } from "./dialect.ts";
import type { Paths } from "./paths.ts";
import type { Tape } from "./tape.ts";

/** What terms hold that holds terms itself. */
export interface Grammar {
  readonly builtinCall: (scope: Scope) => string;
  readonly body: (scope: Scope, most: number) => readonly string[];
}

/** What a term may name at its place. */
export interface Scope {
  readonly tape: Tape;
  readonly grammar: Grammar;
  readonly dialect: Dialect;
  /** Variables that are bound here. */
  readonly vars: readonly string[];
  /** Rules written so far that may be named: recursion is an error of its own, and one is enough. */
  readonly rules: readonly NamedRule[];
  /** How many terms may still be nested. */
  readonly depth: number;
  /** False where `_` would be unsafe. */
  readonly wildcards: boolean;
  /** What the documents hold. */
  readonly paths: Paths;
  /** True where types and documents are looked at, so that most programs compile and say something. */
  readonly careful: boolean;
  /** Counts new names; shared by the whole module. */
  readonly names: { next: number };
}

export interface NamedRule {
  /** As the module may call it. */
  readonly name: string;
  /** From `data` on. */
  readonly path: string;
  readonly kind: "complete" | "set" | "object" | "function";
  readonly arity: number;
}

export function deeper(scope: Scope): Scope {
  return { ...scope, depth: scope.depth - 1 };
}

export function ground(scope: Scope): Scope {
  return { ...scope, wildcards: false };
}

export function withVars(scope: Scope, ...vars: readonly string[]): Scope {
  return { ...scope, vars: [...scope.vars, ...vars] };
}

/** A literal that goes over the members of a collection, in the words that the dialect has. */
export function someText({ dialect }: Scope, key: string | undefined, value: string, members: string): string {
  if (dialect.in) return `some ${key === undefined ? value : `${key}, ${value}`} in ${members}`;
  // No reference starts with a scalar.
  const from = /^(?:[-\d"`$]|(?:true|false|null)$)/.test(members) ? `[${members}]` : members;
  const operator = value.startsWith("[") ? "=" : ":=";
  return key === undefined ? `${value} ${operator} ${from}[_]` : `some ${key}; ${value} ${operator} ${from}[${key}]`;
}

export function freshName(scope: Scope, prefix = "v"): string {
  return `${prefix}${scope.names.next++}`;
}
