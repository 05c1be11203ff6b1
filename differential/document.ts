import type { Tape } from "./tape.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const keys: readonly string[] = ["a", "b", "c", "d e"];

const scalars: readonly Json[] = [1, 2, 0, -1, 3, 1.5, "a", "b", "c", "", "x/y", "2", true, false, null, 100000];

export function scalar(tape: Tape): Json {
  return tape.pick(scalars);
}

/** Small documents over few keys and scalars, so that references often meet something. */
export function document(tape: Tape, depth = 3): Json {
  if (depth === 0) return scalar(tape);
  return tape.choose<Json>([
    () => scalar(tape),
    () => Object.fromEntries(tape.list(4, () => [tape.pick(keys), document(tape, depth - 1)])),
    () => tape.list(4, () => document(tape, depth - 1)),
  ]);
}

export function objectDocument(tape: Tape): Json {
  return Object.fromEntries(keys.slice(0, 3).map((key) => [key, document(tape)]));
}
