import { isObject, lookup, typeName } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import { compareNumbers, decimalOf, isInteger, type NumberValue } from "../value/number.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { isNumber } from "./operands.ts";
import type { Schema } from "./schema.ts";
import { hasFormat } from "./schema-formats.ts";
import { bigFloatText, comparableText } from "./schema-text.ts";

/** One way in which a document does not match, with gojsonschema's type of it. */
export interface SchemaFault {
  readonly type: string;
  /** Names and indices joined by dots; `(Root)` for the document itself. */
  readonly field: string;
  readonly description: string;
}

/** All faults, in gojsonschema's order but that of object keys, which is by name here and random there. */
export function validate(schema: Schema, document: Value): readonly SchemaFault[] {
  return new Validation(0).run(schema, document, []).faults;
}

type Path = readonly string[];

/** Schemas within schemas at one document; one that refers to itself never ends. */
const maxDepth = 500;

/**
 * What one schema says of one value. The score tells how near an alternative that failed has come: the nearest one's
 * faults are shown.
 */
class Validation {
  readonly faults: SchemaFault[] = [];
  score = 0;
  readonly #depth: number;

  constructor(depth: number) {
    if (depth > maxDepth) throw new BuiltinError(`schema nests deeper than ${maxDepth} levels here`);
    this.#depth = depth;
  }

  run(schema: Schema, value: Value, path: Path): this {
    if (schema.passes !== undefined) {
      if (!schema.passes) this.#add(path, "false", "False always fails validation");
      return this;
    }
    if (schema.reference !== undefined) {
      this.#merge(this.#check(schema.reference, value, path));
      return this;
    }
    const given = jsonType(value);
    if (schema.types.length > 0 && !isOfType(schema, given)) {
      const expected = schema.types.length > 1 ? `[${schema.types.join()}]` : schema.types[0];
      this.#add(path, "invalid_type", `Invalid type. Expected: ${expected}, given: ${given}`);
      return this;
    }
    this.#combinations(schema, value, path);
    if (Array.isArray(value)) this.#array(schema, value, path);
    else if (isNumber(value)) this.#number(schema, value, path);
    else if (isObject(value)) this.#object(schema, value as JsonObject, path);
    this.#common(schema, value, path);
    if (typeof value === "string") this.#string(schema, value, path);
    if (isObject(value)) this.#properties(schema, value as JsonObject, path);
    this.score++;
    return this;
  }

  #check(schema: Schema, value: Value, path: Path): Validation {
    return new Validation(this.#depth + 1).run(schema, value, path);
  }

