import { type FieldError, invalid, notSupported, required, tooLong, tooMany } from "../names.ts";
import { hasFormat } from "./formats.ts";
import { findsPattern } from "./pattern.ts";
import { isSameJson } from "./same.ts";
import { childPath, type Fields, fieldOf, isFields, mapKeyOf, objectFields, type Structural } from "./schema.ts";

/** Said at the end when rules in CEL were left out because of the errors before. */
export const rulesNotChecked: FieldError = {
  field: "<nil>",
  reason: "FieldValueInvalid",
  message:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
};

/** True when an error leaves no value that rules could be asked about. */
export function isBlocking({ reason }: FieldError): boolean {
  return blocking.has(reason);
}

const blocking: ReadonlySet<FieldError["reason"]> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
] as const);

/**
 * Holds a value against the OpenAPI keywords of its schema, with kube-apiserver's messages. What is unchanged since `old` is
 * believed: an object may stay as it was under a schema that has become stricter. KEP-4008.
 */
export function validateBySchema(
  value: unknown,
  schema: Structural,
  path: string,
  old?: unknown,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  checkValue(value, schema, path, old, errors);
  return errors;
}

function checkValue(value: unknown, schema: Structural, path: string, old: unknown, errors: FieldError[]): void {
  if (old !== undefined && isSameJson(value, old)) return;
  if (!checkType(value, schema, path, errors)) return;
  if (value === null) return;
  checkCombinations(value, schema, path, errors);
  if (schema.enum !== undefined && !schema.enum.some((each) => isSameJson(each, value)))
    errors.push(notSupported(path, value, schema.enum.map(wordOf)));
  if (typeof value === "string") checkText(value, schema, path, errors);
  else if (typeof value === "number") checkNumber(value, schema, path, errors);
  else if (Array.isArray(value)) checkList(value, schema, path, old, errors);
  else if (isFields(value)) checkFields(value, schema, path, old, errors);
}

/** Words of any type are told as texts. */
function wordOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function bodyError(path: string, value: unknown, rule: string): FieldError {
  return invalid(path, value, `${path} in body ${rule}`);
}

function typeError(path: string, value: unknown, type: string): FieldError {
  return {
    ...bodyError(path, value, `must be of type ${type}: ${JSON.stringify(value)}`),
    reason: "FieldValueTypeInvalid",
  };
}

/** Errors that name no field of their own. */
function unplaced(detail: string): FieldError {
  return { field: "<nil>", reason: "FieldValueInvalid", message: `Invalid value: "": ${detail}` };
}

function checkType(value: unknown, schema: Structural, path: string, errors: FieldError[]): boolean {
  const wanted =
    schema["x-kubernetes-int-or-string"] === true
      ? ["integer", "string"]
      : schema.type === undefined
        ? []
        : [schema.type];
  if (value === null && schema.nullable === true) return true;
  if (wanted.length === 0) return true;
  const actual = typeNameOf(value);
  const isRight = wanted.some((type) => type === actual || (type === "number" && actual === "integer"));
  if (!isRight) {
    errors.push(typeError(path, actual, wanted.join(",")));
    if (actual === "number" && schema.type === "integer") {
      errors.push(unplaced(`Checked value must be of type integer (default format) in ${path}`));
      checkNumber(value as number, schema, path, errors);
    }
  }
  return isRight;
}

function typeNameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function checkCombinations(value: unknown, schema: Structural, path: string, errors: FieldError[]): void {
  const outcomes = (schemas: readonly Structural[] | undefined) =>
    (schemas ?? []).map((each) => validateBySchema(value, each, path));
  const any = outcomes(schema.anyOf);
  if (any.length > 0 && !any.some((found) => found.length === 0))
    errors.push(unplaced(`"${path}" must validate at least one schema (anyOf)`), ...fewest(any));
  const one = outcomes(schema.oneOf);
  const valid = one.filter((found) => found.length === 0).length;
  if (one.length > 0 && valid !== 1) {
    const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
    errors.push(unplaced(`"${path}" must validate one and only one schema (oneOf). ${found}`));
    if (valid === 0) errors.push(...fewest(one));
  }
  const all = outcomes(schema.allOf);
  errors.push(...all.flat());
  if (all.some((found) => found.length > 0)) {
    const none = all.every((found) => found.length > 0) ? ". None validated" : "";
    errors.push(unplaced(`"${path}" must validate all the schemas (allOf)${none}`));
  }
  if (schema.not !== undefined && validateBySchema(value, schema.not, path).length === 0)
    errors.push(unplaced(`"${path}" must not validate the schema (not)`));
}

/** The errors of the alternative that came nearest: the first of those with fewest. */
function fewest(outcomes: readonly (readonly FieldError[])[]): readonly FieldError[] {
  return outcomes.reduce((best, each) => (each.length < best.length ? each : best));
}

