import { isObject, sizeOf, sortedEntries, type Value } from "@sallyport/rego";
import {
  type Answer,
  answerText,
  isOrderOfErrors,
  kindOfAnswer,
  type OurAnswer,
  ourAnswers,
  sameAnswer,
} from "./answer.ts";
import { OpaServer } from "./opa-server.ts";
import { type Program, program } from "./program.ts";
import { repairedTimes } from "./repair.ts";
import { type Make, shrink } from "./shrink.ts";
import { randomTape } from "./tape.ts";

export interface Counts {
  programs: number;
  /** Programs that the peer itself broke on; they prove nothing. */
  peerBroke: number;
  /** One side met an error before it had an answer, the other one an answer before it met the error. */
  orderOfErrors: number;
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
  readonly opa: string;
  readonly programs: number;
  readonly seed: number;
  /** Of each category, so many mismatches are made small. */
  readonly examples?: number;
  /** Called after each thousand programs. */
  readonly progress?: (result: DifferentialResult) => void;
}

const defaultExamples = 2;

/** How often a program that does not compile is tried again. */
const maxRepairs = 3;

/** Compares us with a real OPA on random programs. */
export async function runDifferential(options: DifferentialOptions): Promise<DifferentialResult> {
  const { opa, programs, seed, examples = defaultExamples, progress } = options;
  const server = await OpaServer.start(opa);
  const counts: Counts = { programs: 0, peerBroke: 0, orderOfErrors: 0, refused: 0, failed: 0, empty: 0, defined: 0 };
  const categories = new Map<string, Category>();
  try {
    for (let i = 0; i < programs; i++) {
      const tape = randomTape(seed, i);
      // Repaired programs are made of the tape again, so that a shorter tape shows the same.
      for (let repairs = 0; repairs <= maxRepairs; repairs++) {
        const make: Make = (numbers) => repairedTimes(program(numbers), repairs);
        const made = make(tape);
        if (made === undefined) break;
        const difference = await compare(server, made, counts);
        if (difference.name !== undefined) {
          const category = categoryOf(categories, difference.name);
          category.count++;
          if (category.examples.length < examples)
            category.examples.push(await smallest(server, tape, make, difference.name));
        }
        if (!difference.refused) break;
      }
      if ((i + 1) % 1000 === 0) progress?.({ counts, categories: [...categories.values()] });
    }
    return { counts, categories: [...categories.values()] };
  } finally {
    server.stop();
  }
}

interface Difference {
  /** Undefined when there is none. */
  readonly name: string | undefined;
  readonly text: string;
  readonly refused: boolean;
}

async function compare(server: OpaServer, made: Program, counts?: Counts): Promise<Difference> {
  const theirs = await server.answer(made);
  if (counts !== undefined) count(counts, theirs);
  if (theirs === undefined) return { name: undefined, text: "", refused: false };
  const refused = "refused" in theirs;
  const different = ourAnswers(made).filter(({ answer }) => !sameAnswer(answer, theirs));
  const first = different[0];
  if (different.length > 0 && different.every(({ answer }) => isOrderOfErrors(answer, theirs))) {
    if (counts !== undefined) counts.orderOfErrors++;
    return { name: undefined, text: "", refused };
  }
  if (first === undefined) return { name: undefined, text: "", refused };
  const who = different.map(({ by }) => by).join(" and ");
  return {
    name: `${who}: ${kindOfAnswer(first.answer)}, OPA: ${kindOfAnswer(theirs)}`,
    text: differenceText(made, theirs, different),
    refused,
  };
}

function differenceText(made: Program, theirs: Answer, different: readonly OurAnswer[]): string {
  return [
    ...(made.library === undefined ? [] : [made.library]),
    made.module,
    `input: ${made.input}`,
    `data.d: ${made.data}`,
    `opa: ${answerText(theirs)}`,
    ...different.map(({ by, answer }) => `${by}: ${answerText(answer)}`),
  ].join("\n");
}

async function smallest(server: OpaServer, tape: readonly number[], make: Make, name: string): Promise<string> {
  const small = await shrink(tape, make, async (candidate) => (await compare(server, candidate)).name === name);
  return (await compare(server, small)).text;
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
