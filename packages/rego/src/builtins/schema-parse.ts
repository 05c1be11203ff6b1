import { isObject } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import { bigintOf, compareNumbers, isInteger, type NumberValue } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { isNumber } from "./operands.ts";
import { compilePattern } from "./regex.ts";
import { type Draft, emptySchema, type Schema } from "./schema.ts";
import { baseWithin, draftOf, resolveReference, SchemaDocuments } from "./schema-documents.ts";
import { comparableText } from "./schema-text.ts";

/** Parses a JSON Schema. Throws `BuiltinError` in the words of gojsonschema. `load` fetches other documents. */
export function parseSchema(value: Value, load: (url: string) => Value): Schema {
  if (!isSchema(value)) throw new BuiltinError("schema is invalid");
  const documents = new SchemaDocuments(load);
  documents.add(value, "");
  return new SchemaParser(documents).parse(value, "", draftOf(value) ?? "hybrid");
}

const primitiveTypes = ["array", "boolean", "integer", "number", "null", "object", "string"];

type Members = ReadonlyMap<string, Value>;

class SchemaParser {
  readonly #documents: SchemaDocuments;
  /** Schemas by their address; those that refer to themselves are found here while they are parsed. */
  readonly #byReference = new Map<string, Schema>();

  constructor(documents: SchemaDocuments) {
    this.#documents = documents;
  }

  parse(value: Value, outerBase: string, draft: Draft, schema: Schema = emptySchema(draft)): Schema {
    if (typeof value === "boolean" && draft !== "4") {
      schema.passes = value;
      return schema;
    }
    if (!isObject(value)) throw new BuiltinError("Expected: Valid Schema, given: Invalid JSON");
    const members: Members = new Map(sortedEntries(value) as readonly (readonly [string, Value])[]);
    const base = baseWithin(value, outerBase);
    text(members, draft === "4" || (draft === "hybrid" && members.has("id")) ? "id" : "$id");
    const below = (child: Value): Schema => this.parse(child, base, draft);
    readDefinitions(members, below);
    text(members, "title");
    text(members, "description");
    const reference = text(members, "$ref");
    if (reference !== undefined && this.#refer(schema, resolveReference(base, reference))) return schema;
    readKeywords(schema, members, below);
    return schema;
  }

  /** False where the schema was met before: then gojsonschema looks at what stands beside the reference too. */
  #refer(schema: Schema, address: string): boolean {
    const known = this.#byReference.get(address);
    if (known !== undefined) {
      schema.reference = known;
      return false;
    }
    const { value, base, draft } = this.#documents.get(address);
    if (typeof value !== "boolean" && !isObject(value)) throw new BuiltinError("Valid Schema must be of type object");
    const parsed = emptySchema(draft ?? schema.draft);
    this.#byReference.set(address, parsed);
    schema.reference = parsed;
    this.parse(value, base, parsed.draft, parsed);
    return true;
  }
}

type Below = (child: Value) => Schema;

function readKeywords(schema: Schema, members: Members, below: Below): void {
  readTypes(schema, members);
  readProperties(schema, members, below);
  readDependencies(schema, members, below);
  readItems(schema, members, below);
  readNumbers(schema, members);
  readStrings(schema, members);
  readObjectLimits(schema, members);
  readArrays(schema, members, below);
  readValues(schema, members);
  readCombinations(schema, members, below);
}

function invalidType(expected: string, given: string): BuiltinError {
  return new BuiltinError(`Invalid type. Expected: ${expected}, given: ${given}`);
}

function text(members: Members, key: string): string | undefined {
  const value = members.get(key);
  if (value !== undefined && typeof value !== "string") throw invalidType("string", key);
  return value;
}

function list(members: Members, key: string): readonly Value[] | undefined {
  const value = members.get(key);
  if (value !== undefined && !Array.isArray(value)) throw new BuiltinError(`${key} must be of an array`);
  return value as readonly Value[] | undefined;
}

function isSchema(value: Value): boolean {
  return typeof value === "boolean" || isObject(value);
}