  #add(path: Path, type: string, description: string): void {
    this.faults.push({ type, field: path.length === 0 ? "(Root)" : path.join("."), description });
    this.score -= 2;
  }

  #merge(other: Validation): void {
    this.faults.push(...other.faults);
    this.score += other.score;
  }

  #combinations(schema: Schema, value: Value, path: Path): void {
    this.#anyOf(schema, value, path);
    this.#oneOf(schema, value, path);
    const all = schema.allOf.map((each) => this.#check(each, value, path));
    for (const each of all) this.#merge(each);
    if (all.some(isFailed)) this.#add(path, "number_all_of", "Must validate all the schemas (allOf)");
    if (schema.not !== undefined && !isFailed(this.#check(schema.not, value, path)))
      this.#add(path, "number_not", "Must not validate the schema (not)");
    this.#dependencies(schema, value, path);
    this.#condition(schema, value, path);
    this.score++;
  }

  #anyOf({ anyOf }: Schema, value: Value, path: Path): void {
    if (anyOf.length === 0) return;
    const failed: Validation[] = [];
    for (const each of anyOf) {
      const result = this.#check(each, value, path);
      if (!isFailed(result)) return;
      failed.push(result);
    }
    this.#add(path, "number_any_of", "Must validate at least one schema (anyOf)");
    this.#mergeNearest(failed);
  }

  #oneOf({ oneOf }: Schema, value: Value, path: Path): void {
    if (oneOf.length === 0) return;
    const results = oneOf.map((each) => this.#check(each, value, path));
    const failed = results.filter(isFailed);
    if (results.length - failed.length === 1) return;
    this.#add(path, "number_one_of", "Must validate one and only one schema (oneOf)");
    if (failed.length === results.length) this.#mergeNearest(failed);
  }

  #mergeNearest([first, ...rest]: readonly Validation[]): void {
    if (first !== undefined) this.#merge(rest.reduce((best, each) => (each.score > best.score ? each : best), first));
  }

  #dependencies({ dependencies }: Schema, value: Value, path: Path): void {
    if (!isObject(value)) return;
    for (const [key] of sortedEntries(value)) {
      const dependency = dependencies.get(key as string);
      if (dependency === undefined) continue;
      if (!Array.isArray(dependency)) this.run(dependency as Schema, value, path);
      else
        for (const name of dependency as readonly string[])
          if (lookup(value, name) === undefined) this.#add(path, "missing_dependency", `Has a dependency on ${name}`);
    }
  }

  #condition(schema: Schema, value: Value, path: Path): void {
    if (schema.if === undefined) return;
    const isMet = !isFailed(this.#check(schema.if, value, path));
    const branch = isMet ? schema.then : schema.else;
    const result = branch && this.#check(branch, value, path);
    if (result === undefined || !isFailed(result)) return;
    if (isMet) this.#add(path, "condition_then", 'Must validate "then" as "if" was valid');
    else this.#add(path, "condition_else", 'Must validate "else" as "if" was not valid');
    this.#merge(result);
  }

  #common(schema: Schema, value: Value, path: Path): void {
    const field = path.length === 0 ? "(Root)" : path.join(".");
    if (schema.const !== undefined && comparableText(value) !== schema.const)
      this.#add(path, "const", `${field} does not match: ${schema.const}`);
    if (schema.enum !== undefined && schema.enum.length > 0 && !schema.enum.includes(comparableText(value)))
      this.#add(path, "enum", `${field} must be one of the following: ${schema.enum.join(", ")}`);
    if (schema.format !== undefined && typeof value === "string" && !hasFormat(schema.format, value))
      this.#add(path, "format", `Does not match format '${schema.format}'`);
    this.score++;
  }

  #array(schema: Schema, items: readonly Value[], path: Path): void {
    this.#items(schema, items, path);
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
    if (items.length < minItems) this.#add(path, "array_min_items", `Array must have at least ${minItems} items`);
    if (items.length > maxItems) this.#add(path, "array_max_items", `Array must have at most ${maxItems} items`);
    if (schema.uniqueItems === true) this.#unique(items, path);
    if (schema.contains !== undefined) this.#contains(schema.contains, items, path);
    this.score++;
  }

  #items({ items: schemas, additionalItems }: Schema, items: readonly Value[], path: Path): void {
    if (schemas === undefined) return;
    const isList = Array.isArray(schemas);
    for (const [i, item] of items.entries()) {
      const schema = isList ? ((schemas as readonly Schema[])[i] ?? listRest(schemas, additionalItems)) : schemas;
      if (schema !== undefined) this.#merge(this.#check(schema as Schema, item, [...path, String(i)]));
    }
    if (isList && schemas.length > 0 && schemas.length < items.length && additionalItems === false)
      this.#add(path, "array_no_additional_items", "No additional items allowed on array");
  }

  #unique(items: readonly Value[], path: Path): void {
    const seen = new Map<string, number>();
    for (const [j, item] of items.entries()) {
      const text = comparableText(item);
      const i = seen.get(text);
      if (i !== undefined) this.#add(path, "unique", `array items[${i},${j}] must be unique`);
      seen.set(text, j);
    }
  }

  #contains(schema: Schema, items: readonly Value[], path: Path): void {
    const failed: Validation[] = [];
    for (const [i, item] of items.entries()) {
      const result = this.#check(schema, item, [...path, String(i)]);
      if (!isFailed(result)) return;
      failed.push(result);
    }
    this.#add(path, "contains", "At least one of the items must match");
    this.#mergeNearest(failed);
  }

  #object(schema: Schema, object: JsonObject, path: Path): void {
    const entries = sortedEntries(object) as readonly (readonly [string, Value])[];
    const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = schema;
    if (entries.length < minProperties)
      this.#add(path, "array_min_properties", `Must have at least ${minProperties} properties`);
    if (entries.length > maxProperties)
      this.#add(path, "array_max_properties", `Must have at most ${maxProperties} properties`);
    for (const name of schema.required) {
      if (lookup(object, name) === undefined) this.#add(path, "required", `${name} is required`);
      else this.score++;
    }
    for (const [name, value] of entries) this.#additional(schema, name, value, path);
    for (const [name] of schema.propertyNames === undefined ? [] : entries) {
      const result = this.#check(schema.propertyNames as Schema, name, path);
      if (!isFailed(result)) continue;
      this.#add(path, "invalid_property_name", `Property name of "${name}" does not match`);
      this.#merge(result);
    }
    this.score++;
  }

  #additional(
    { properties, patternProperties, additionalProperties }: Schema,
    name: string,
    value: Value,
    path: Path,
  ): void {
    const matching = patternProperties.filter(([, pattern]) => pattern.matcher(name).find());
    for (const [, , schema] of matching) this.#merge(this.#check(schema, value, [...path, name]));
    if (matching.length > 0) this.score++;
    if (matching.length > 0 || properties.some(([each]) => each === name)) return;
    if (additionalProperties === false)
      this.#add(path, "additional_property_not_allowed", `Additional property ${name} is not allowed`);
    else if (typeof additionalProperties === "object")
      this.#merge(this.#check(additionalProperties, value, [...path, name]));
  }

  #properties({ properties }: Schema, object: JsonObject, path: Path): void {
    for (const [name, schema] of properties) {
      const value = lookup(object, name);
      if (value !== undefined) this.run(schema, value, [...path, name]);
    }
  }

  #string({ minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: Schema, text: string, path: Path): void {
    const length = [...text].length;
    if (length < minLength)
      this.#add(path, "string_gte", `String length must be greater than or equal to ${minLength}`);
    if (length > maxLength) this.#add(path, "string_lte", `String length must be less than or equal to ${maxLength}`);
    if (pattern !== undefined && !pattern.matcher(text).find())
      this.#add(path, "pattern", `Does not match pattern '${pattern.pattern()}'`);
    this.score++;
  }

  #number(schema: Schema, number: NumberValue, path: Path): void {
    const { multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
    const limit = (
      bound: NumberValue | undefined,
      isBroken: (order: number) => boolean,
      type: string,
      words: string,
    ) => {
      if (bound !== undefined && isBroken(compareNumbers(number, bound)))
        this.#add(path, type, `Must be ${words} ${bigFloatText(bound)}`);
    };
    if (multipleOf !== undefined && !isMultiple(number, multipleOf))
      this.#add(path, "multiple_of", `Must be a multiple of ${bigFloatText(multipleOf)}`);
    limit(maximum, (order) => order > 0, "number_lte", "less than or equal to");
    limit(exclusiveMaximum, (order) => order >= 0, "number_lt", "less than");
    limit(minimum, (order) => order < 0, "number_gte", "greater than or equal to");
    limit(exclusiveMinimum, (order) => order <= 0, "number_gt", "greater than");
    this.score++;
  }
}

function isFailed({ faults }: Validation): boolean {
  return faults.length > 0;
}

function listRest(schemas: Schema | readonly Schema[], additional: boolean | Schema | undefined): Schema | undefined {
  return (schemas as readonly Schema[]).length > 0 && typeof additional === "object" ? additional : undefined;
}

function jsonType(value: Value): string {
  const type = typeName(value);
  return type === "number" && isInteger(value as NumberValue) ? "integer" : type;
}

function isOfType({ types }: Schema, given: string): boolean {
  return types.includes(given) || (given === "integer" && types.includes("number"));
}

/** Exactly: both are decimals. */
function isMultiple(number: NumberValue, of: NumberValue): boolean {
  const [a, b] = [decimalOf(number), decimalOf(of)];
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = ({ coefficient, exponent: own }: typeof a): bigint => coefficient * 10n ** BigInt(own - exponent);
  return scaled(a) % scaled(b) === 0n;
}
