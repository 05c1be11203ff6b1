import { availableParallelism } from "node:os";
import {
  readLines,
  recordedCommands,
  runOpaBinary,
  runSallyport,
  World,
} from "../packages/cli/src/opa/command-lines.fixture.ts";
import type { Outcome } from "../packages/cli/src/opa/opa.fixture.ts";
import { knownReason } from "./command-line-known.ts";
import { madeLines } from "./command-lines/all.ts";
import { otherAnswer } from "./other-answer.ts";

export interface LineDifference {
  readonly line: string;
  readonly opa: Outcome;
  readonly sallyport: Outcome;
}

export interface LineCounts {
  readonly compared: number;
  /** Lines that differ for a reason that is written down, by that reason. */
  readonly known: ReadonlyMap<string, number>;
}

/** All lines that begin with `part`: what is recorded, and every command with every flag, format and input. */
export function commandLines(part = ""): readonly string[] {
  const recorded = recordedCommands().flatMap((command) => readLines(command).map(({ line }) => line));
  return [...new Set([...recorded, ...madeLines()])].filter((line) => line.startsWith(part));
}

/** So many processes of OPA run at once. */
const peers = Math.max(2, availableParallelism());

/**
 * Runs lines through a real OPA and through Sallyport, which answers them one by one in this process. Times, identifiers and places
 * are masked, so are sentences about builtins.
 */
export async function compareCommandLines(
  file: string,
  lines: readonly string[],
  found: (difference: LineDifference) => void,
): Promise<LineCounts> {
  const ours = new World(runSallyport, { longest: Number.POSITIVE_INFINITY });
  const known = new Map<string, number>();
  const inTurn = createTurns();
  const left = lines.values();
  const compareLines = async (): Promise<void> => {
    const theirs = new World(runOpaBinary(file), { longest: Number.POSITIVE_INFINITY });
    for (const line of left) {
      const [first, sallyport] = await Promise.all([theirs.answer(line), inTurn(() => ours.answer(line))]);
      const opa = await otherAnswer(() => theirs.answer(line), {
        first,
        wanted: sallyport,
        hasOpenOrder: hasOpenOrder(line),
      });
      if (opa === undefined) continue;
      const reason = knownReason(line, opa);
      if (reason === undefined) found({ line, opa, sallyport });
      else known.set(reason, (known.get(reason) ?? 0) + 1);
    }
    theirs.close();
  };
  await Promise.all(Array.from({ length: peers }, compareLines));
  ours.close();
  return { compared: lines.length, known };
}

/** Runs what it is given one after the other. */
function createTurns(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const mine = last.then(run);
    last = mine.catch(() => {});
    return mine;
  };
}

/** Each test of `opa test` runs in a goroutine of its own, also with `--parallel 1`: they are told in the order in which they end. */
function hasOpenOrder(line: string): boolean {
  return line.startsWith("test ");
}
