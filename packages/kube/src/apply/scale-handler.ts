import type { Json } from "../object.ts";
import { difference, type FieldSet, fieldPath, isEmptySet, isMember } from "./field-set.ts";
import { decodeManagedFields, encodeManagedFields, type Managed, type ManagedFields } from "./managed-fields.ts";

/** The version of every Scale. */
const scaleVersion = "autoscaling/v1";

const replicasOfScale = fieldPath("spec", "replicas");

/** Where each version of a kind keeps its replicas, as names of fields; undefined for a version that has no scale. */
export type ResourcePathMappings = ReadonlyMap<string, readonly string[] | undefined>;

/**
 * Who manages the fields of a Scale: those entries of its object's `managedFields` that have the replicas, as entries of these alone.
 * Upstream's `ScaleHandler.ToSubresource`.
 */
export function toSubresource(entries: unknown, mappings: ResourcePathMappings): readonly Json[] {
  const owners = new Map<string, Managed>();
  for (const [key, entry] of decoded(entries)) {
    const path = mappings.get(entry.apiVersion);
    if (path === undefined || !hasPath(entry.set, path)) continue;
    owners.set(key, { ...entry, apiVersion: scaleVersion, set: replicasOfScale });
  }
  return encodeManagedFields(owners);
}

/**
 * The entries of an object after its Scale was written, of those of the Scale. An updater of the object itself, being of another
 * version than that of the Scale, hands the replicas on to an entry of their own, which has no time. Upstream's `ScaleHandler.ToParent`.
 */
export function toParent(
  entries: unknown,
  scaleEntries: unknown,
  mappings: ResourcePathMappings,
  apiVersion: string,
): readonly Json[] {
  const before = decoded(entries);
  const owners = new Map(decoded(scaleEntries));
  const managed = new Map<string, Managed>();
  for (const [key, entry] of before) {
    if (!mappings.has(entry.apiVersion)) continue;
    const path = mappings.get(entry.apiVersion);
    if (path === undefined || !hasPath(entry.set, path) || owners.delete(key)) {
      managed.set(key, entry);
      continue;
    }
    const set = difference(entry.set, fieldPath(...path));
    if (!isEmptySet(set)) managed.set(key, { ...entry, set });
  }
  const set = fieldPath(...(mappings.get(apiVersion) ?? []));
  for (const [key, entry] of owners)
    if (hasPath(entry.set, ["spec", "replicas"]))
      managed.set(key, { ...entry, apiVersion, time: before.get(key)?.time, set });
  return encodeManagedFields(managed);
}

/** Entries that are malformed are none. */
function decoded(entries: unknown): ManagedFields {
  return decodeManagedFields(entries) ?? new Map();
}

function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const name of path) node = node?.[`f:${name}`];
  return node !== undefined && isMember(node);
}
