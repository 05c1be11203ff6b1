import { bytesFromBase64 } from "./base64.ts";
import { parseDuration, parseTimestamp } from "./time.ts";
import { ArrayList, CelError, type Key, ListValue, MapValue, type Value } from "./value.ts";

/** A JSON document as `JSON.parse` makes it; whole numbers are ints. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * How a schema wants a document read, where it says more than the document: which numbers are doubles, which texts are
 * times or bytes. Undefined reads a document by itself.
 */
export interface JsonShape {
  readonly kind: "double" | "timestamp" | "duration" | "bytes" | "list" | "object" | "map" | "plain";
  /** Of a list its elements, of a map its values. */
  readonly items?: JsonShape;
  readonly fields?: ReadonlyMap<string, { readonly property: string; readonly shape: JsonShape }>;
  /** Of a list: `set`, or `map` with its keys, for which equality and `+` ignore order. */
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
}

/** A document as a CEL value. Lists and objects are wrapped, not copied: what is not read costs nothing. */
export function valueFromJson(json: Json | undefined, shape?: JsonShape): Value {
  switch (typeof json) {
    case "string":
      return shape === undefined ? json : textOf(json, shape);
    case "boolean":
    case "bigint":
      return json;
    case "number":
      return numberOf(json, shape);
    case "undefined":
      return null;
    default:
      if (json === null) return null;
      return Array.isArray(json) ? new JsonList(json, shape) : new JsonMap(json as JsonObject, shape);
  }
}

interface JsonObject {
  readonly [key: string]: Json;
}

function numberOf(json: number, shape: JsonShape | undefined): Value {
  return shape?.kind === "double" || !Number.isInteger(json) || Math.abs(json) >= 2 ** 63 ? json : BigInt(json);
}

function textOf(text: string, shape: JsonShape): Value {
  switch (shape.kind) {
    case "timestamp":
      return parseTimestamp(text) ?? new CelError(`invalid timestamp ${text}`);
    case "duration":
      return parseDuration(text) ?? new CelError(`invalid duration ${text}`);
    case "bytes":
      return bytesFromBase64(text) ?? new CelError(`invalid base64 ${text}`);
    default:
      return text;
  }
}

/** A list of a document; elements become values when they are read. */
export class JsonList extends ListValue {
  readonly json: readonly Json[];
  readonly shape: JsonShape | undefined;

  constructor(json: readonly Json[], shape?: JsonShape) {
    super();
    this.json = json;
    this.shape = shape;
  }

  get size(): number {
    return this.json.length;
  }

  at(index: number): Value {
    return valueFromJson(this.json[index], this.shape?.items);
  }
}

/** An object of a document: a map, or with a schema's shape an object whose fields have CEL's names. */
export class JsonMap extends MapValue {
  readonly json: { readonly [key: string]: Json };
  readonly shape: JsonShape | undefined;

  constructor(json: { readonly [key: string]: Json }, shape?: JsonShape) {
    super();
    this.json = json;
    this.shape = shape;
  }

  get size(): number {
    return Object.keys(this.json).length;
  }

  find(key: Value): Value | undefined {
    if (typeof key !== "string") return undefined;
    const field = this.shape?.fields?.get(key);
    const property = field === undefined ? key : field.property;
    if (!Object.hasOwn(this.json, property)) return undefined;
    return valueFromJson(this.json[property], field?.shape ?? this.shape?.items);
  }

  override has(key: Value): boolean {
    if (typeof key !== "string") return false;
    return Object.hasOwn(this.json, this.shape?.fields?.get(key)?.property ?? key);
  }

  keys(): Iterable<Key> {
    return Object.keys(this.json);
  }
}

/** A value as JSON: as protobuf's JSON mapping has it. Undefined for what has no such form. */
export function jsonFromValue(value: Value): Json | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number")
    return value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof JsonList || value instanceof JsonMap) return value.json;
  if (value instanceof ListValue) return [...value].map((each) => jsonFromValue(each) ?? null);
  if (value instanceof MapValue) {
    const entries = [...value.keys()].map(
      (key) => [String(key), jsonFromValue(value.find(key) ?? null) ?? null] as const,
    );
    return Object.fromEntries(entries);
  }
  return undefined;
}

/** A list of values that are there already. */
export function listOf(elements: readonly Value[]): ListValue {
  return new ArrayList(elements);
}
