import type { KubeObject } from "../object.ts";
import { templateWarnings } from "./core/pod-warnings.ts";
import { dns1123Label } from "./formats.ts";
import type { Fields, KindRules } from "./rules.ts";

/** How a kind tells of its pods' template. */
export interface WorkloadWarnings {
  readonly template: (object: KubeObject) => Fields | undefined;
  /** `spec.template`. */
  readonly path: string;
  /** Its own name stands in the names of pods. */
  readonly namesPods?: boolean;
  /** What counts as another template: another generation, unless said. */
  readonly isChanged?: (object: KubeObject, old: KubeObject) => boolean;
}

/** WarningsOnCreate and WarningsOnUpdate of a kind that makes pods: of a template that is as it was, nothing is said again. */
export function workloadWarnings({
  template,
  path,
  namesPods = false,
  isChanged = isNextGeneration,
}: WorkloadWarnings): NonNullable<KindRules["warnings"]> {
  return (object, old) => {
    if (old !== undefined) return isChanged(object, old) ? templateWarnings(template(object), path) : [];
    return [...(namesPods ? nameWarnings(object) : []), ...templateWarnings(template(object), path)];
  };
}

function isNextGeneration(object: KubeObject, old: KubeObject): boolean {
  return object.metadata.generation !== old.metadata.generation;
}

function nameWarnings({ metadata }: KubeObject): readonly string[] {
  const advice = dns1123Label(metadata.name ?? "");
  return advice.length === 0
    ? []
    : [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${advice.join(" ")}]`,
      ];
}
