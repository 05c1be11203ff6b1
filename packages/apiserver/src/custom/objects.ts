import {
  apiVersionOf,
  applySchemaDefaults,
  type CustomVersion,
  conformMetadata,
  definitionOf,
  type FieldError,
  isBlocking,
  type KubeObject,
  parseApiVersion,
  prune,
  type ResourceInfo,
  rulesNotChecked,
  StatusError,
  validateBySchema,
  validateUniqueness,
} from "@sallyport/kube";
import type { WriteContext } from "../registry/context.ts";
import { isEqual } from "../registry/equality.ts";
import { defined, fixedMetadata, wantedMetadata } from "../registry/fixed-metadata.ts";
import type { Strategy } from "../registry/strategies.ts";
import { hasRules, type RulesObserver, validateRules } from "./rules.ts";

type Fields = { readonly [field: string]: unknown };

/**
 * A body, or the `map` that an apply has made, held against its definition: unknown fields are answered and dropped, defaults are
 * filled in. Only of a body nulls are dropped: kube-apiserver does not read again what it applies.
 */
export function conformCustom(
  given: Fields,
  info: ResourceInfo,
  custom: CustomVersion,
  source: "document" | "map" = "document",
): { object: KubeObject; unknown: readonly string[] } {
  const schema = custom.schema ?? {};
  const metadata = conformMetadata(given, schema, info);
  const { value, unknown } =
    custom.schema === undefined || custom.keepsUnknown
      ? { value: metadata.value, unknown: [] }
      : prune(metadata.value, schema, true);
  const object = applySchemaDefaults(value, schema, source === "map" ? "defaulted" : "all") as KubeObject;
  const own = metadata.unknown.filter((path) => path.startsWith("metadata."));
  const embedded = metadata.unknown.filter((path) => !path.startsWith("metadata."));
  return { object, unknown: [...own, ...unknown, ...embedded].map((path) => `unknown field "${path}"`) };
}

/** A definition's strategy: its objects have a status of their own where it says so, and count their changes. */
export function customStrategy({ hasStatus }: CustomVersion): Strategy {
  const counted = { hasStatus, hasGeneration: true, needsVersion: true };
  return !hasStatus ? counted : { ...counted, prepareCreate: ({ status: _, ...object }) => object as KubeObject };
}

/** What an update of a custom object may change: its status by `/status` alone, all else without it. */
export function prepareCustomUpdate(
  wanted: KubeObject,
  current: KubeObject,
  subresource: string,
  custom: CustomVersion,
): KubeObject {
  const { generation = 1 } = current.metadata;
  const fixed = { ...fixedMetadata(current), generation };
  if (subresource === "status") {
    const { status: _, ...rest } = current;
    const { managedFields } = wanted.metadata;
    const metadata = { ...current.metadata, ...defined({ managedFields }) };
    return { ...rest, metadata, ...defined({ status: wanted["status"] }) } as KubeObject;
  }
  const given = wantedMetadata(wanted, current);
  const { status: wantedStatus, ...body } = wanted;
  const status = custom.hasStatus ? current["status"] : wantedStatus;
  const object = { ...body, ...defined({ status }), metadata: { ...given, ...fixed } } as KubeObject;
  const isChanged = !isEqual(contentOf(object, custom), contentOf(current, custom));
  return isChanged ? { ...object, metadata: { ...object.metadata, generation: generation + 1 } } : object;
}

/** All that counts as a change: neither metadata nor a status of its own. */
function contentOf(
  { apiVersion: _version, metadata: _metadata, status, ...rest }: KubeObject,
  { hasStatus }: CustomVersion,
): object {
  return hasStatus ? rest : { ...rest, status };
}

/** What its definition refuses of an object; `current` is the object as it was, for transition rules and unchanged faults. */
export function validateCustom(
  object: KubeObject,
  current: KubeObject | undefined,
  custom: CustomVersion,
  { subresource, warn }: Pick<WriteContext, "subresource" | "warn">,
  errorsBefore: readonly FieldError[],
  observer?: RulesObserver,
): readonly FieldError[] {
  const { schema } = custom;
  if (schema === undefined) return errorsBefore;
  const isStatus = subresource === "status";
  const found = isStatus
    ? validateStatus(object, current, custom)
    : [...validateBySchema(object, schema, "", current), ...validateUniqueness(object, schema, "")];
  const errors = [...errorsBefore, ...found, ...validateScale(object, custom)];
  if (!hasRules(schema)) return errors;
  if (errors.some(isBlocking)) return [...errors, rulesNotChecked];
  return [...errors, ...validateRules(object, current, schema, warn, observer)];
}

/** Only the status is looked at, by itself: kube-apiserver names fields below it without it in the texts. */
function validateStatus(
  object: KubeObject,
  current: KubeObject | undefined,
  { schema }: CustomVersion,
): readonly FieldError[] {
  const status = schema?.properties?.["status"];
  if (status === undefined || object["status"] === undefined) return [];
  const errors = validateBySchema(object["status"], status, "", current?.["status"]);
  const placed = errors.map((error) =>
    error.field === "<nil>" ? error : { ...error, field: error.field === "" ? "status" : `status.${error.field}` },
  );
  return [...placed, ...validateUniqueness(object["status"], status, "status")];
}

