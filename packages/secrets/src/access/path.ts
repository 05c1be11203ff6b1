import type { Closure, Derivation } from "./closure.ts";
import type { Edit } from "./edit.ts";
import { factText } from "./facts.ts";
import type { Right } from "./rights.ts";
import type { Identity, World } from "./world.ts";

/** One step of a path. */
export interface Step {
  /** The name of the way. */
  readonly way: string;
  /** What it needs: names of facts, first of all of who acts. */
  readonly from: readonly string[];
  /** What is had by it; `the value` at the end. */
  readonly to: string;
  /** What is done, in plain words. */
  readonly text: string;
  /** The rules that allow it. */
  readonly by: readonly Right[];
  /** What must be so, beside the rules. */
  readonly when?: string;
}

/** A chain from a subject to what was asked for: no step can be left out. */
export interface Path {
  readonly steps: readonly Step[];
  /** What cuts it; nothing does where no rule is behind it, as for `system:masters`. */
  readonly edit?: Edit;
  /** The group that the subject has the first step by, where it is not its own. */
  readonly throughGroup?: string;
}

/** The steps that led to the goal, each behind those that it needs. */
export function stepsToGoal({ derivations }: Closure): readonly Step[] {
  const steps = new Map<string, Step>();
  const visit = (key: string) => {
    const derivation = derivations.get(key);
    if (derivation === undefined || steps.has(key)) return;
    for (const each of derivation.from) visit(each);
    steps.set(key, stepOf(derivation));
  };
  visit(factText({ kind: "goal" }));
  return [...steps.values()];
}

function stepOf({ way, from, to, text, by, when }: Derivation): Step {
  return { way, from, to: factText(to), text, by, ...(when === undefined ? {} : { when }) };
}

/** The rules of its own by which a subject takes the first step that needs any. */
export function ownRights(world: World, subject: Identity, steps: readonly Step[]): readonly Right[] {
  const start = factText({ kind: "identity", identity: subject });
  const known = new Set(world.grants);
  const first = steps.find(({ from, by }) => from[0] === start && by.some(({ grant }) => known.has(grant)));
  return first?.by.filter(({ grant }) => known.has(grant)) ?? [];
}
