import { humanDurationOf } from "../duration.ts";
import type { KubeObject } from "../object.ts";
import type { CustomVersion, PrinterColumn } from "../structural/custom-version.ts";
import { compileJsonPath } from "./json-path.ts";
import type { Cell } from "./layout.ts";

/** meta.k8s.io/v1 TableColumnDefinition. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 always, 1 with `-o wide`. */
  readonly priority: number;
}

const nameColumn: TableColumn = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  priority: 0,
};

/** What is shown beside the name where a definition lists no columns. */
const ageColumn: PrinterColumn = {
  name: "Age",
  type: "date",
  description:
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  jsonPath: ".metadata.creationTimestamp",
};

/** How custom objects are printed: their name, and the columns that their definition lists. */
export interface CustomLayout {
  readonly columns: readonly TableColumn[];
  readonly row: (object: KubeObject, now: number) => readonly Cell[];
}

export function customLayout({ columns }: CustomVersion): CustomLayout {
  const printed = columns.length === 0 ? [ageColumn] : columns;
  const cells = printed.map(({ jsonPath, type }) => ({ find: compileJsonPath(jsonPath), type }));
  return {
    columns: [nameColumn, ...printed.map(columnOf)],
    row: (object, now) => [
      object.metadata.name ?? "",
      ...cells.map(({ find, type }) => cellOf(find?.(object)[0], type, now)),
    ],
  };
}

function columnOf({ name, type, format = "", description, priority = 0, jsonPath }: PrinterColumn): TableColumn {
  const told = description || `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return { name, type, format, description: told, priority };
}

function cellOf(value: unknown, type: string, now: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? ageText(value, now) : null;
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

function ageText(value: string, now: number): string {
  return Number.isNaN(Date.parse(value)) ? "<invalid>" : humanDurationOf(value, now);
}