function readDefinitions(members: Members, below: Below): void {
  const definitions = members.get("definitions");
  if (definitions === undefined) return;
  const fault = invalidType("Array Of Schemas", "definitions");
  if (!isObject(definitions)) throw fault;
  for (const [, each] of sortedEntries(definitions)) {
    if (!isSchema(each)) throw fault;
    below(each);
  }
}

function readTypes(schema: Schema, members: Members): void {
  const type = members.get("type");
  if (type === undefined) return;
  const fault = invalidType("type", "string/Array Of Strings");
  if (typeof type !== "string" && !Array.isArray(type)) throw fault;
  for (const each of typeof type === "string" ? [type] : (type as readonly Value[])) {
    if (typeof each !== "string") throw fault;
    if (!primitiveTypes.includes(each))
      throw new BuiltinError(
        `has a primitive type that is NOT VALID -- given: /${each}/ Expected valid values are:[${primitiveTypes.join(" ")}]`,
      );
    if (schema.types.includes(each)) throw new BuiltinError(`${each} type is duplicated`);
    schema.types.push(each);
  }
}

function readProperties(schema: Schema, members: Members, below: Below): void {
  const properties = members.get("properties");
  if (properties !== undefined) {
    if (!isObject(properties)) throw new BuiltinError("Properties must be of type object");
    for (const [name, each] of sortedEntries(properties)) schema.properties.push([name as string, below(each)]);
  }
  const additional = booleanOrSchema(members, "additionalProperties", below);
  if (additional !== undefined) schema.additionalProperties = additional;
  const patterns = members.get("patternProperties");
  if (patterns !== undefined) {
    if (!isObject(patterns)) throw invalidType("Valid Schema", "patternProperties");
    for (const [pattern, each] of sortedEntries(patterns))
      schema.patternProperties.push([
        pattern as string,
        compiled(pattern as string, `Invalid regex pattern '${pattern as string}'`),
        below(each),
      ]);
  }
  const names = members.get("propertyNames");
  if (names === undefined || schema.draft === "4") return;
  if (!isSchema(names)) throw invalidType("Valid Schema", "patternProperties");
  schema.propertyNames = below(names);
}

function booleanOrSchema(members: Members, key: string, below: Below): boolean | Schema | undefined {
  const value = members.get(key);
  if (value === undefined || typeof value === "boolean") return value;
  if (!isObject(value)) throw invalidType("boolean/Valid Schema", key);
  return below(value);
}

function compiled(pattern: string, fault: string): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(pattern);
  } catch {
    throw new BuiltinError(fault);
  }
}

function readDependencies(schema: Schema, members: Members, below: Below): void {
  const dependencies = members.get("dependencies");
  if (dependencies === undefined) return;
  if (!isObject(dependencies)) throw new BuiltinError("dependencies must be of type object");
  for (const [name, each] of sortedEntries(dependencies)) {
    const fault = new BuiltinError("Dependency must be of type Schema Or Array Of Strings");
    if (isSchema(each)) schema.dependencies.set(name as string, below(each));
    else if (Array.isArray(each) && each.every((item) => typeof item === "string"))
      schema.dependencies.set(name as string, each as readonly string[]);
    else throw fault;
  }
}

function readItems(schema: Schema, members: Members, below: Below): void {
  const items = members.get("items");
  const fault = invalidType("Valid Schema/Array Of Schemas", "items");
  if (Array.isArray(items)) {
    if (!items.every((item) => isSchema(item as Value))) throw fault;
    schema.items = (items as readonly Value[]).map(below);
  } else if (items !== undefined) {
    if (!isSchema(items)) throw fault;
    schema.items = below(items);
  }
  const additional = booleanOrSchema(members, "additionalItems", below);
  if (additional !== undefined) schema.additionalItems = additional;
}

function readNumbers(schema: Schema, members: Members): void {
  const multipleOf = members.get("multipleOf");
  if (multipleOf !== undefined) {
    if (!isNumber(multipleOf)) throw invalidType("Number", "multipleOf");
    if (compareNumbers(multipleOf, 0) <= 0) throw new BuiltinError("multipleOf must be strictly greater than 0");
    schema.multipleOf = multipleOf;
  }
  readLimit(schema, members, "minimum", "exclusiveMinimum");
  readLimit(schema, members, "maximum", "exclusiveMaximum");
}

