import type { Module, Rule } from "../syntax/ast.ts";
import type { Compiled } from "./compiled.ts";
import type { Globals } from "./globals.ts";
import type { LocalNames } from "./local-names.ts";
import type { CompileOptions } from "./stage.ts";
import type { RuleTypes } from "./types/check-rules.ts";

/** What is kept of one module for the next time. */
export interface Built {
  readonly module: Module;
  readonly names: LocalNames;
  readonly globals: Globals;
  /** The package's rule names at that time. */
  readonly exports: string;
  /** Rules behind `nameStages`, and behind all stages so far. */
  named: readonly Rule[];
  rules: readonly Rule[];
  /** Questions of stages about other modules, and the answers they were given. */
  readonly asked: Map<string, string>;
  /** The annotations of all modules went into it. */
  usesMetadata: boolean;
}

/** What a result keeps for the next compilation and for queries over it. */
export interface CompileState {
  readonly options: CompileOptions;
  readonly built: ReadonlyMap<Module, Built>;
  readonly types: RuleTypes;
}

/** Gone with the result. */
const states = new WeakMap<Compiled, CompileState>();

export function keepState(compiled: Compiled, state: CompileState): void {
  states.set(compiled, state);
}

export function stateOf(compiled: Compiled): CompileState | undefined {
  return states.get(compiled);
}
