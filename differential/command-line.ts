import { availableParallelism } from "node:os";
import { isDeepStrictEqual } from "node:util";
import {
  readLines,
  recordedCommands,
  runOpaBinary,
  runSallyport,
  World,
} from "../packages/cli/src/opa/command-lines.fixture.ts";
import type { Outcome } from "../packages/cli/src/opa/opa.fixture.ts";
import { madeLines } from "./command-line-grid.ts";
import { knownReason } from "./command-line-known.ts";

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

/** A line that OPA answers otherwise is asked so often, since some of its orders are those of Go's maps. */
const rounds = 3;
/** And so often where what differs is an order: two things may come in the same one many times. */
const roundsOfOrder = 20;

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
      const opa = await otherAnswer(theirs, line, first, sallyport);
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

/** OPA's answer, unless it is the same; where it is not the same each time its lines count in any order. */
async function otherAnswer(world: World, line: string, first: Outcome, wanted: Outcome): Promise<Outcome | undefined> {
  if (isDeepStrictEqual(comparable(first), comparable(wanted))) return undefined;
  const isOrder = isDeepStrictEqual(unordered(first), unordered(wanted));
  let varies = isOrder && hasOpenOrder(line);
  for (let round = 1; !varies && round < (isOrder || hasOpenOrder(line) ? roundsOfOrder : rounds); round++) {
    const answer = await world.answer(line);
    if (isDeepStrictEqual(comparable(answer), comparable(wanted))) return undefined;
    varies = isDeepStrictEqual(unordered(answer), unordered(wanted)) && !isDeepStrictEqual(answer, first);
  }
  return varies ? undefined : first;
}

/** Each test of `opa test` runs in a goroutine of its own, also with `--parallel 1`: they are told in the order in which they end. */
function hasOpenOrder(line: string): boolean {
  return line.startsWith("test ");
}

function unordered(answer: Outcome): Outcome {
  const sorted = (text: string) => text.replaceAll(/,$/gm, "").split("\n").sort().join("\n");
  const { status, out, err } = comparable(answer);
  return { status, out: sorted(out), err: sorted(err) };
}

/** Ours have no sentences about the arguments of builtins. */
function comparable({ status, out, err }: Outcome): Outcome {
  const strip = (text: string) => text.replaceAll(/"description": ?"(?:\\.|[^"\\])*",?\s*/g, "");
  return { status, out: strip(out), err: strip(err) };
}