function readLimit(
  schema: Schema,
  members: Members,
  name: "minimum" | "maximum",
  exclusive: "exclusiveMinimum" | "exclusiveMaximum",
): void {
  const limit = members.get(name);
  if (limit !== undefined && !isNumber(limit)) throw new BuiltinError(`${name} must be of a Number`);
  if (limit !== undefined) schema[name] = limit;
  const given = members.get(exclusive);
  if (given === undefined) return;
  const takesBoolean = schema.draft === "4" || schema.draft === "hybrid";
  if (isNumber(given) && schema.draft !== "4") schema[exclusive] = given;
  else if (typeof given === "boolean" && takesBoolean) {
    if (limit === undefined) throw new BuiltinError(`${exclusive} cannot be used without ${name}`);
    if (!given) return;
    schema[exclusive] = limit;
    delete schema[name];
  } else {
    const expected = { "4": "boolean", hybrid: "boolean/number", "6": "number", "7": "number" }[schema.draft];
    throw invalidType(expected, exclusive);
  }
}

/** Reads a count of at least 0. */
function count(members: Members, key: string): number | undefined {
  const value = members.get(key);
  if (value === undefined) return undefined;
  if (!isNumber(value) || !isInteger(value) || BigInt.asIntN(64, bigintOf(value)) !== bigintOf(value))
    throw new BuiltinError(`${key} must be of an integer`);
  if (compareNumbers(value as NumberValue, 0) < 0) throw new BuiltinError(`${key} must be greater than or equal to 0`);
  return Number(value);
}

type Limit = "Length" | "Properties" | "Items";

function readCounts(schema: Schema, members: Members, what: Limit): void {
  const [least, most] = [count(members, `min${what}`), count(members, `max${what}`)];
  if (least !== undefined) schema[`min${what}`] = least;
  if (most !== undefined) schema[`max${what}`] = most;
  if (what !== "Items" && least !== undefined && most !== undefined && least > most)
    throw new BuiltinError(`min${what} cannot be greater than max${what}`);
}

function readStrings(schema: Schema, members: Members): void {
  readCounts(schema, members, "Length");
  const pattern = text(members, "pattern");
  if (pattern !== undefined) schema.pattern = compiled(pattern, "pattern must be a valid regex");
  const format = text(members, "format");
  if (format !== undefined) schema.format = format;
}

function readObjectLimits(schema: Schema, members: Members): void {
  readCounts(schema, members, "Properties");
  const required = list(members, "required") ?? [];
  const seen = new Set<Value>();
  for (const each of required) {
    if (typeof each !== "string") throw invalidType("string", "required");
    if (seen.has(each)) throw new BuiltinError("required items must be unique");
    seen.add(each);
  }
  schema.required = required as readonly string[];
}

function readArrays(schema: Schema, members: Members, below: Below): void {
  readCounts(schema, members, "Items");
  const unique = members.get("uniqueItems");
  if (unique !== undefined) {
    if (typeof unique !== "boolean") throw new BuiltinError("uniqueItems must be of a boolean");
    schema.uniqueItems = unique;
  }
  const contains = members.get("contains");
  if (contains !== undefined && schema.draft !== "4") schema.contains = below(contains);
}

function readValues(schema: Schema, members: Members): void {
  const constant = members.get("const");
  if (constant !== undefined && schema.draft !== "4") schema.const = comparableText(constant);
  const values = list(members, "enum")?.map(comparableText);
  if (values === undefined) return;
  if (new Set(values).size < values.length) throw new BuiltinError("enum items must be unique");
  schema.enum = values;
}

function readCombinations(schema: Schema, members: Members, below: Below): void {
  for (const key of ["oneOf", "anyOf", "allOf"] as const) schema[key] = (list(members, key) ?? []).map(below);
  const conditions = schema.draft === "7" || schema.draft === "hybrid" ? (["if", "then", "else"] as const) : [];
  for (const key of ["not", ...conditions] as const) {
    const value = members.get(key);
    if (value === undefined) continue;
    if (!isSchema(value)) throw new BuiltinError(`${key} must be of an object`);
    schema[key] = below(value);
  }
}
