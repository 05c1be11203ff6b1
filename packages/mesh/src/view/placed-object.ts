import type { KubeObject } from "@sallyport/kube";

/** An object and where it was read. */
export interface PlacedObject {
  readonly object: KubeObject;
  /** `web.yaml:12`; none of a cluster. */
  readonly place?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: objects of many kinds are looked into, as far as they have what is looked for
export type Fields = any;

/** The group of an object's apiVersion. */
export function groupOf({ object }: PlacedObject): string {
  const [group = "", version] = object.apiVersion.split("/");
  return version === undefined ? "" : group;
}

/** Those of a kind, whatever their version. */
export function ofKind(objects: readonly PlacedObject[], group: string, kind: string): readonly PlacedObject[] {
  return objects.filter((each) => each.object.kind === kind && groupOf(each) === group);
}

/** A list that may be missing, or be anything else, in what people wrote. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "object" && each !== null) : [];
}
