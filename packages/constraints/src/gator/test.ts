import type { KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import type { Engine } from "../engines/engine.ts";
import { within } from "../fault.ts";
import { Framework, type Result } from "../framework.ts";
import { gvkText, kindOf } from "../group-version-kind.ts";
import { isTemplate } from "../template/template.ts";
import { Expander } from "./expander.ts";
import { compareResults, type ExpandedOptions, reviewExpanded } from "./review-expanded.ts";

/** A violated constraint, and the object that violates it, or implies what does. */
export interface TestedResult extends Result {
  readonly violatingObject: KubeObject;
}

export interface TestObjectsOptions extends Pick<ExpandedOptions, "mutate"> {
  readonly engines: readonly Engine[];
}

/** All objects under the templates and constraints among them, with all others for inventory; by enforcement action and message. Throws an error of one line. */
export function testObjects(
  objects: readonly KubeObject[],
  { engines, mutate }: TestObjectsOptions,
): readonly TestedResult[] {
  const framework = new Framework({ engines });
  for (const each of objects.filter(isTemplate))
    within(`adding template ${JSON.stringify(each.metadata.name ?? "")}`, () => framework.addTemplate(each));
  for (const each of objects.filter(isConstraint))
    within(`adding constraint ${JSON.stringify(each.metadata.name ?? "")}`, () => framework.addConstraint(each));
  for (const each of objects)
    within(`adding data of GVK ${JSON.stringify(gvkText(kindOf(each)))}`, () => framework.inventory.put(each));
  const expander = within("error creating expander", () => new Expander(objects));
  return objects
    .flatMap((each) =>
      reviewExpanded(framework, each, { expander, namespace: expander.namespaceOf(each), mutate }).map((result) => ({
        ...result,
        violatingObject: each,
      })),
    )
    .sort(compareResults);
}

/** Whether it refuses. */
export function isDenied({ enforcementAction, scopedActions }: Result): boolean {
  return enforcementAction === "deny" || scopedActions.includes("deny");
}
