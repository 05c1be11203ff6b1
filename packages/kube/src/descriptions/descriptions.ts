import type { Schema } from "../schema.ts";
import { fieldDescriptions } from "./fields.ts";
import { kindDescriptions } from "./kinds.ts";

/** Fields that objects and lists of every kind have. */
export const commonFields: { readonly [field: string]: string } = {
  apiVersion: "The group and version that the object is written in.",
  kind: "What the object is; the URL says it too, so that a client need not.",
  metadata: "What all objects have: name, namespace, labels and others.",
  spec: "What is wanted.",
  status: "What is at the moment; written by the system.",
};

/** The fields by which `$ref` names a type of the API: `core.v1.Pod`, and of all that is shared, its name alone. */
function keyOf(name: string): string {
  return name.startsWith("io.k8s.api.") ? name.slice("io.k8s.api.".length) : (name.split(".").at(-1) ?? name);
}

/** What a type is, for people; undefined where nothing is said. Own words, see `kinds.ts` and `fields.ts`. */
export function describeType(name: string, { g: kind }: Schema): string | undefined {
  const known = fieldDescriptions[keyOf(name)]?.[""];
  if (known !== undefined || kind === undefined) return known;
  const item = itemKind(kind.kind);
  return item === undefined ? kindDescriptions[kind.kind] : `${kind.kind} is a list of ${plural(item)}.`;
}

/** What a field of a type is. */
export function describeField(name: string, { g: kind }: Schema, field: string): string | undefined {
  const known = fieldDescriptions[keyOf(name)]?.[field];
  if (known !== undefined || kind === undefined) return known;
  const item = itemKind(kind.kind);
  if (item !== undefined && field === "items") return `List of ${plural(item).toLowerCase()}.`;
  return item !== undefined && field === "metadata" ? "What the list tells of itself." : commonFields[field];
}

/** `Pod` of `PodList`. */
function itemKind(kind: string): string | undefined {
  return kind.endsWith("List") ? kind.slice(0, -"List".length) : undefined;
}

function plural(kind: string): string {
  if (/(s|x|ch)$/.test(kind)) return kind === "Endpoints" ? kind : `${kind}es`;
  return kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}
