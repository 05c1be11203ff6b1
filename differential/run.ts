import { isObject, sizeOf, sortedEntries, type Value } from "@sallyport/rego";
import {
  type Answer,
  answerText,
  type Compiled,
  compileProgram,
  kindOfAnswer,
  type OurAnswer,
  ourAnswers,
  sameAnswer,
} from "./answer.ts";
import { isFaultOfOpa, isKnown } from "./known.ts";
import type { Peer } from "./peer.ts";
import { type Program, program } from "./program.ts";
import { repairedOnce, repairedTimes } from "./repair.ts";
import { type Make, shrink } from "./shrink.ts";
import { randomTape } from "./tape.ts";

export interface Counts {
  programs: number;
  /** Programs that the peer itself broke on; they prove nothing. */
  peerBroke: number;
  /** Programs on which OPA answers as we do since a later version, or is at fault in a way that is written down. */
  faultsOfOpa: number;
  /** Programs that do not compile. Without the rules that are at fault they are tried again. */
  refused: number;
  failed: number;
  empty: number;
  defined: number;
}

/** Programs that differ in one way. */
export interface Category {
  readonly name: string;
  count: number;
  /** Small programs that show it, with both answers. */
  readonly examples: string[];
}

export interface DifferentialResult {
  readonly counts: Counts;
  readonly categories: readonly Category[];
}

export interface DifferentialOptions {
  readonly programs: number;
  readonly seed: number;
  /** Of each category, so many mismatches are made small. */
  readonly examples?: number;
  /** Asked about what differs: a fault that OPA has mended since is none of ours. */
  readonly later?: () => Peer | undefined;
  /** Called after each thousand programs. */
  readonly progress?: (result: DifferentialResult) => void;
}

const defaultExamples = 2;

/** How often a program that does not compile is tried again. */
const maxRepairs = 3;

/** Asked at once, so that both sides work at the same time. */
const batchSize = 40;

/** Compares us with a real OPA on random programs. */
export async function runDifferential(peer: Peer, options: DifferentialOptions): Promise<DifferentialResult> {
  const { programs, seed, examples = defaultExamples, progress, later = () => undefined } = options;
  const counts: Counts = { programs: 0, peerBroke: 0, faultsOfOpa: 0, refused: 0, failed: 0, empty: 0, defined: 0 };
  const categories = new Map<string, Category>();
  for (let from = 0; from < programs; from += batchSize) {
    const tapes = Array.from({ length: Math.min(batchSize, programs - from) }, (_, i) => randomTape(seed, from + i));
    for (const { attempt, difference } of await compareAll(peer, tapes.flatMap(attemptsOf), counts)) {
      if (await isOpas(attempt.program, difference.theirs, later)) {
        counts.faultsOfOpa++;
        continue;
      }
      const category = categoryOf(categories, difference.name);
      category.count++;
      if (category.examples.length < examples) category.examples.push(await smallest(peer, attempt, difference.name));
    }
    if ((from + batchSize) % 1000 === 0) progress?.({ counts, categories: [...categories.values()] });
  }
  return { counts, categories: [...categories.values()] };
}

/** A program as we compiled it. */
interface Attempt {
  readonly program: Program;
  readonly compiled: Compiled;
  readonly tape: readonly number[];
  /** Makes the program of the tape, and others of other tapes in the same way. */
  readonly make: Make;
}

/** The program of a tape; while it does not compile, also that without the rules which are at fault. */
function attemptsOf(tape: readonly number[]): readonly Attempt[] {
  const attempts: Attempt[] = [];
  let made: Program | undefined = program(tape);
  for (let repairs = 0; made !== undefined && repairs <= maxRepairs; repairs++) {
    const compiled = compileProgram(made);
    const make: Make = (numbers) => repairedTimes(program(numbers), repairs);
    attempts.push({ program: made, compiled, tape, make });
    made = compiled.policy === undefined ? repairedOnce(made, compiled.diagnostics) : undefined;
  }
  return attempts;
}

