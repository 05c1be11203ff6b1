import {
  type ExternalDataRef,
  isPlaceholder,
  placeholderFor,
  placeholderOver,
  readExternalData,
} from "../external-data/placeholder.ts";
import { isFields } from "../fields.ts";
import type { Draft } from "./change.ts";
import type { Mutable } from "./mutator.ts";

/** `assign` of Assign and AssignMetadata: one of both is there. */
export interface Assigned {
  readonly value?: unknown;
  readonly fromMetadata?: "namespace" | "name";
  readonly externalData?: ExternalDataRef;
}

/** Throws an error of one line. */
export function checkAssigned(assign: unknown): Assigned {
  const { value, fromMetadata, externalData } = isFields(assign) ? assign : {};
  const given = [value, fromMetadata, externalData].filter((each) => each !== undefined && each !== null);
  if (given.length !== 1) {
    const must = given.length === 0 ? "must set one of" : "must only set one of";
    throw new Error(`assign ${must} \`externalData\`, \`value\` or \`fromMetadata\`: invalid assign field`);
  }
  if (isFields(externalData)) return { externalData: readExternalData(externalData) };
  if (fromMetadata === undefined) return { value };
  const field = isFields(fromMetadata) ? fromMetadata["field"] : undefined;
  if (field !== "namespace" && field !== "name")
    throw new Error(`field ${String(field ?? "")} is not recognized: invalid fromMetadata field`);
  return { fromMetadata: field };
}

/** Of external data a placeholder. */
export function assignedValue(
  { value, fromMetadata, externalData }: Assigned,
  { object: { metadata }, username }: Mutable,
): unknown {
  if (externalData !== undefined)
    return placeholderFor(externalData, externalData.dataSource === "Username" ? username : "");
  return fromMetadata === undefined ? value : (metadata[fromMetadata] ?? "");
}

/** Sets a field; what a Provider is to tell is asked for what stands there, where something does. Throws an error of one line. */
export function setAssigned(holder: Draft, field: string, value: unknown): void {
  const isOver = isPlaceholder(value) && Object.hasOwn(holder, field);
  holder[field] = isOver ? placeholderOver(value, holder[field]) : structuredClone(value);
}
