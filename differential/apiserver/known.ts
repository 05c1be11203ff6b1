import type { Difference } from "./run.ts";

interface Known {
  readonly reason: string;
  readonly is: (difference: Difference) => boolean;
}

/** Differences that stay, each with its reason: none so far. */
const known: readonly Known[] = [];

/** Why a difference stays; undefined for one that is to be mended. */
export function knownReason(difference: Difference): string | undefined {
  return known.find(({ is }) => is(difference))?.reason;
}
