import { StatusError } from "../status.ts";
import { appliedFields, type Comparison, compareValues, isSameValue } from "./compare.ts";
import {
  difference,
  differenceBelow,
  type FieldSet,
  intersection,
  isEmptySet,
  leaf,
  pathsOf,
  union,
} from "./field-set.ts";
import { capped, keyOf, type Managed, type ManagedFields, type ManagerId, withSet } from "./managed-fields.ts";
import { mergeApplied } from "./merge.ts";
import { removeFields, withNamedFields } from "./remove.ts";
import type { Type } from "./type.ts";

/** Fields that are nobody's: what names an object, and what the server alone writes. */
const unowned: FieldSet = {
  "f:apiVersion": leaf,
  "f:kind": leaf,
  "f:metadata": {
    ".": leaf,
    "f:name": leaf,
    "f:namespace": leaf,
    "f:creationTimestamp": leaf,
    "f:selfLink": leaf,
    "f:uid": leaf,
    "f:clusterName": leaf,
    "f:generation": leaf,
    "f:managedFields": leaf,
    "f:resourceVersion": leaf,
  },
};

/** Who writes, when, and which fields such a write does not touch (upstream's resetFields). */
export interface Writer {
  readonly id: ManagerId;
  /** Undefined where a write leaves none: of a Scale. */
  readonly time: string | undefined;
  /** The version in which others' updates are told to the writer, when it is not theirs: of a Scale. */
  readonly seenAs?: string;
  /** Fields that the writer may take from others without force. */
  readonly mayTake?: FieldSet;
  readonly ignored: FieldSet;
}

/** The managers after an update: the writer has what he changed, and nobody has what is gone. */
export function managedAfterUpdate(
  live: unknown,
  next: unknown,
  type: Type,
  managed: ManagedFields,
  { id, time, ignored }: Writer,
): ManagedFields {
  const compared = withoutIgnored(compareValues(live, next, type), ignored);
  const { added, modified } = compared;
  const left = takenFromOthers(managed, compared, undefined);
  const taken = difference(union(modified, added), unowned);
  if (isEmptySet(taken)) return stripped(left);
  const key = keyOf(id);
  const before = left.get(key)?.set ?? leaf;
  return stripped(capped(withSet(left, key, { ...id, time, set: union(taken, before) })));
}

function withoutIgnored({ added, modified, removed }: Comparison, ignored: FieldSet): Comparison {
  return {
    added: differenceBelow(added, ignored),
    modified: differenceBelow(modified, ignored),
    removed: differenceBelow(removed, ignored),
  };
}

/** Everybody but `but` loses what changed or is gone. */
function takenFromOthers(
  managed: ManagedFields,
  { added, modified, removed }: Comparison,
  but: string | undefined,
): ManagedFields {
  const gone = union(union(added, modified), removed);
  if (isEmptySet(gone)) return managed;
  let left = managed;
  for (const [key, entry] of managed)
    if (key !== but) left = withSet(left, key, { ...entry, set: difference(entry.set, gone) });
  return left;
}

function stripped(managed: ManagedFields): ManagedFields {
  let left = managed;
  for (const [key, entry] of managed) {
    const set = difference(entry.set, unowned);
    if (set !== entry.set) left = withSet(left, key, { ...entry, set });
  }
  return left;
}

export interface Applied {
  readonly object: unknown;
  readonly managed: ManagedFields;
}

/**
 * Server-side apply: merges a configuration into the live object, takes away what the applier had applied before and no longer does,
 * unless somebody else owns it too. Throws `Conflict` when others own what would change, unless forced.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function applyConfiguration(
  live: unknown,
  configuration: unknown,
  type: Type,
  managed: ManagedFields,
  { id, time, ignored, seenAs, mayTake = leaf }: Writer,
  force: boolean,
): Applied {
  const key = keyOf(id);
  const last = managed.get(key);
  const set = differenceBelow(appliedFields(configuration, type), ignored);
  const mine: Managed = { ...id, time: last?.time, set };
  const claimed = withSet(managed, key, mine);
  const merged = mergeApplied(live, configuration, type);
  const object = last === undefined ? merged : pruned(merged, last.set, claimed, type);
  const compared = withoutIgnored(compareValues(live, object, type), ignored);
  if (!force) refuseConflicts(claimed, key, difference(union(compared.modified, compared.added), mayTake), seenAs);
  const left = takenFromOthers(claimed, compared, key);
  const isSame = isEmptySet(compared.added) && isEmptySet(compared.modified) && isEmptySet(compared.removed);
  if (isSame && isSameValue(live, object)) return { object: live, managed: stripped(left) };
  const entry = left.get(key);
  return { object, managed: stripped(entry === undefined ? left : withSet(left, key, { ...entry, time })) };
}

/** Without what was applied last, but with what anybody owns now, and with what only stood on the way to something that stays. */
function pruned(merged: unknown, last: FieldSet, managed: ManagedFields, type: Type): unknown {
  if (isEmptySet(last)) return merged;
  const named = (set: FieldSet) => withNamedFields(set, type);
  const all = named(appliedFields(merged, type));
  const fieldsIn = (value: unknown) => named(appliedFields(value, type));
  const bare = removeFields(merged, named(last), type);
  const owned = [...managed.values()].reduce((sum, { set }) => union(sum, set), leaf);
  const withOwned = removeFields(merged, difference(all, union(fieldsIn(bare), named(owned))), type);
  return removeFields(merged, intersection(difference(all, fieldsIn(withOwned)), named(last)), type);
}

function refuseConflicts(managed: ManagedFields, own: string, changed: FieldSet, seenAs: string | undefined): void {
  const conflicts = [...managed].flatMap(([key, entry]) =>
    key === own
      ? []
      : pathsOf(intersection(entry.set, changed)).map((path) => ({ manager: printed(entry, seenAs), path })),
  );
  if (conflicts.length === 0) return;
  conflicts.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${manager}`,
    field: path,
  }));
  throw new StatusError("Conflict", conflictMessage(conflicts), { causes });
}

function conflictMessage(conflicts: readonly { readonly manager: string; readonly path: string }[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1)
    return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.path}`;
  const managers = [...new Set(conflicts.map(({ manager }) => manager))].sort();
  const parts = managers.map((manager) => {
    const paths = conflicts.filter((each) => each.manager === manager).map(({ path }) => `- ${path}`);
    return `conflicts with ${manager}:\n${paths.join("\n")}`;
  });
  return `Apply failed with ${conflicts.length} conflicts: ${parts.join("\n")}`;
}

function printed({ manager, operation, apiVersion, subresource }: Managed, seenAs = apiVersion): string {
  const name = JSON.stringify(manager) + (subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === "Update" ? `${name} using ${seenAs}` : name;
}
