import { messageOf } from "../protobuf-fields.ts";
import { type GoField, structFields } from "./fields.ts";

type Fields = { readonly [field: string]: unknown };

/** A struct's fields by name, each with its place among them. */
type Places = ReadonlyMap<string, { readonly field: GoField; readonly place: number }>;

/** By message: as many as there are types built in. */
const places = new Map<string, Places | undefined>();

/**
 * What says its kind and version, with its fields in the order in which kube-apiserver writes them: those of Go's struct; by name where it is
 * a map in Go, as custom objects and their lists are. The same object where it is in order.
 */
export function inWrittenOrder<Body extends object>(body: Body): Body {
  const { apiVersion, kind } = body as Fields;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return body;
  const message = messageOf(apiVersion, kind);
  if (message !== undefined) return inGoOrder(body, message) as Body;
  if (kind === "Table" && apiVersion.startsWith("meta.k8s.io/")) return tableInOrder(body) as Body;
  return "metadata" in body ? (byName(body) as Body) : body;
}

/** A value of the API with its fields in the order in which Go writes them, and maps by their keys; what its type does not know comes last. The same value where it is in order. */
export function inGoOrder(value: unknown, message: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  // A schema, or several, or what is none.
  const [ofSchemas] = /^.*\.JSONSchemaProps(?=Or)/.exec(message) ?? [];
  if (ofSchemas !== undefined) return Array.isArray(value) ? inOrder(value, ofSchemas) : inGoOrder(value, ofSchemas);
  const fields = placesOf(message);
  return fields === undefined ? value : structInOrder(value as Fields, fields);
}

function placesOf(message: string): Places | undefined {
  if (places.has(message)) return places.get(message);
  const fields = structFields(message);
  const made = fields && new Map([...typed(fields)].map(([name, field], place) => [name, { field, place }]));
  places.set(message, made);
  return made;
}

const text = { type: "string", repeated: false, map: false, pointer: false, omitEmpty: true };

/** Types that OpenAPI does not have, as PartialObjectMetadata, begin with their kind and version too. */
function typed(fields: ReadonlyMap<string, GoField>): ReadonlyMap<string, GoField> {
  if (fields.has("kind") || fields.has("apiVersion")) return fields;
  const type = ["kind", "apiVersion"].map((name): [string, GoField] => [name, { name, ...text }]);
  return new Map([...type, ...fields]);
}

function structInOrder(given: Fields, fields: Places): Fields {
  let isInOrder = true;
  let last = -1;
  let inner: { [field: string]: unknown } | undefined;
  for (const name in given) {
    const found = fields.get(name);
    const place = found?.place ?? fields.size;
    if (place < last) isInOrder = false;
    last = place;
    const item = given[name];
    if (found === undefined || typeof item !== "object" || item === null) continue;
    const ordered = fieldInOrder(item, found.field);
    if (ordered !== item) (inner ??= {})[name] = ordered;
  }
  if (isInOrder) return inner === undefined ? given : { ...given, ...inner };
  const whole: Fields = { ...given, ...inner };
  const ordered: { [field: string]: unknown } = {};
  for (const name of fields.keys()) if (whole[name] !== undefined) ordered[name] = whole[name];
  return { ...ordered, ...whole };
}

function fieldInOrder(value: object, { type, repeated, map }: GoField): unknown {
  if (repeated && Array.isArray(value)) return inOrder(value, type);
  return map ? sorted(value as Fields, (each) => inGoOrder(each, type)) : inGoOrder(value, type);
}

function inOrder(items: readonly unknown[], type: string): readonly unknown[] {
  return mapped(items, (each) => inGoOrder(each, type));
}

/** A list with its values as `inner` answers them; the same one where nothing changes. */
function mapped(given: readonly unknown[], inner: (value: unknown) => unknown): readonly unknown[] {
  const items = given.map(inner);
  return items.some((each, i) => each !== given[i]) ? items : given;
}

/** A map with its keys sorted and its values as `inner` answers them; the same one where nothing changes. Each value is looked at once: maps may lie in maps. */
function sorted(given: Fields, inner: (value: unknown) => unknown): Fields {
  let isSorted = true;
  let isSame = true;
  let last = "";
  const entries: [string, unknown][] = [];
  for (const key in given) {
    const value = inner(given[key]);
    if (value !== given[key]) isSame = false;
    if (key < last) isSorted = false;
    last = key;
    entries.push([key, value]);
  }
  if (isSorted && isSame) return given;
  return Object.fromEntries(isSorted ? entries : entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A value with the keys of all its maps sorted; the same one where they are. */
function byName(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Array.isArray(value) ? mapped(value, byName) : sorted(value as Fields, byName);
}

/** A table holds objects of any kind. */
function tableInOrder(table: object): object {
  const { kind, apiVersion, metadata, columnDefinitions, rows, ...rest } = table as Fields;
  const rowInOrder = ({ cells, object, ...more }: Fields) => ({
    cells,
    ...more,
    object: typeof object === "object" && object !== null ? inWrittenOrder(object) : object,
  });
  const shown = Array.isArray(rows) ? rows.map(rowInOrder) : rows;
  return { kind, apiVersion, metadata, columnDefinitions, rows: shown, ...rest };
}
