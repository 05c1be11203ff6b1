import type { KubeObject } from "../object.ts";
import type { CustomVersion } from "../structural/custom-version.ts";
import { clusterLayouts } from "./cluster.ts";
import { coreLayouts } from "./core.ts";
import { customLayout, type TableColumn } from "./custom.ts";
import { ageOf, type Layout, type Layouts, nameOf } from "./layout.ts";
import { partialMetadata } from "./partial-metadata.ts";
import { storageLayouts } from "./storage.ts";
import { workloadLayouts } from "./workloads.ts";

const generic: Layout = { columns: ["Name/name", "Age"], row: (object, now) => [nameOf(object), ageOf(object, now)] };

/** Column layouts of kube-apiserver's printers. Others show name and age. */
const layouts: Layouts = { ...coreLayouts, ...workloadLayouts, ...clusterLayouts, ...storageLayouts };

/** meta.k8s.io/v1 Table of a list of objects, or of one alone; `include` says how much of each object goes with its row. */
export function tableOf(
  group: string,
  resource: string,
  shown: readonly KubeObject[] | KubeObject,
  now: number,
  include: "Metadata" | "None" | "Object" = "Metadata",
  custom?: CustomVersion,
): { readonly [field: string]: unknown } {
  const layout: Pick<Layout, "row" | "order" | "conditions"> & { readonly columns: readonly TableColumn[] } =
    custom === undefined ? builtinLayout(group, resource) : customLayout(custom);
  const list = Array.isArray(shown) ? (shown as readonly KubeObject[]) : undefined;
  const objects = list ?? [shown as KubeObject];
  const rows = (layout.order === undefined ? objects : objects.toSorted(layout.order)).map((object) => {
    const conditions = layout.conditions?.(object);
    const more = conditions === undefined ? {} : { conditions };
    return { cells: layout.row(object, now, list), ...more, object: partOf(object, include, group, resource) };
  });
  const columnDefinitions = layout.columns;
  // Who has no printer of his own has no list of rows where nothing is in it.
  if (rows.length === 0 && custom === undefined && !isPrinted(group, resource))
    return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata: {}, columnDefinitions, rows: null };
  return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata: {}, columnDefinitions, rows };
}

function layoutName(group: string, resource: string): string {
  return group === "" ? resource : `${group}/${resource}`;
}

function isPrinted(group: string, resource: string): boolean {
  return layouts[layoutName(group, resource)] !== undefined;
}

function builtinLayout(group: string, resource: string) {
  const { columns, ...layout } = layouts[layoutName(group, resource)] ?? generic;
  return { ...layout, columns: columns.map(columnOf) };
}

function columnOf(written: string): TableColumn {
  const [, wide, name = "", type = "string", format = ""] =
    /^(\+?)([^:/]+(?:\([a-z]\))?)(?::(\w+))?(?:\/(\w+))?$/.exec(written) ?? [];
  return { name, type, format, description: "", priority: wide === "+" ? 1 : 0 };
}

function partOf(object: KubeObject, include: "Metadata" | "None" | "Object", group: string, resource: string): unknown {
  if (include === "Object") return object;
  if (include === "None") return null;
  const metadata = partialMetadata(object, group, resource);
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}
