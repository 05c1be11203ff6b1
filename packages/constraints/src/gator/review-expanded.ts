import type { KubeObject } from "@sallyport/kube";
import { within } from "../fault.ts";
import { compareTexts } from "../fields.ts";
import type { Framework, Result } from "../framework.ts";
import { objectText } from "../group-version-kind.ts";
import type { Source } from "../match/match.ts";
import { reviewOfObject } from "../review.ts";
import type { ReviewWatch } from "../review-watch.ts";
import type { Expander } from "./expander.ts";

export interface ExpandedOptions {
  /** Without one the object implies nothing. */
  readonly expander: Expander | undefined;
  /** The one that the object lies in, where it is known. */
  readonly namespace: KubeObject | undefined;
  /** The object is reviewed as mutators leave it: gator reviews it as it is. */
  readonly mutate: boolean;
  readonly watch?: ReviewWatch | undefined;
}

/** What constraints say of an object, and of what it implies, as gator tells it. Throws an error of one line. */
export function reviewExpanded(
  framework: Framework,
  object: KubeObject,
  { expander, namespace, mutate, watch }: ExpandedOptions,
): readonly Result[] {
  const review = (reviewed: KubeObject, source: Source, what: string) =>
    within(`reviewing ${what}${objectText(reviewed)}`, () =>
      framework.review(reviewOfObject(reviewed, { namespace, source }), "gator.gatekeeper.sh", watch),
    );
  const own = review(mutate && expander !== undefined ? expander.mutate(object) : object, "Original", "");
  if (expander === undefined) return own;
  const resultants = within(`expanding resource ${object.metadata.name ?? ""}`, () => expander.expand(object));
  const implied = resultants.flatMap(({ object: made, template, enforcementAction }) =>
    review(made, "Generated", "expanded resource ").map((result) => ({
      ...result,
      msg: `[Implied by ${template}] ${result.msg}`,
      enforcementAction: enforcementAction || result.enforcementAction,
    })),
  );
  return [...own, ...implied];
}

/** The order in which gator tells results. */
export function compareResults(a: Result, b: Result): number {
  return compareTexts(a.enforcementAction, b.enforcementAction) || compareTexts(a.msg, b.msg);
}
