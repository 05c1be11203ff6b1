import type { Program } from "./program.ts";

/** Tries for one program: each asks both sides. */
const maxTries = 200;

/** Says of a program whether it still shows what is looked for. */
type Shows = (program: Program) => Promise<boolean>;

/** Makes a program of a tape, if it is one of those that are looked at. */
export type Make = (tape: readonly number[]) => Program | undefined;

/**
 * A smaller program that still shows it: first by shorter tapes of smaller numbers, then without lines of its text.
 * Ends after a fixed number of tries.
 */
export async function shrink(tape: readonly number[], make: Make, shows: Shows): Promise<Program> {
  const budget = { left: maxTries };
  const spending: Shows = async (candidate) => budget.left-- > 0 && (await shows(candidate));
  const small = await shrinkTape(tape, make, spending);
  budget.left = maxTries;
  return shrinkText(make(small) as Program, spending);
}

async function shrinkTape(tape: readonly number[], make: Make, shows: Shows): Promise<readonly number[]> {
  let best = tape;
  const tryTape = async (candidate: readonly number[]) => {
    const made = make(candidate);
    if (made === undefined || !(await shows(made))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length; at += size) {
      while (at < best.length && (await tryTape([...best.slice(0, at), ...best.slice(at + size)])));
      const zeros = best.map((number, i) => (i >= at && i < at + size ? 0 : number));
      if (zeros.some((number, i) => number !== best[i])) await tryTape(zeros);
    }
  }
  return best;
}

async function shrinkText(start: Program, shows: Shows): Promise<Program> {
  let best = start;
  const tryProgram = async (candidate: Program) => {
    if (!(await shows(candidate))) return false;
    best = candidate;
    return true;
  };
  await tryProgram({ ...best, input: "{}" });
  await tryProgram({ ...best, data: "{}" });
  if (best.library !== undefined) await tryProgram({ ...best, library: undefined });
  for (const separator of ["\n\n", "\n"]) {
    for (let at = 1; at < best.module.split(separator).length; ) {
      const parts = best.module.split(separator);
      const without = [...parts.slice(0, at), ...parts.slice(at + 1)].join(separator);
      if (!(await tryProgram({ ...best, module: without }))) at++;
    }
  }
  return best;
}
