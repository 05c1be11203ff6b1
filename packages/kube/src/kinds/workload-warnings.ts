import type { KubeObject } from "../object.ts";
import { nameWarnings, templateWarnings } from "./core/pod-warnings.ts";
import { type Fields, specOf } from "./rules.ts";

/** How a kind tells of its pods' template. */
export interface WorkloadWarnings {
  readonly template?: (object: KubeObject) => Fields | undefined;
  /** Where that lies; both are of `spec.template`, unless said. */
  readonly path?: string;
  /** Its own name stands in the names of pods. */
  readonly namesPods?: boolean;
  /** What counts as another template: another generation, unless said. */
  readonly isChanged?: (object: KubeObject, old: KubeObject) => boolean;
}

/** WarningsOnCreate and WarningsOnUpdate of a kind that makes pods: of a template that is as it was, nothing is said again. */
export function workloadWarnings({
  template = (object) => specOf(object)["template"],
  path = "spec.template",
  namesPods = false,
  isChanged = isNextGeneration,
}: WorkloadWarnings = {}): (object: KubeObject, old: KubeObject | undefined) => readonly string[] {
  return (object, old) => {
    if (old !== undefined) return isChanged(object, old) ? templateWarnings(template(object), path) : [];
    return [
      ...(namesPods ? nameWarnings(object, "Pod names and hostnames") : []),
      ...templateWarnings(template(object), path),
    ];
  };
}

function isNextGeneration(object: KubeObject, old: KubeObject): boolean {
  return object.metadata.generation !== old.metadata.generation;
}
