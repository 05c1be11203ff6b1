import type { Module, Rule } from "../syntax/ast.ts";
import type { Compiled, RuleNode } from "./compiled.ts";
import type { Globals } from "./globals.ts";
import type { LocalNames } from "./local-names.ts";
import { PackageNames } from "./package-names.ts";
import { PersistentMap } from "./persistent-map.ts";
import { Readers } from "./readers.ts";
import { RuleNames } from "./rule-names.ts";
import { RulePlaces } from "./rule-places.ts";
import { emptyTree } from "./rule-tree.ts";
import type { CompileOptions } from "./stage.ts";
import type { Contribution, RuleTypes } from "./types/check-rules.ts";

/** One module on its way through the stages, and what is kept of it for the next time. */
export interface Built {
  readonly module: Module;
  readonly names: LocalNames;
  readonly globals: Globals;
  /** Rules behind `nameStages`, and behind all stages so far. */
  named: readonly Rule[];
  rules: readonly Rule[];
  /** Questions of stages about other modules. */
  readonly asked: Set<string>;
  /** The annotations of other modules went into it. */
  usesMetadata: boolean;
  /** What its rules add to the types. */
  readonly contributions: ReadonlyMap<Rule, Contribution>;
}

/**
 * What a result keeps for the next compilation and for queries over it. All of it is immutable and shares with the state before what has
 * not changed, so that a module more costs what depends on it, and states that nobody holds any more cost nothing.
 */
export interface CompileState {
  readonly options: CompileOptions;
  /** In the order of modules. */
  readonly built: readonly Built[];
  readonly byFile: PersistentMap<Built>;
  readonly packages: PackageNames;
  readonly names: RuleNames;
  /** What conflicts could come of a change. */
  readonly places: () => RulePlaces;
  /** The files that have asked a question. */
  readonly askers: PersistentMap<PersistentMap<true>>;
  /** The files into which annotations of other modules went. */
  readonly metadataUsers: PersistentMap<true>;
  readonly readers: () => Readers;
  readonly root: RuleNode;
  readonly types: RuleTypes | undefined;
  /** By file, the places where the order of rules matters to types: see `orderedPlaces`. */
  readonly ordered: () => PersistentMap<readonly (readonly string[])[]>;
  /** False where files have one name: nothing is taken over from such a state, nor added to it. */
  readonly hasUniqueFiles: boolean;
}

/** Of no modules. */
export function emptyState(options: CompileOptions): CompileState {
  return {
    options,
    built: [],
    byFile: new PersistentMap(),
    packages: new PackageNames(),
    names: new RuleNames(),
    places: () => new RulePlaces(),
    askers: new PersistentMap(),
    metadataUsers: new PersistentMap(),
    readers: () => new Readers(),
    root: emptyTree(),
    types: undefined,
    ordered: () => new PersistentMap(),
    hasUniqueFiles: true,
  };
}

/** Gone with the result. */
const states = new WeakMap<Compiled, CompileState>();

export function keepState(compiled: Compiled, state: CompileState): void {
  states.set(compiled, state);
}

export function stateOf(compiled: Compiled): CompileState | undefined {
  return states.get(compiled);
}
