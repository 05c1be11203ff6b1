import { canonical } from "../canonical.ts";
import { findKind, type ResourceInfo } from "../catalogue.ts";
import { type KubeObject, parseApiVersion } from "../object.ts";
import { listMessages, rawMessages } from "../protobuf-fields.ts";
import { StatusError } from "../status.ts";
import { emptiedOf, markEmptied } from "./emptied.ts";
import {
  durationMessage,
  type GoField,
  goItemTypeOf,
  goTypeOf,
  intOrStringMessage,
  isTypedReference,
  messageOfSchema,
  microTimeMessage,
  quantityMessage,
  shortOf,
  structFields,
  timeMessage,
} from "./fields.ts";
import { jsonTypeOf, restoreFault, type Shape } from "./restore-fault.ts";
import { base64Value, quantityValue, timeValue, ValueFault } from "./values.ts";

/** Where a value stands: for strict faults with indexes and keys, for type faults by Go's struct and fields. Only faults have paths written out. */
class Place {
  readonly struct: string;
  readonly #above: Place | undefined;
  /** A field, a key or an index. */
  readonly #step: string | number;
  /** Absent for keys and indexes, which Go does not tell. */
  readonly #goStep: string | undefined;

  constructor(struct: string, above?: Place, step: string | number = "", goStep?: string) {
    this.struct = struct;
    this.#above = above;
    this.#step = step;
    this.#goStep = goStep;
  }

  get path(): string {
    if (this.#above === undefined) return "";
    const { path } = this.#above;
    return typeof this.#step === "number" ? `${path}[${this.#step}]` : join(path, this.#step);
  }

  get goPath(): string {
    const path = this.#above?.goPath ?? "";
    return this.#goStep === undefined ? path : join(path, this.#goStep);
  }
}

class TypeFault extends Error {
  /** The fault of values that come from maps and not from a document. */
  readonly restoring: string;
  /** Go's decoder goes on behind it, and tells it when nothing worse comes. */
  readonly isSaved: boolean;

