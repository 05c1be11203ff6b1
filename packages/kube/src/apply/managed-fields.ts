import type { Json } from "../object.ts";
import { canonical, type FieldSet, isEmptySet, union } from "./field-set.ts";

/** Who manages fields, by which operation: one entry of `metadata.managedFields`. */
export interface ManagerId {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
}

export interface Managed extends ManagerId {
  /** RFC 3339; an applied configuration that never changed anything has none. */
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** Entries by `keyOf`. Never changed in place. */
export type ManagedFields = ReadonlyMap<string, Managed>;

/** Update managers beyond these are merged, oldest first, so that the entries of an object stay bounded. Upstream's cap. */
const maxUpdateManagers = 10;

/** Who has the fields of the oldest managers. */
const ancientManager = "ancient-changes";

/** One applier has one entry, whichever version he applies in. */
export function keyOf({ manager, operation, apiVersion, subresource }: ManagerId): string {
  return JSON.stringify([manager, operation, operation === "Apply" ? "" : apiVersion, subresource]);
}

interface Entry {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: FieldSet;
  readonly subresource?: string;
}

/** The entries of `metadata.managedFields`; undefined when one of them is malformed. */
export function decodeManagedFields(entries: unknown): ManagedFields | undefined {
  const found = new Map<string, Managed>();
  for (const entry of Array.isArray(entries) ? (entries as readonly Entry[]) : []) {
    const { manager = "", operation, apiVersion = "", time, subresource = "", fieldsType, fieldsV1 } = entry ?? {};
    if ((operation !== "Apply" && operation !== "Update") || apiVersion === "" || fieldsType !== "FieldsV1")
      return undefined;
    if (fieldsV1 !== undefined && !isFieldSet(fieldsV1)) return undefined;
    const managed: Managed = { manager, operation, apiVersion, subresource, time, set: fieldsV1 ?? {} };
    found.set(keyOf(managed), managed);
  }
  return found;
}

function isFieldSet(value: unknown): value is FieldSet {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([element, inner]) => isElement(element) && isFieldSet(inner));
}

function isElement(element: string): boolean {
  if (element === "." || element.startsWith("f:")) return true;
  if (!/^[kvi]:/.test(element)) return false;
  try {
    const value: unknown = JSON.parse(element.slice(2));
    return !element.startsWith("k:") || (typeof value === "object" && value !== null);
  } catch {
    return false;
  }
}

/** The entries in upstream's order: appliers first, then by time and name. */
export function encodeManagedFields(managed: ManagedFields): readonly Json[] {
  return [...managed.values()]
    .sort(compareEntries)
    .map(({ manager, operation, apiVersion, time, set, subresource }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: "FieldsV1",
      fieldsV1: sharedSet(set),
      ...(subresource === "" ? {} : { subresource }),
    }));
}

/** Sets as objects have them, by the text of what they are made of: what one client makes of a kind mostly has the same. The oldest make room. */
const shared = new Map<string, Json>();
const maxShared = 500;
const maxSharedLength = 16_384;

/** A set in order. It takes longer to make than to find, and lies in memory once. */
function sharedSet(set: FieldSet): Json {
  const text = JSON.stringify(set);
  const known = shared.get(text);
  if (known !== undefined) return known;
  const made = canonical(set) as Json;
  if (text.length > maxSharedLength) return made;
  if (shared.size >= maxShared) shared.delete(shared.keys().next().value as string);
  shared.set(text, made);
  return made;
}

function compareEntries(a: Managed, b: Managed): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? "", b.time ?? "") ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Entries whose sets are empty are none. */
export function withSet(managed: ManagedFields, key: string, entry: Managed): ManagedFields {
  const copy = new Map(managed);
  if (isEmptySet(entry.set)) copy.delete(key);
  else copy.set(key, entry);
  return copy;
}

/** Merges the oldest update managers of one version until no more than ten are left. */
export function capped(managed: ManagedFields): ManagedFields {
  const updaters = [...managed.values()].filter(({ operation }) => operation === "Update").sort(compareEntries);
  let surplus = updaters.length - maxUpdateManagers;
  if (surplus <= 0) return managed;
  const copy = new Map(managed);
  const first = new Map<string, Managed>();
  for (const entry of updaters) {
    if (surplus <= 0) break;
    const { apiVersion, time, set } = entry;
    const known = first.get(apiVersion);
    if (known === undefined) {
      first.set(apiVersion, entry);
      continue;
    }
    const bucket: ManagerId = { manager: ancientManager, operation: "Update", apiVersion, subresource: "" };
    const merged = copy.get(keyOf(bucket))?.set ?? known.set;
    copy.delete(keyOf(known));
    copy.delete(keyOf(entry));
    copy.set(keyOf(bucket), { ...bucket, time, set: union(merged, set) });
    surplus--;
  }
  return copy;
}
