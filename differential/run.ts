import { asyncProperty, check, nat, array as numbers } from "fast-check";
import { type Answer, answerText, ourAnswers, sameAnswer } from "./answer.ts";
import { OpaServer } from "./opa-server.ts";
import { type Program, program } from "./program.ts";

export interface Counts {
  programs: number;
  /** Programs that the peer itself broke on; they prove nothing. */
  peerBroke: number;
  refused: number;
  failed: number;
  undefinedOrEmpty: number;
  defined: number;
}

export interface DifferentialResult {
  readonly counts: Counts;
  readonly seed: number;
  /** The smallest program on which the sides differ, if they do. */
  readonly mismatch: string | undefined;
}

const packageName = "p";

/** Choices of one program: enough for the longest; unused ones cost nothing. */
const tapeLength = { minLength: 100, maxLength: 900, size: "max" } as const;

/** Compares us with a real OPA on random programs until one differs. */
export async function runDifferential(opa: string, runs: number, seed: number): Promise<DifferentialResult> {
  const server = await OpaServer.start(opa);
  const counts: Counts = { programs: 0, peerBroke: 0, refused: 0, failed: 0, undefinedOrEmpty: 0, defined: 0 };
  let mismatch: string | undefined;
  try {
    const property = asyncProperty(numbers(nat(100_000), tapeLength), async (tape) => {
      const made = program(tape, packageName);
      const difference = await compare(server, made, counts);
      if (difference !== undefined) mismatch = difference;
      return difference === undefined;
    });
    const details = await check(property, { numRuns: runs, seed, endOnFailure: false });
    if (details.failed && mismatch === undefined) throw details.errorInstance;
    return { counts, seed, mismatch };
  } finally {
    server.stop();
  }
}

async function compare(server: OpaServer, made: Program, counts: Counts): Promise<string | undefined> {
  const theirs = await server.answer(made, packageName);
  count(counts, theirs);
  if (theirs === undefined) return undefined;
  const ours = ourAnswers(made, packageName).find((each) => !sameAnswer(each, theirs));
  if (ours === undefined) return undefined;
  return [
    made.module,
    `input: ${JSON.stringify(made.input)}`,
    `data.d: ${JSON.stringify(made.data)}`,
    `opa:       ${answerText(theirs)}`,
    `sallyport: ${answerText(ours)}`,
  ].join("\n");
}

function count(counts: Counts, answer: Answer | undefined): void {
  counts.programs++;
  if (answer === undefined) counts.peerBroke++;
  else if ("refused" in answer) counts.refused++;
  else if ("failed" in answer) counts.failed++;
  else if (answerText(answer) === "{}") counts.undefinedOrEmpty++;
  else counts.defined++;
}
