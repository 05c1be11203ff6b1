/** What one class of requests wants, and may have at least and at most. `target` is no less than `lowerBound`. */
export interface AllocationClass {
  readonly lowerBound: number;
  readonly upperBound: number;
  readonly target: number;
}

export interface Allocation {
  readonly amounts: readonly number[];
  /** The part of its target that each class has which no bound holds back. */
  readonly fairFraction: number;
}

/** Targets below count as much, so that nothing is divided by zero. */
const minTarget = 0.001;

/**
 * Divides `sum` fairly: each class has the same fraction of its target, but for those whose bound is in the way. Undefined where the
 * bounds allow no such sum. https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/1040-priority-and-fairness
 */
export function allocate(sum: number, classes: readonly AllocationClass[]): Allocation | undefined {
  const targets = classes.map(({ target }) => Math.max(target, minTarget));
  const amountsAt = (fraction: number) =>
    classes.map(({ lowerBound, upperBound }, i) =>
      Math.max(lowerBound, Math.min(upperBound, fraction * (targets[i] as number))),
    );
  const sumAt = (fraction: number) => amountsAt(fraction).reduce((total, each) => total + each, 0);
  // Between two neighbours of these fractions the sum rises in a straight line.
  const bends = classes.flatMap(({ lowerBound, upperBound }, i) =>
    [lowerBound, upperBound].map((bound) => bound / (targets[i] as number)),
  );
  const ordered = bends.toSorted((a, b) => a - b);
  const at = ordered.findIndex((fraction) => sumAt(fraction) >= sum);
  const [above, below] = [ordered[at], ordered[at - 1]];
  if (above === undefined) return undefined;
  if (below === undefined) return sumAt(above) > sum ? undefined : { amounts: amountsAt(above), fairFraction: above };
  const [low, high] = [sumAt(below), sumAt(above)];
  const fairFraction = below + ((sum - low) / (high - low)) * (above - below);
  return { amounts: amountsAt(fairFraction), fairFraction };
}
