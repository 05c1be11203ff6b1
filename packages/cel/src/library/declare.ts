import type { FunctionDeclaration, Overload, Run } from "../check/environment.ts";
import type { Type } from "../check/type.ts";

/** A function that is called by its name alone. */
export function global(id: string, args: readonly Type[], result: Type, run?: Run): Overload {
  return { id, isMember: false, args, result, ...(run === undefined ? {} : { run }) };
}

/** A function that is called on its first argument. */
export function member(id: string, args: readonly Type[], result: Type, run?: Run): Overload {
  return { id, isMember: true, args, result, ...(run === undefined ? {} : { run }) };
}

export function declare(name: string, ...overloads: readonly Overload[]): FunctionDeclaration {
  return { name, overloads };
}
