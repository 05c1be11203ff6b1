import type { KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import type { Engine } from "../engines/engine.ts";
import { within } from "../fault.ts";
import { Framework, type Result } from "../framework.ts";
import { gvkText, kindOf } from "../group-version-kind.ts";
import { isTemplate } from "../template/template.ts";
import { Expander } from "./expander.ts";
import { compareResults, type ExpandedOptions, reviewExpanded } from "./review-expanded.ts";
import type { ReviewNotes, StatisticsEntry } from "./statistics.ts";

/** A violated constraint, and the object that violates it, or implies what does. */
export interface TestedResult extends Result {
  readonly violatingObject: KubeObject;
}

export interface TestObjectsOptions extends Pick<ExpandedOptions, "mutate"> {
  readonly engines: readonly Engine[];
  /** Measures and traces what is reviewed. */
  readonly notes?: ReviewNotes | undefined;
}

export interface TestedObjects {
  /** By enforcement action and message. */
  readonly results: readonly TestedResult[];
  /** Of all reviews; empty without notes. */
  readonly entries: readonly StatisticsEntry[];
  /** Of all reviews; undefined where none was traced. */
  readonly trace: string | undefined;
}

/** All objects under the templates and constraints among them, with all others for inventory. Throws an error of one line. */
export function testObjects(
  objects: readonly KubeObject[],
  { engines, mutate, notes }: TestObjectsOptions,
): TestedObjects {
  const framework = new Framework({ engines });
  for (const each of objects.filter(isTemplate))
    within(`adding template ${JSON.stringify(each.metadata.name ?? "")}`, () => framework.addTemplate(each));
  for (const each of objects.filter(isConstraint))
    within(`adding constraint ${JSON.stringify(each.metadata.name ?? "")}`, () => framework.addConstraint(each));
  for (const each of objects)
    within(`adding data of GVK ${JSON.stringify(gvkText(kindOf(each)))}`, () => framework.inventory.put(each));
  const expander = within("error creating expander", () => new Expander(objects));
  const entries: StatisticsEntry[] = [];
  const traces: string[] = [];
  const results = objects.flatMap((each) => {
    const namespace = expander.namespaceOf(each);
    const found = reviewExpanded(framework, each, { expander, namespace, mutate, watch: notes });
    const noted = notes?.take();
    entries.push(...(noted?.entries ?? []));
    if (noted?.trace !== undefined) traces.push(noted.trace);
    return found.map((result) => ({ ...result, violatingObject: each }));
  });
  return {
    results: results.sort(compareResults),
    entries,
    trace: traces.length === 0 ? undefined : traces.map((text) => `\n\n${text}`).join(""),
  };
}

/** Whether it refuses. */
export function isDenied({ enforcementAction, scopedActions }: Result): boolean {
  return enforcementAction === "deny" || scopedActions.includes("deny");
}
