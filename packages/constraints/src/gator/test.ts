import type { KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import type { Engine } from "../engines/engine.ts";
import { FrameworkError } from "../fault.ts";
import { Framework, type Result } from "../framework.ts";
import type { Source } from "../match/match.ts";
import { reviewOfObject } from "../review.ts";
import { isTemplate } from "../template/template.ts";
import { Expander } from "./expander.ts";

/** A violated constraint, and the object that violates it, or implies what does. */
export interface TestedResult extends Result {
  readonly violatingObject: KubeObject;
}

export interface TestObjectsOptions {
  readonly engines: readonly Engine[];
  /** Objects are reviewed as mutators leave them: gator reviews them as they are. */
  readonly mutate: boolean;
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
    within(`adding data of GVK ${JSON.stringify(gvkText(each))}`, () => framework.inventory.put(each));
  const expander = within("error creating expander", () => new Expander(objects));
  return objects
    .flatMap((each) => reviewObject(each, framework, expander, mutate))
    .sort((a, b) => order(a.enforcementAction, b.enforcementAction) || order(a.msg, b.msg));
}

function reviewObject(
  object: KubeObject,
  framework: Framework,
  expander: Expander,
  mutate: boolean,
): readonly TestedResult[] {
  const namespace = expander.namespaceOf(object);
  const review = (reviewed: KubeObject, source: Source, what: string) =>
    within(
      `reviewing ${what}${gvkText(reviewed)} ${reviewed.metadata.namespace ?? ""}/${reviewed.metadata.name ?? ""}`,
      () => framework.review(reviewOfObject(reviewed, { namespace, source }), "gator.gatekeeper.sh"),
    );
  const own = review(mutate ? expander.mutate(object) : object, "Original", "");
  const name = object.metadata.name ?? "";
  const resultants = within(`expanding resource ${name}`, () => expander.expand(object));
  const implied = resultants.flatMap(({ object: made, template, enforcementAction }) =>
    review(made, "Generated", "expanded resource ").map((result) => ({
      ...result,
      msg: `[Implied by ${template}] ${result.msg}`,
      enforcementAction: enforcementAction || result.enforcementAction,
    })),
  );
  return [...own, ...implied].map((result) => ({ ...result, violatingObject: object }));
}

/** Whether it refuses. */
export function isDenied({ enforcementAction, scopedActions }: Result): boolean {
  return enforcementAction === "deny" || scopedActions.includes("deny");
}

function gvkText({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

function within<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const text = `${what}: ${(error as Error).message}`;
    throw error instanceof FrameworkError ? new FrameworkError(error.kind, text) : new Error(text);
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