/** The numbers of replicas are numbers. */
function validateScale(object: KubeObject, { scale }: CustomVersion): readonly FieldError[] {
  if (scale === undefined) return [];
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap((path): readonly FieldError[] => {
    const refuse = (value: unknown, detail: string): readonly FieldError[] => [
      { field: path, reason: "FieldValueInvalid", message: `Invalid value: ${String(value)}: ${detail}` },
    ];
    const fault = accessFault(object, path);
    if (fault !== undefined) return refuse(0, `${path} accessor error: ${fault}`);
    const value = valueAt(object, path) as number | undefined;
    if (value === undefined) return [];
    if (value < 0) return refuse(value, "should be a non-negative integer");
    return value < 2 ** 31 ? [] : refuse(value, "should be less than or equal to 2147483647");
  });
}

/** Why no whole number can be read at a path, in the words of Go's types. */
function accessFault(object: unknown, path: string): string | undefined {
  const names = path.split(".").filter((part) => part !== "");
  let value = object;
  for (const name of names) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return `${String(value)} is of the type ${goTypeOf(value)}, expected map[string]interface{}`;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Fields)[name];
  }
  return Number.isInteger(value) ? undefined : `${String(value)} is of the type ${goTypeOf(value)}, expected int64`;
}

function goTypeOf(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  const names: { readonly [type: string]: string } = {
    string: "string",
    boolean: "bool",
    object: "map[string]interface {}",
  };
  return names[typeof value] ?? (Number.isInteger(value) ? "int64" : "float64");
}

/** The value at a path in dot notation (`.spec.replicas`). */
export function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const name of path.split(".").filter((part) => part !== "")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Fields)[name];
  }
  return value;
}

/** The object with another value at a path in dot notation. */
export function withValueAt(object: Fields, path: string, value: unknown): Fields {
  const [name = "", ...rest] = path.split(".").filter((part) => part !== "");
  if (rest.length === 0) return { ...object, [name]: value };
  const inner = object[name];
  const below = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as Fields) : {};
  return { ...object, [name]: withValueAt(below, rest.join("."), value) };
}

/** Says so of versions that are deprecated. */
export function warnOfVersion({ custom }: ResourceInfo, { warnings }: { readonly warnings: string[] }): void {
  if (custom?.warning !== undefined) warnings.push(custom.warning);
}

/** Refuses new objects of a definition that is going. */
export function checkCreatable({ group, resource, custom }: ResourceInfo, name: string): void {
  if (custom?.isTerminating !== true) return;
  throw new StatusError(
    "Forbidden",
    `${resource}.${group} ${JSON.stringify(name)} is forbidden: create not allowed while custom resource definition is terminating`,
    { ...(name === "" ? {} : { name }), group, kind: resource },
  );
}

/**
 * An object as a definition's version has it now: fields that the stored one lacks take their defaults. Where versions are converted by
 * a webhook, it was asked before.
 */
export function servedCustom(object: KubeObject, info: ResourceInfo, custom: CustomVersion): KubeObject {
  const known = served.get(custom)?.get(object);
  if (known !== undefined) return known;
  const apiVersion = apiVersionOf(info);
  if (object.apiVersion !== apiVersion && definitionOf(custom.definition).spec.conversion?.strategy === "Webhook")
    throw new Error(`${object.apiVersion} ${object.kind} was not converted to ${apiVersion}`);
  return keepServed(object, { ...asStored(object, custom, apiVersion), apiVersion }, custom);
}

/** What another version of its definition, in which it is stored, makes of an object when it is read. */
function asStored(object: KubeObject, { definition }: CustomVersion, asked: string): KubeObject {
  if (object.apiVersion === asked) return object;
  const { version } = parseApiVersion(object.apiVersion);
  const own = definitionOf(definition).spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
  return own === undefined ? object : (applySchemaDefaults(prune(object, own, true).value, own) as KubeObject);
}

/** An object in another version of its definition, by no webhook: it loses what that version does not have. */
export function inVersion(object: KubeObject, apiVersion: string, custom: CustomVersion): KubeObject {
  const { version } = parseApiVersion(apiVersion);
  const { spec } = definitionOf(custom.definition);
  const schema = spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
  const kept = schema === undefined || custom.keepsUnknown ? object : prune(object, schema, true).value;
  return { ...(kept as KubeObject), apiVersion };
}

/** Whether it is known what an object of the cache is in a version. */
export function isServedKnown(object: KubeObject, custom: CustomVersion): boolean {
  return served.get(custom)?.has(object) === true;
}

/** Keeps what an object of the cache is in a version; `converted` has the fields of that version. */
export function keepServed(object: KubeObject, converted: KubeObject, custom: CustomVersion): KubeObject {
  const known = served.get(custom) ?? new WeakMap<KubeObject, KubeObject>();
  served.set(custom, known);
  const schema = custom.schema ?? {};
  const pruned = custom.schema === undefined || custom.keepsUnknown ? converted : prune(converted, schema, true).value;
  // Defaults are those of the version that is stored; what was sent in another has its own already.
  const { version } = parseApiVersion(converted.apiVersion);
  const isStored = object.apiVersion === converted.apiVersion && version === custom.storageVersion;
  const made = (isStored ? applySchemaDefaults(pruned, schema) : pruned) as KubeObject;
  known.set(object, made);
  return made;
}

/** What was made of objects of the cache, as long as both they and their definition stay. */
const served = new WeakMap<CustomVersion, WeakMap<KubeObject, KubeObject>>();
