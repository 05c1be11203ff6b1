import { celEngine, Framework, type Review, regoEngine, reviewOfObject } from "@sallyport/constraints";
import { createEffects } from "@sallyport/effects";
import type { KubeObject } from "@sallyport/kube";
import { type LibraryPolicy, repeated } from "./policies.ts";

/** Reviews a second on one core, with so many constraints. */
export interface ReviewRates {
  readonly constraints: number;
  /** Templates in Rego alone. */
  readonly rego: number;
  /** Templates that have CEL in CEL, as a webhook has them. */
  readonly cel: number;
  /** `opa bench` of the same; undefined where it was not measured. */
  readonly opa?: number;
}

const warmMs = 1500;
const roundMs = 3000;

/** Reviews of these objects by all templates and so many constraints. */
export function measureReviews(
  policies: readonly LibraryPolicy[],
  count: number,
  objects: readonly KubeObject[],
): ReviewRates {
  const rego = () => regoEngine({ effects: createEffects() });
  const rate = (engines: Parameters<typeof framework>[1]) => rateOf(framework(policies, engines, count), objects);
  return { constraints: count, rego: rate([rego()]), cel: rate([celEngine(), rego()]) };
}

function framework(
  policies: readonly LibraryPolicy[],
  engines: ConstructorParameters<typeof Framework>[0]["engines"],
  count: number,
): Framework {
  const made = new Framework({ engines });
  for (const { template } of policies) made.addTemplate(template);
  for (const each of repeated(policies, count)) made.addConstraint(each);
  return made;
}

/** By the clock, as `opa bench` has it: who else is busy beside us slows both. */
function rateOf(made: Framework, objects: readonly KubeObject[]): number {
  const reviews = objects.map((each): Review => {
    const review = reviewOfObject(each, { source: "Original" });
    return { ...review, request: { ...review.request, operation: "CREATE" } };
  });
  const round = (ms: number): number => {
    const started = performance.now();
    let done = 0;
    while (performance.now() < started + ms)
      for (const review of reviews) {
        made.review(review, "validation.gatekeeper.sh");
        done++;
      }
    return done / ((performance.now() - started) / 1000);
  };
  round(warmMs);
  return round(roundMs);
}
