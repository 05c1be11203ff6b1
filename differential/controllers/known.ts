import type { Difference } from "./run.ts";

interface Known {
  readonly why: string;
  readonly is: (difference: Difference) => boolean;
}

/** What differs rightly, and why. */
const known: readonly Known[] = [];

/** True for a difference that has a reason. */
export function isKnown(difference: Difference): boolean {
  return known.some(({ is }) => is(difference));
}
