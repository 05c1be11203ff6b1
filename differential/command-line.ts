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
const rounds = 5;

/** All lines that begin with `part`: what is recorded, and every command with every flag, format and input. */
export function commandLines(part = ""): readonly string[] {
  const recorded = recordedCommands().flatMap((command) => readLines(command).map(({ line }) => line));
  return [...new Set([...recorded, ...madeLines()])].filter((line) => line.startsWith(part));
}

/** Runs lines through a real OPA and through Sallyport. Times, identifiers and places are masked, so are sentences about builtins. */
export async function compareCommandLines(
  file: string,
  lines: readonly string[],
  found: (difference: LineDifference) => void,
): Promise<LineCounts> {
  const theirs = new World(runOpaBinary(file), { longest: Number.POSITIVE_INFINITY });
  const ours = new World(runSallyport, { longest: Number.POSITIVE_INFINITY });
  const known = new Map<string, number>();
  try {
    for (const line of lines) {
      const sallyport = await ours.answer(line);
      const opa = await otherAnswer(theirs, line, sallyport);
      if (opa === undefined) continue;
      const reason = knownReason(line, opa);
      if (reason === undefined) found({ line, opa, sallyport });
      else known.set(reason, (known.get(reason) ?? 0) + 1);
    }
  } finally {
    theirs.close();
    ours.close();
  }
  return { compared: lines.length, known };
}

/** OPA's answer, unless it is the same; where it is not the same each time its lines count in any order. */
async function otherAnswer(world: World, line: string, wanted: Outcome): Promise<Outcome | undefined> {
  const answers: Outcome[] = [];
  for (let round = 0; round < rounds; round++) {
    const answer = await world.answer(line);
    if (isDeepStrictEqual(comparable(answer), comparable(wanted))) return undefined;
    answers.push(answer);
  }
  const varies = answers.some((each) => !isDeepStrictEqual(each, answers[0]));
  const isSame = varies && answers.some((each) => isDeepStrictEqual(unordered(each), unordered(wanted)));
  return isSame ? undefined : answers[0];
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
