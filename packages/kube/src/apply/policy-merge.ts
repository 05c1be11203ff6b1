import type { KubeObject } from "../object.ts";
import { typedFaultsText } from "./check.ts";
import { isFields } from "./compare.ts";
import { mergeApplied } from "./merge.ts";
import { fieldType, itemType, type Type } from "./type.ts";

/**
 * An object with the apply configuration of a MutatingAdmissionPolicy on top. Whole lists, maps and structs may not stand in it: they
 * would take away what the policy's author did not think of. Answers a text where it does not apply.
 */
export function mergeForPolicy(live: KubeObject, applied: object, type: Type): KubeObject | string {
  const faults = typedFaultsText(applied, type);
  if (faults !== undefined) return `failed to convert patch object to typed object: ${faults}`;
  const atomics = [...atomicsOf(applied, type, "")];
  if (atomics.length > 0)
    return `invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(", ")}`;
  return mergeApplied(live, applied, type) as KubeObject;
}

/** The places of atomic values, as structured-merge-diff writes them: `.spec.nodeSelector`. */
function* atomicsOf(value: unknown, type: Type, path: string): Generator<string> {
  if (Array.isArray(value) && type.kind === "list") {
    if (type.atomic) yield path;
    for (const [index, each] of value.entries()) yield* atomicsOf(each, itemType(type), `${path}[${index}]`);
  } else if (isFields(value) && type.kind === "map") {
    if (type.atomic) yield path;
    for (const [name, each] of Object.entries(value)) {
      const inner = fieldType(type, name);
      if (inner !== undefined) yield* atomicsOf(each, inner, `${path}.${name}`);
    }
  }
}
