import type { Outcome, Program } from "./program.ts";
import { JsonList } from "./value/json.ts";
import { ListValue, type Value } from "./value/value.ts";

/** An evaluation: which variables it read, by place, in their order, what they were, and what it came to. */
interface KnownOutcome {
  readonly reads: readonly number[];
  readonly values: readonly Value[];
  readonly outcome: Outcome;
}

/** Outcomes of one expression that are kept: what differs more often is seldom the same again. */
const maxKnown = 4;

/** Elements of a list that are compared: the names of containers, images, capabilities. */
const maxCompared = 16;

/**
 * What expressions came to on one input, by the values that they read of a policy's variables: thousands of constraints differ in what
 * they exempt, and exempt nothing of an object. Costs depend on nothing else, and are the same too.
 */
export class KnownOutcomes {
  readonly #programs: ReadonlySet<Program>;
  readonly #known = new Map<Program, KnownOutcome[]>();

  /** `programs` are those that read nothing but such variables, and what is the same in all evaluations that share the outcomes. */
  constructor(programs: ReadonlySet<Program>) {
    this.#programs = programs;
  }

  /** `read` answers what the expression would read, and is asked for no more than that; undefined where that is not known. */
  find(program: Program, read: (place: number) => Value | undefined): Outcome | undefined {
    const known = this.#known.get(program);
    if (known === undefined) return undefined;
    for (const each of known) if (isAsBefore(each, read)) return each.outcome;
    return undefined;
  }

  /** Keeps an outcome, with the places of the variables that were read, in their order. */
  add(program: Program, outcome: Outcome, reads: readonly number[], read: (place: number) => Value): void {
    if (!this.#programs.has(program)) return;
    const known = this.#known.get(program) ?? [];
    if (known.length === 0) this.#known.set(program, known);
    if (known.length < maxKnown) known.push({ reads, values: reads.map(read), outcome });
  }
}

function isAsBefore({ reads, values }: KnownOutcome, read: (place: number) => Value | undefined): boolean {
  // What is read first is always the same variable, and what is read next depends on what that was.
  for (let i = 0; i < reads.length; i++) if (!isSame(values[i], read(reads[i] as number))) return false;
  return true;
}

/** Whether nothing can tell two values apart; where that takes long to see, they are taken for different. */
function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (Object.is(a, b)) return true;
  if (!(a instanceof ListValue) || !(b instanceof ListValue)) return false;
  if (a.size !== b.size || a.size > maxCompared || hasShape(a) || hasShape(b)) return false;
  for (let i = 0; i < a.size; i++) if (!Object.is(a.at(i), b.at(i))) return false;
  return true;
}

/** A schema says how such a list is compared and grows. */
function hasShape(list: ListValue): boolean {
  return list instanceof JsonList && list.shape !== undefined;
}
