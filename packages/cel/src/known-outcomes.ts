import type { Outcome, Program } from "./program.ts";
import { JsonList } from "./value/json.ts";
import { ListValue, type Value } from "./value/value.ts";

/** What something came to that reads a policy's variables: which ones, by place and in their order, and what they were. */
interface Known<Result> {
  readonly reads: readonly number[];
  readonly values: readonly (Value | undefined)[];
  readonly result: Result;
}

/** Results that are kept: what differs more often is seldom the same again. */
const maxKnown = 4;

/** Results after which none is kept any more where none was ever found again: texts of constraints that all have their own. */
const maxUnused = 2;

/** Elements of a list that are compared: the names of containers, images, capabilities. */
const maxCompared = 16;

/** The value of a variable by its place; undefined where it is not known. */
type Read = (place: number) => Value | undefined;

/** What one thing came to, by the values that it read of a policy's variables. */
export class KnownReads<Result> {
  readonly #known: Known<Result>[] = [];
  #isUsed = false;
  #isGivenUp = false;

  /** `read` answers what would be read, and is asked for no more than that. */
  find(read: Read): Known<Result> | undefined {
    for (let i = 0; i < this.#known.length; i++) {
      const each = this.#known[i] as Known<Result>;
      if (!isAsBefore(each, read)) continue;
      this.#isUsed = true;
      return each;
    }
    return undefined;
  }

  add(result: Result, reads: readonly number[], read: Read): void {
    if (this.#isGivenUp) return;
    if (!this.#isUsed && this.#known.length === maxUnused) {
      this.#isGivenUp = true;
      this.#known.length = 0;
      return;
    }
    if (this.#known.length < maxKnown) this.#known.push({ reads, values: reads.map(read), result });
  }
}

/**
 * What expressions came to on one input, by the values that they read of a policy's variables: thousands of constraints differ in what
 * they exempt, and exempt nothing of an object. Costs depend on nothing else, and are the same too.
 */
export class KnownOutcomes {
  readonly #programs: ReadonlySet<Program>;
  readonly #known = new Map<Program, KnownReads<Outcome>>();

  /** `programs` are those that read nothing but such variables, and what is the same in all evaluations that share the outcomes. */
  constructor(programs: ReadonlySet<Program>) {
    this.#programs = programs;
  }

  find(program: Program, read: Read): Known<Outcome> | undefined {
    return this.#known.get(program)?.find(read);
  }

  /** Keeps an outcome, with the places of the variables that were read, in their order. */
  add(program: Program, outcome: Outcome, reads: readonly number[], read: Read): void {
    if (!this.#programs.has(program)) return;
    const known = this.#known.get(program) ?? new KnownReads<Outcome>();
    this.#known.set(program, known);
    known.add(outcome, reads, read);
  }
}

function isAsBefore({ reads, values }: Known<unknown>, read: Read): boolean {
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
