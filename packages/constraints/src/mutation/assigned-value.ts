import { isFields } from "../fields.ts";
import type { Mutable } from "./mutator.ts";

/** `assign` of Assign and AssignMetadata: one of both is there. */
export interface Assigned {
  readonly value?: unknown;
  readonly fromMetadata?: "namespace" | "name";
}

/** Throws an error of one line. */
export function checkAssigned(assign: unknown): Assigned {
  const { value, fromMetadata, externalData } = isFields(assign) ? assign : {};
  const given = [value, fromMetadata, externalData].filter((each) => each !== undefined && each !== null);
  if (given.length !== 1) {
    const must = given.length === 0 ? "must set one of" : "must only set one of";
    throw new Error(`assign ${must} \`externalData\`, \`value\` or \`fromMetadata\`: invalid assign field`);
  }
  if (externalData !== undefined)
    throw new Error("externalData: mutators that ask a Provider are not supported; set `value` or `fromMetadata`");
  if (fromMetadata === undefined) return { value };
  const field = isFields(fromMetadata) ? fromMetadata["field"] : undefined;
  if (field !== "namespace" && field !== "name")
    throw new Error(`field ${String(field ?? "")} is not recognized: invalid fromMetadata field`);
  return { fromMetadata: field };
}

export function assignedValue({ value, fromMetadata }: Assigned, { object: { metadata } }: Mutable): unknown {
  return fromMetadata === undefined ? value : (metadata[fromMetadata] ?? "");
}
