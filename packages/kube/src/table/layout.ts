import { humanDurationOf } from "../duration.ts";
import type { KubeObject } from "../object.ts";

export type Cell = string | number | boolean | null;

/** How kube-apiserver prints a resource as a table. */
export interface Layout {
  /** `Name/name`, `Ready:integer`: heading, then type and format where they are not `string` and none; `+` stands before what is wide only. */
  readonly columns: readonly string[];
  /** `list` is what the object is listed with; absent where it is shown alone. */
  readonly row: (object: KubeObject, now: number, list?: readonly KubeObject[]) => readonly Cell[];
  /** In which order a list is shown, where it is not the list's own. */
  readonly order?: (a: KubeObject, b: KubeObject) => number;
  /** What is told of a row as a whole. */
  readonly conditions?: (object: KubeObject) => readonly object[] | undefined;
}

/** By group and resource (`apps/deployments`), the core group's by resource alone. */
export type Layouts = { readonly [resource: string]: Layout };

// biome-ignore lint/suspicious/noExplicitAny: rows read a few known fields of many kinds; a wrong one shows as an empty cell
export type Fields = { readonly [field: string]: any };

export function spec(object: KubeObject): Fields {
  return (object["spec"] ?? {}) as Fields;
}

export function status(object: KubeObject): Fields {
  return (object["status"] ?? {}) as Fields;
}

export function nameOf(object: KubeObject): string {
  return object.metadata.name ?? "";
}

export function ageOf(object: KubeObject, now: number): string {
  return humanDurationOf(object.metadata.creationTimestamp, now);
}

/** `a=b,c=d` in order of keys, as labels.FormatLabels. */
export function labelsText(labels: unknown): string {
  const texts = Object.entries((labels ?? {}) as { readonly [key: string]: string }).map((each) => each.join("="));
  // As Go sorts them: with their values, so that `a.b=c` comes before `a=c`.
  return texts.length === 0 ? "<none>" : texts.sort((a, b) => (a < b ? -1 : 1)).join(",");
}

/** metav1.FormatLabelSelector. */
export function selectorText(selector: Fields | undefined): string {
  if (selector === undefined) return "<none>";
  const labels = Object.entries((selector["matchLabels"] ?? {}) as Fields).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  const expressions = ((selector["matchExpressions"] ?? []) as Fields[]).map((each) => ({
    key: each["key"] as string,
    text: expressionText(each),
  }));
  const all = [...labels, ...expressions].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return all.length === 0 ? "<none>" : all.map(({ text }) => text).join(",");
}

function expressionText({ key, operator, values }: Fields): string {
  const list = [...((values ?? []) as string[])].sort().join(",");
  switch (operator) {
    case "In":
      return `${key} in (${list})`;
    case "NotIn":
      return `${key} notin (${list})`;
    case "Exists":
      return `${key}`;
    default:
      return `!${key}`;
  }
}

/** Names and images of a pod template's containers: two cells. */
export function containersOf(template: Fields | undefined): readonly string[] {
  const containers = (template?.["spec"]?.["containers"] ?? []) as Fields[];
  return [containers.map((each) => each["name"]).join(","), containers.map((each) => each["image"]).join(",")];
}

export function sizeOf(value: unknown): number {
  return Object.keys((value ?? {}) as object).length;
}

/** The condition of a type, if it is there. */
export function conditionOf(object: KubeObject, type: string): Fields | undefined {
  return ((status(object)["conditions"] ?? []) as Fields[]).find((each) => each["type"] === type);
}

export function accessModes(modes: unknown): string {
  const short: Fields = { ReadWriteOnce: "RWO", ReadOnlyMany: "ROX", ReadWriteMany: "RWX", ReadWriteOncePod: "RWOP" };
  const order = Object.keys(short);
  const given = [...new Set((modes ?? []) as string[])].sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return given.map((mode) => short[mode] ?? mode).join(",");
}

/** How Go shows a time that was not said: bookmarks have none. */
const zeroTime = "0001-01-01T00:00:00Z";

/** A layout of the name, and when the object was made. */
export const createdAt: Layout = {
  columns: ["Name/name", "Created At:date"],
  row: (object) => [nameOf(object), object.metadata.creationTimestamp ?? zeroTime],
};

/** What counts replicas by itself: ReplicationControllers, and ReplicaSets, whose selectors are written otherwise. */
export function replicasLayout(selector: (selector: Fields | undefined) => string): Layout {
  return {
    columns: [
      "Name/name",
      "Desired:integer",
      "Current:integer",
      "Ready:integer",
      "Age",
      "+Containers",
      "+Images",
      "+Selector",
    ],
    row: (object, now) => [
      nameOf(object),
      spec(object)["replicas"] ?? 0,
      status(object)["replicas"] ?? 0,
      status(object)["readyReplicas"] ?? 0,
      ageOf(object, now),
      ...containersOf(spec(object)["template"]),
      selector(spec(object)["selector"]),
    ],
  };
}
