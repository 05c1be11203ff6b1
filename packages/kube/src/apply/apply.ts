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
  readonly time: string;
  /** Fields that the writer may take from others without force. */
  readonly mayTake?: FieldSet;
  readonly ignored: FieldSet;
  /** A value in the version of other managers; undefined where its fields are the same there. */
  readonly inVersion?: (
    value: unknown,
    apiVersion: string,
  ) => { readonly value: unknown; readonly type: Type } | undefined;
}

/** The managers after an update: the writer has what he changed, and nobody has what is gone. */
export function managedAfterUpdate(
  live: unknown,
  next: unknown,
  type: Type,
  managed: ManagedFields,
  writer: Writer,
): ManagedFields {
  const { id, time, ignored } = writer;
  const compared = withoutIgnored(compareValues(live, next, type), ignored);
  const { added, modified } = compared;
  const taken = difference(union(modified, added), unowned);
  const left = takenFromOthers(managed, comparisons(live, next, compared, writer), undefined);
  if (isEmptySet(taken)) return stripped(left);
  const key = keyOf(id);
  // Of most objects that are created.
  if (left.size === 0) return withSet(left, key, { ...id, time, set: taken });
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

type ComparedFor = (manager: ManagerId) => Comparison;

/** What changed, as each manager names it in the version that he wrote. */
function comparisons(live: unknown, next: unknown, own: Comparison, { id, ignored, inVersion }: Writer): ComparedFor {
  const known = new Map<string, Comparison>([[id.apiVersion, own]]);
  return ({ apiVersion }) => {
    const before = known.get(apiVersion);
    if (before !== undefined) return before;
    const [left, right] = [inVersion?.(live, apiVersion), inVersion?.(next, apiVersion)];
    const made =
      left === undefined || right === undefined
        ? own
        : withoutIgnored(compareValues(left.value, right.value, right.type), ignored);
    known.set(apiVersion, made);
    return made;
  };
}

/** Everybody but `but` loses what changed or is gone. */
function takenFromOthers(managed: ManagedFields, comparedFor: ComparedFor, but: string | undefined): ManagedFields {
  let left = managed;
  for (const [key, entry] of managed) {
    if (key === but) continue;
    const { added, modified, removed } = comparedFor(entry);
    const gone = union(union(added, modified), removed);
    if (!isEmptySet(gone)) left = withSet(left, key, { ...entry, set: difference(entry.set, gone) });
  }
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
  writer: Writer,
  force: boolean,
): Applied {
  const { id, time, ignored, mayTake = leaf, inVersion } = writer;
  const key = keyOf(id);
  const last = managed.get(key);
  const set = differenceBelow(appliedFields(configuration, type), ignored);
  const mine: Managed = { ...id, time: last?.time, set };
  const claimed = withSet(managed, key, mine);
  const merged = mergeApplied(live, configuration, type);
  const seen: Seen = (value, version) => inVersion?.(value, version) ?? { value, type };
  const object = last === undefined ? merged : pruned(merged, last, claimed, writer, seen);
  const compared = withoutIgnored(compareValues(live, object, type), ignored);
  const comparedFor = comparisons(live, object, compared, writer);
  const changedFor: ChangedFor = (manager) => {
    const { modified, added } = comparedFor(manager);
    return difference(union(modified, added), mayTake);
  };
  if (!force) refuseConflicts(claimed, key, changedFor);
  const left = takenFromOthers(claimed, comparedFor, key);
  const isSame = isEmptySet(compared.added) && isEmptySet(compared.modified) && isEmptySet(compared.removed);
  if (isSame && isSameValue(live, object)) return { object: live, managed: stripped(left) };
  const entry = left.get(key);
  return { object, managed: stripped(entry === undefined ? left : withSet(left, key, { ...entry, time })) };
}

/** A value and its type, in the version that is asked for. */
type Seen = (value: unknown, apiVersion: string) => { readonly value: unknown; readonly type: Type };

/**
 * Without what was applied last, but with what anybody owns now, and with what only stood on the way to something that stays. Each set
 * of fields is looked at in the version that it was written in.
 */
function pruned(merged: unknown, last: Managed, managed: ManagedFields, { id }: Writer, seen: Seen): unknown {
  if (isEmptySet(last.set)) return merged;
  const before = seen(merged, last.apiVersion);
  const lastFields = withNamedFields(last.set, before.type);
  const bare = removeFields(before.value, lastFields, before.type);
  const owned = new Map<string, FieldSet>();
  for (const { apiVersion, set } of managed.values()) owned.set(apiVersion, union(owned.get(apiVersion) ?? leaf, set));
  let [left, version] = [bare, last.apiVersion];
  for (const [apiVersion, set] of owned) {
    const whole = seen(merged, apiVersion);
    const named = (fields: FieldSet) => withNamedFields(fields, whole.type);
    const kept = union(named(appliedFields(inOther(left, version, apiVersion, seen), whole.type)), named(set));
    left = removeFields(whole.value, difference(named(appliedFields(whole.value, whole.type)), kept), whole.type);
    version = apiVersion;
  }
  const named = (value: unknown) => withNamedFields(appliedFields(value, before.type), before.type);
  const withOwned = named(inOther(left, version, last.apiVersion, seen));
  const dangling = intersection(difference(named(before.value), withOwned), lastFields);
  return inOther(removeFields(before.value, dangling, before.type), last.apiVersion, id.apiVersion, seen);
}

function inOther(value: unknown, from: string, to: string, seen: Seen): unknown {
  return from === to ? value : seen(value, to).value;
}

type ChangedFor = (manager: ManagerId) => FieldSet;

function refuseConflicts(managed: ManagedFields, own: string, changedFor: ChangedFor): void {
  const conflicts = [...managed].flatMap(([key, entry]) =>
    key === own
      ? []
      : pathsOf(intersection(entry.set, changedFor(entry))).map((path) => ({ manager: printed(entry), path })),
  );
  if (conflicts.length === 0) return;
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

function printed({ manager, operation, apiVersion, subresource }: Managed): string {
  const name = JSON.stringify(manager) + (subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