  constructor(message: string, restoring: string, isSaved: boolean) {
    super(message);
    this.restoring = restoring;
    this.isSaved = isSaved;
  }
}

/** What one object's reading has found so far. */
interface Reading {
  readonly unknown: string[];
  readonly source: "document" | "map";
  /** Something was given empty. */
  hasEmptied?: boolean;
  /** The first fault behind which reading went on. */
  fault?: TypeFault | ValueFault;
}

/**
 * An object as decoding into Go's structs and encoding again leaves it: values of a wrong type are a `BadRequest`, unknown fields are
 * answered and dropped, empty values are dropped where Go omits them and added where it does not. Faults are told as those of a JSON
 * document, or of a `map` that a patch has made.
 */
export function conform(
  value: { readonly [field: string]: unknown },
  schema: string,
  kind: { readonly kind: string; readonly version: string },
  source: "document" | "map" = "document",
): { object: KubeObject; unknown: readonly string[] } {
  const prefix = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: `;
  return conformStruct(value, schema, prefix, source) as { object: KubeObject; unknown: readonly string[] };
}

/** The same for what is no object: options, parts of an object. Faults begin with `prefix`. */
export function conformStruct(
  value: { readonly [field: string]: unknown },
  schema: string,
  prefix: string,
  source: "document" | "map" = "document",
): { object: { readonly [field: string]: unknown }; unknown: readonly string[] } {
  const reading: Reading = { unknown: [], source };
  try {
    const message = messageOfSchema(schema);
    const object = structOf(value, message, new Place(message), reading);
    if (reading.fault !== undefined) throw reading.fault;
    if (reading.hasEmptied === true && emptiedOf(object) === undefined) markEmptied(object, {});
    return { object, unknown: reading.unknown };
  } catch (error) {
    if (!(error instanceof TypeFault || error instanceof ValueFault)) throw error;
    const why = source === "map" ? error.restoring : error.message;
    throw new StatusError("BadRequest", `${prefix}${why}`);
  }
}

/** What Go writes of an object of a kind of which it knows nothing. */
export function emptyObject({ schema }: Pick<ResourceInfo, "schema">): { readonly [field: string]: unknown } {
  return schema === undefined
    ? {}
    : ((zeroValue(messageOfSchema(schema)) ?? {}) as { readonly [field: string]: unknown });
}

/** What Go writes of the status of a kind when it says nothing. */
export function emptyStatus(apiVersion: string, kind: string): object {
  const { group, version } = parseApiVersion(apiVersion);
  const schema = findKind(group, version, kind)?.schema;
  const status = schema === undefined ? undefined : structFields(messageOfSchema(schema))?.get("status");
  return status === undefined ? {} : (zeroValue(status.type) as object);
}

function structOf(
  value: { readonly [field: string]: unknown },
  message: string,
  above: Place,
  reading: Reading,
): { readonly [field: string]: unknown } {
  const fields = structFields(message);
  if (fields === undefined) return value;
  const given = new Map<string, unknown>();
  for (const name of namesOf(value, fields, reading)) {
    const item = value[name];
    const field = fields.get(name);
    const goName = field?.embedded === undefined ? name : `${field.embedded}.${name}`;
    const place = new Place(message, above, name, goName);
    if (field === undefined) reading.unknown.push(`unknown field "${place.path}"`);
    else if (item !== null) given.set(name, fieldValue(item, field, place, reading));
  }
  const result: { [field: string]: unknown } = {};
  let emptied: { [field: string]: unknown } | undefined;
  for (const { field, isNothing } of writtenFields(message, fields)) {
    const found = given.get(field.name);
    if (found === undefined && isNothing) continue;
    const item = found === undefined ? zeroOf(field, message) : found;
    if ((field.map || field.repeated) && field.omitEmpty && isEmpty(found)) (emptied ??= {})[field.name] = found;
    if (item !== undefined && !isOmitted(item, field)) result[field.name] = item;
  }
  if (emptied !== undefined) {
    reading.hasEmptied = true;
    markEmptied(result, emptied);
  }
  return result;
}

interface WrittenField {
  readonly field: GoField;
  /** Go writes nothing when nobody gave it. */
  readonly isNothing: boolean;
}

/** By message: as many as there are types built in. */
const written = new Map<string, readonly WrittenField[]>();

function writtenFields(message: string, fields: ReadonlyMap<string, GoField>): readonly WrittenField[] {
  let known = written.get(message);
  if (known === undefined) {
    known = [...fields.values()].map((field) => {
      const zero = zeroOf(field, message);
      return { field, isNothing: zero === undefined || isOmitted(zero, field) };
    });
    written.set(message, known);
  }
  return known;
}

/** What comes from a map is read field by field of the struct. */
function namesOf(value: object, fields: ReadonlyMap<string, GoField>, { source }: Reading): readonly string[] {
  const names = Object.keys(value);
  if (source === "document") return names;
  const order = [...fields.keys()];
  return names.sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

function fieldValue(value: unknown, field: GoField, place: Place, reading: Reading): unknown {
  const { struct } = place;
  if (field.map) {
    if (!isRecord(value)) return saved(mismatch(value, "map", goTypeOf(struct, field), place), reading);
    const entries = Object.keys(value).map((key): [string, unknown] => [
      key,
      itemValue(value[key], field, new Place(struct, place, key), reading),
    ]);
    // Go writes maps in the order of their keys.
    if (entries.length > 1) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries);
  }
  if (field.repeated) {
    if (!Array.isArray(value)) return saved(mismatch(value, "slice", goTypeOf(struct, field), place), reading);
    return value.map((item, i) => itemValue(item, field, new Place(struct, place, i), reading));
  }
  return itemValue(value, field, place, reading);
}

/** Goes on behind a fault, where Go does; what is read then is of no use to anybody. */
function saved(error: unknown, reading: Reading): undefined {
  const isKept = (error instanceof TypeFault || error instanceof ValueFault) && error.isSaved;
  if (!isKept || reading.source === "map") throw error;
  reading.fault ??= error;
}

/** One value: of a field, of a list, of a map. */
function itemValue(value: unknown, field: GoField, place: Place, reading: Reading): unknown {
  try {
    return readItem(value, field, place, reading);
  } catch (error) {
    return saved(error, reading);
  }
}

function readItem(value: unknown, field: GoField, place: Place, reading: Reading): unknown {
  const { type } = field;
  if (rawMessages.has(type)) return reading.source === "map" ? (JSON.parse(canonical(value)) as unknown) : value;
  if (type.includes(".JSONSchemaPropsOr")) return value;
  if (value === null) return zeroValue(type) ?? null;
  // Only a fault needs to know how Go calls the type.
  const wanted = () => goItemTypeOf(place.struct, field);
  switch (type) {
    case "string":
      if (typeof value !== "string") throw mismatch(value, "string", wanted(), place);
      return value;
    case "bool":
      if (typeof value !== "boolean") throw mismatch(value, "bool", wanted(), place);
      return value;
    case "int32":
    case "int64":
      return integerValue(value, type, wanted, place, type, reading.source);
    case "double":
      if (typeof value !== "number") throw mismatch(value, "float64", wanted(), place);
      return value;
    case "bytes":
      if (Array.isArray(value)) return bytesOf(value, place);
      if (typeof value !== "string") throw mismatch(value, "slice", wanted(), place);
      return base64Value(value);
    case quantityMessage:
      return quantityValue(value);
    case intOrStringMessage:
      return typeof value === "string" ? value : integerValue(value, "int32", () => "int32", place, "text", "document");
    case timeMessage:
    case microTimeMessage:
      if (typeof value !== "string") throw mismatch(value, "text", "string", place);
      return timeValue(value, type === timeMessage ? 0 : 6);
    case durationMessage:
      if (typeof value !== "string") throw mismatch(value, "text", "string", place);
      return value;
    default:
      return messageValue(value, type, wanted, place, reading);
  }
}

/** Go reads bytes from a list of numbers, too. */
function bytesOf(value: readonly unknown[], place: Place): string {
  const codes = value.map((each) => {
    if (each === null) return 0;
    const isByte = typeof each === "number" && Number.isInteger(each) && each >= 0 && each < 256;
    if (!isByte) throw mismatch(each, "bytes", "uint8", place, typeof each === "number" ? `number ${each}` : undefined);
    return each;
  });
  return btoa(String.fromCharCode(...codes));
}

function messageValue(value: unknown, type: string, wanted: () => string, place: Place, reading: Reading): unknown {
  if (listMessages.has(type)) {
    if (!Array.isArray(value) || value.some((each) => typeof each !== "string"))
      throw mismatch(value, "slice", wanted(), place);
    return value;
  }
  if (!isRecord(value)) throw mismatch(value, "struct", wanted(), place);
  return structOf(value, type, place, reading);
}

function integerValue(
  value: unknown,
  type: "int32" | "int64",
  wanted: () => string,
  place: Place,
  shape: Shape,
  source: Reading["source"],
): number {
  if (typeof value !== "number") throw mismatch(value, shape, wanted(), place);
  // Go converts what comes from maps, and so cuts it.
  if (source === "map" && Number.isSafeInteger(value)) return type === "int32" ? value | 0 : value;
  if (source === "map" && Number.isInteger(value) && Math.abs(value) >= 2 ** 63)
    return type === "int32" ? 0 : -(2 ** 63);
  const limit = type === "int32" ? 2 ** 31 : 2 ** 63;
  if (!Number.isInteger(value) || value >= limit || value < -limit)
    throw mismatch(value, shape, wanted(), place, `number ${value}`);
  return value;
}

/** A list or a map with nothing in it. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (const _ in value) return false;
  return true;
}

/** What Go writes for a field that nobody gave; undefined for nothing. */
function zeroOf(field: GoField, message: string): unknown {
  if (field.name === "apiGroup" && isTypedReference(message)) return null;
  if (field.pointer || (field.type === "bytes" && !field.repeated && !field.map)) return undefined;
  if (field.map || field.repeated) return field.omitEmpty ? undefined : null;
  // A time is a struct, which `omitempty` does not leave out; that of creation alone is marked `omitzero`.
  if (field.type === timeMessage || field.type === microTimeMessage)
    return field.name === "creationTimestamp" ? undefined : null;
  return zeroValue(field.type);
}

function zeroValue(type: string): unknown {
  switch (type) {
    case "string":
    case "bytes":
      return "";
    case "bool":
      return false;
    case "int32":
    case "int64":
    case "double":
    case intOrStringMessage:
      return 0;
    case quantityMessage:
      return "0";
    default:
      return type.includes(".") && structFields(type) !== undefined
        ? structOf({}, type, new Place(type), { unknown: [], source: "document" })
        : undefined;
  }
}

/** `omitempty`: nothing, zero and empty lists are left out, structs never are. */
function isOmitted(value: unknown, { omitEmpty, pointer, map, repeated }: GoField): boolean {
  if (!omitEmpty) return false;
  if (map) return Object.keys(value as object).length === 0;
  if (repeated) return (value as readonly unknown[]).length === 0;
  return !pointer && (value === "" || value === 0 || value === false);
}

function mismatch(
  value: unknown,
  shape: Shape,
  wanted: string,
  { struct, goPath }: Place,
  got = jsonTypeOf(value),
): TypeFault {
  return new TypeFault(
    `json: cannot unmarshal ${got} into Go struct field ${shortOf(struct)}.${goPath} of type ${wanted}`,
    restoreFault(value, shape, wanted),
    // Types that read themselves end it all.
    shape !== "text",
  );
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
