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

type Index = ReadonlyMap<string, readonly PlacedObject[]>;

/** Each list of objects is asked for its kinds many times, and never changed. */
const indexes = new WeakMap<readonly PlacedObject[], Index>();

/** Those of a kind, whatever their version. */
export function ofKind(objects: readonly PlacedObject[], group: string, kind: string): readonly PlacedObject[] {
  const index = indexes.get(objects) ?? indexOf(objects);
  return index.get(`${group}/${kind}`) ?? [];
}

function indexOf(objects: readonly PlacedObject[]): Index {
  const index = Map.groupBy(objects, (each) => `${groupOf(each)}/${each.object.kind}`);
  indexes.set(objects, index);
  return index;
}

/** A list that may be missing, or be anything else, in what people wrote. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "object" && each !== null) : [];
}