/** True where OPA is to blame: in a way that is written down, or that a later OPA has mended. */
async function isOpas(made: Program, theirs: Answer, later: () => Peer | undefined): Promise<boolean> {
  const ours = ourAnswers(made);
  const [first, ...others] = ours.map(({ answer }) => answer);
  const isOne = first !== undefined && others.every((each) => sameAnswer(each, first));
  if (isOne && isFaultOfOpa(made, theirs)) return true;
  const answer = (await later()?.answers([made]))?.[0];
  // Its words are others.
  return answer !== undefined && differenceOf(made, { ...answer, told: undefined } as Answer, ours) === undefined;
}

interface Difference {
  readonly name: string;
  readonly theirs: Answer;
  readonly text: string;
}

async function compareAll(
  peer: Peer,
  attempts: readonly Attempt[],
  counts: Counts,
): Promise<readonly { readonly attempt: Attempt; readonly difference: Difference }[]> {
  const asked = peer.answers(attempts.map((each) => each.program));
  // What was written is sent before our own answers keep this thread.
  await new Promise((resolve) => setImmediate(resolve));
  const ours = attempts.map((each) => ourAnswers(each.program, each.compiled));
  const theirs = await asked;
  return attempts.flatMap((attempt, i) => {
    count(counts, theirs[i]);
    const difference = differenceOf(attempt.program, theirs[i], ours[i] as readonly OurAnswer[]);
    return difference === undefined ? [] : [{ attempt, difference }];
  });
}

function differenceOf(made: Program, theirs: Answer | undefined, ours: readonly OurAnswer[]): Difference | undefined {
  if (theirs === undefined) return undefined;
  const walker = ours.at(-1) as OurAnswer;
  const different = ours.filter((each) => !sameAnswer(each.answer, theirs) && !isKnown(made, each, theirs, walker));
  const first = different[0];
  if (first === undefined) return undefined;
  const who = different.map(({ by }) => by).join(" and ");
  return {
    name: `${who}: ${kindOfAnswer(first.answer)}, OPA: ${kindOfAnswer(theirs)}`,
    theirs,
    text: differenceText(made, theirs, different),
  };
}

function differenceText(made: Program, theirs: Answer, different: readonly OurAnswer[]): string {
  return [
    ...(made.library === undefined ? [] : [made.library]),
    made.module,
    `input: ${made.input}`,
    `data: ${made.data}`,
    ...(made.regoVersion === "v0" ? ["v0"] : []),
    ...(made.strict ? ["strict"] : []),
    `opa: ${answerText(theirs)}`,
    ...different.map(({ by, answer }) => `${by}: ${answerText(answer)}`),
  ].join("\n");
}

async function smallest(peer: Peer, { tape, make }: Attempt, name: string): Promise<string> {
  const differenceNow = async (candidate: Program) =>
    differenceOf(candidate, (await peer.answers([candidate]))[0], ourAnswers(candidate));
  const small = await shrink(tape, make, async (candidate) => (await differenceNow(candidate))?.name === name);
  return (await differenceNow(small))?.text ?? "";
}

function categoryOf(categories: Map<string, Category>, name: string): Category {
  const known = categories.get(name);
  if (known !== undefined) return known;
  const category = { name, count: 0, examples: [] };
  categories.set(name, category);
  return category;
}

function count(counts: Counts, answer: Answer | undefined): void {
  counts.programs++;
  if (answer === undefined) counts.peerBroke++;
  else if ("refused" in answer) counts.refused++;
  else if ("failed" in answer) counts.failed++;
  else if (isEmpty(answer.result)) counts.empty++;
  else counts.defined++;
}

/** True if no rule has anything to say: empty sets and objects are there whatever their bodies say. */
function isEmpty(result: Value | undefined): boolean {
  if (result === undefined || sizeOf(result) === 0) return true;
  return isObject(result) && sortedEntries(result).every(([, value]) => isEmpty(value));
}
