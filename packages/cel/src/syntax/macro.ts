import type { Expr } from "./ast.ts";
import type { Builder } from "./builder.ts";

/** A call that is rewritten when it is parsed. */
export interface Macro {
  readonly name: string;
  readonly isReceiver: boolean;
  /** Undefined takes any number. */
  readonly argCount: number | undefined;
  /** The expression instead of the call; a fault, at the node `at` or else at the call; undefined leaves the call as it is. */
  readonly expand: (call: MacroCall) => Expr | MacroFault | undefined;
}

export interface MacroCall {
  readonly builder: Builder;
  readonly offset: number;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
}

export interface MacroFault {
  readonly fault: string;
  readonly at?: Expr;
}

/** The variable in which a fold gathers; no user can write such a name. */
export const ACCUMULATOR = "@result";

/** A simple name as a macro wants it for its variable; undefined when the argument is anything else. */
export function variableName(arg: Expr | undefined): string | undefined {
  return arg?.kind === "ident" && !arg.name.startsWith(".") ? arg.name : undefined;
}