function checkText(text: string, schema: Structural, path: string, errors: FieldError[]): void {
  const { minLength, maxLength, pattern, format } = schema;
  const length = [...text].length;
  // The first of these is enough, as go-openapi has it.
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  else if (minLength !== undefined && length < minLength)
    errors.push(bodyError(path, text, `should be at least ${minLength} chars long`));
  else if (pattern !== undefined && !findsPattern(pattern, text))
    errors.push(bodyError(path, text, `should match '${pattern}'`));
  if (format !== undefined && !hasFormat(text, format)) errors.push(typeError(path, text, format));
}

function checkNumber(value: number, schema: Structural, path: string, errors: FieldError[]): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, format } = schema;
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    errors.push(bodyError(path, value, `should be a multiple of ${multipleOf}`));
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    errors.push(bodyError(path, value, `should be less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`));
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    errors.push(bodyError(path, value, `should be greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`));
  if (format === "int32" && Math.abs(value) > 2 ** 31)
    errors.push(unplaced(`Checked value must be of type integer with format int32 in ${path}`));
}

function checkList(
  value: readonly unknown[],
  schema: Structural,
  path: string,
  old: unknown,
  errors: FieldError[],
): void {
  const { items, minItems, maxItems } = schema;
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (minItems !== undefined && value.length < minItems)
    errors.push(bodyError(path, value.length, `should have at least ${minItems} items`));
  if (items === undefined) return;
  const before = oldItems(old, schema);
  for (const [i, item] of value.entries()) {
    checkValue(item, items, `${path}[${i}]`, before(item), errors);
    if (items["x-kubernetes-embedded-resource"] === true) checkEmbedded(item, `${path}[${i}]`, errors);
  }
}

/** Finds the item as it was, in lists whose items have keys. */
export function oldItems(old: unknown, schema: Structural): (item: unknown) => unknown {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] !== "map" || keys === undefined || !Array.isArray(old)) return () => undefined;
  const byKey = new Map(old.map((item) => [mapKeyOf(item, keys, schema.items), item]));
  return (item) => {
    const key = mapKeyOf(item, keys, schema.items);
    return key === undefined ? undefined : byKey.get(key);
  };
}

function checkFields(value: Fields, schema: Structural, path: string, old: unknown, errors: FieldError[]): void {
  const { minProperties, maxProperties, required: names = [] } = schema;
  const size = Object.keys(value).length;
  if (maxProperties !== undefined && size > maxProperties) errors.push(tooMany(path, size, maxProperties));
  if (minProperties !== undefined && size < minProperties)
    errors.push(bodyError(path, size, `should have at least ${minProperties} properties`));
  for (const name of names) if (!Object.hasOwn(value, name)) errors.push(required(childPath(path, name)));
  for (const [name, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const field = fieldOf(schema, name);
    if (field === undefined) continue;
    const before =
      isFields(old) && Object.hasOwn(old, name) && !(path === "" && objectFields.has(name)) ? old[name] : undefined;
    checkValue(item, field, childPath(path, name), before, errors);
    if (field["x-kubernetes-embedded-resource"] === true) checkEmbedded(item, childPath(path, name), errors);
  }
}

/** An object within an object says what it is. */
function checkEmbedded(value: unknown, path: string, errors: FieldError[]): void {
  if (!isFields(value)) return;
  for (const name of ["apiVersion", "kind"])
    if (value[name] === undefined || value[name] === "") errors.push(required(childPath(path, name)));
}

/** Lists that are sets or maps hold nothing twice. */
export function validateUniqueness(value: unknown, schema: Structural, path: string): readonly FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const inner =
      items === undefined ? [] : value.flatMap((item, i) => validateUniqueness(item, items, `${path}[${i}]`));
    return [...duplicates(value, schema, path), ...inner];
  }
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const field = fieldOf(schema, name);
    return field === undefined ? [] : validateUniqueness(item, field, childPath(path, name));
  });
}

function duplicates(value: readonly unknown[], schema: Structural, path: string): readonly FieldError[] {
  const type = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (type !== "set" && type !== "map") return [];
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, item] of value.entries()) {
    const identity = type === "set" ? canonical(item) : mapKeyOf(item, keys, schema.items);
    if (identity === undefined) continue;
    const shown = type === "set" ? item : Object.fromEntries(keys.map((key) => [key, (item as Fields)[key]]));
    if (seen.has(identity))
      errors.push({
        field: `${path}[${i}]`,
        reason: "FieldValueDuplicate",
        message: `Duplicate value: ${canonical(shown)}`,
      });
    seen.add(identity);
  }
  return errors;
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    isFields(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}
