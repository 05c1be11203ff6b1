import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import { applySchemaDefaults } from "../../structural/default.ts";
import { isFormat } from "../../structural/formats.ts";
import { patternFault } from "../../structural/pattern.ts";
import { prune } from "../../structural/prune.ts";
import { fieldOf, type Structural, type ValidationRule } from "../../structural/schema.ts";
import { validateBySchema } from "../../structural/validate.ts";

const types = ["array", "boolean", "integer", "number", "object", "string"];
const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/** Beside these nothing stands at the root of a schema whose objects have a status of their own. */
const rootFields = new Set([
  "description",
  "type",
  "format",
  "title",
  "maximum",
  "exclusiveMaximum",
  "minimum",
  "exclusiveMinimum",
  "maxLength",
  "minLength",
  "pattern",
  "maxItems",
  "minItems",
  "uniqueItems",
  "multipleOf",
  "required",
  "enum",
  "items",
  "properties",
  "additionalProperties",
]);

const unsupported = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];

/** What kube-apiserver refuses of a version's schema: it must be structural, and its defaults must fit it. */
export function validateSchema(schema: Structural, path: string, hasStatus: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus && schema.type !== undefined && schema.type !== "object")
    errors.push(
      invalid(
        `${path}.type`,
        schema.type,
        `only "object" is allowed as the type at the root of the schema if the status subresource is enabled`,
      ),
    );
  if (hasStatus && Object.keys(schema).some((name) => !rootFields.has(name) && !name.startsWith("x-kubernetes-")))
    errors.push(
      invalid(
        path,
        schema,
        `only [${[...rootFields].join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`,
      ),
    );
  if (schema.nullable === true) errors.push(forbidden(`${path}.nullable`, "nullable cannot be true at the root"));
  errors.push(...keywordFaults(schema, path));
  const keyword = unreadKeyword(schema);
  if (keyword === undefined) errors.push(...structuralFaults(schema, path));
  // Nobody looks whether it is structural, nor tells of that when there is more to tell.
  else if (errors.length === 0) errors.push(invalid(path, "", `OpenAPIV3Schema '${keyword}' is not supported`));
  if (errors.length === 0) checkDefaults(schema, path, errors);
  return errors;
}

function structuralFaults(schema: Structural, path: string): readonly FieldError[] {
  const faults: FieldError[] = [];
  checkStructural(schema, path, "root", faults);
  return faults.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

/** A keyword anywhere that structural schemas cannot hold, and that is not refused for itself. */
function unreadKeyword(schema: Structural): string | undefined {
  if ("$schema" in schema) return "schema";
  const { items, additionalProperties, properties = {} } = schema;
  for (const each of [items, additionalProperties, ...Object.values(properties)]) {
    const found = typeof each === "object" ? unreadKeyword(each) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const incomplete = "because it is defined in";

function textOf({ field, message }: FieldError): string {
  return `${field}: ${message}`;
}

/** What is wrong with the keywords of a schema, each by itself; where that is much, nobody compiles the rules. */
export function keywordFaults(schema: Structural, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  checkKeywords(schema, path, errors);
  for (const name of ["apiVersion", "kind", "metadata"]) {
    const own = schema.properties?.[name];
    if (own !== undefined) forbidDefaults(own, `${path}.properties[${name}]`, `in top-level ${name}`, errors);
  }
  return errors;
}

function forbidDefaults(schema: Structural, path: string, where: string, errors: FieldError[]): void {
  if (schema.default !== undefined) errors.push(forbidden(`${path}.default`, `must not be set ${where}`));
  for (const [at, inner] of innerSchemas(schema, path)) forbidDefaults(inner, at, where, errors);
}

/** The formats in a schema of which kube-apiserver knows none, and sets whose items are no scalars: it lets them in, but warns. */
export function schemaWarnings(schema: Structural): readonly string[] {
  const { type, format = "", items } = schema;
  const set = "x-kubernetes-list-type: set";
  const isOdd = schema["x-kubernetes-list-type"] === "set" && (items?.type === "object" || items?.type === "array");
  return [
    ...(format === "" || isKnownFormat(format, type ?? "") ? [] : [`unrecognized format ${JSON.stringify(format)}`]),
    ...(isOdd
      ? [`${set} for items of type "${items.type}" is not supported by server-side apply or CEL validation rules`]
      : []),
    ...[...innerSchemas(schema, "")].flatMap(([, inner]) => schemaWarnings(inner)),
  ];
}

function isKnownFormat(format: string, type: string): boolean {
  if (type === "integer") return format === "int32" || format === "int64";
  if (type === "number") return format === "float" || format === "double";
  return (type === "" || type === "string") && isFormat(format);
}

function checkKeywords(schema: Structural, path: string, errors: FieldError[]): void {
  const fields = schema as { readonly [name: string]: unknown };
  for (const name of unsupported)
    if (fields[name] !== undefined) errors.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  if (schema.uniqueItems === true)
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  if (schema.properties !== undefined && typeof schema.additionalProperties === "object")
    errors.push(forbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"));
  if (schema.type !== undefined && !types.includes(schema.type)) {
    if (schema.type === "null")
      errors.push(forbidden(`${path}.type`, "type cannot be set to null, use nullable as an alternative"));
    errors.push(notSupported(`${path}.type`, schema.type, types));
  }
  if (Array.isArray(schema.items))
    errors.push(forbidden(`${path}.items`, "items must be a schema object and not an array"));
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
  checkPattern(schema, path, errors);
  checkMapType(schema, path, errors);
  checkListType(schema, path, errors);
  for (const [i, rule] of (schema["x-kubernetes-validations"] ?? []).entries())
    checkRule(rule, schema, `${path}.x-kubernetes-validations[${i}]`, errors);
  for (const [at, inner] of innerSchemas(schema, path)) checkKeywords(inner, at, errors);
}

function* innerSchemas(schema: Structural, path: string): Generator<readonly [string, Structural]> {
  for (const [name, inner] of Object.entries(schema.properties ?? {})) yield [`${path}.properties[${name}]`, inner];
  if (typeof schema.additionalProperties === "object")
    yield [`${path}.additionalProperties`, schema.additionalProperties];
  if (schema.items !== undefined && !Array.isArray(schema.items)) yield [`${path}.items`, schema.items];
  for (const name of ["allOf", "anyOf", "oneOf"] as const)
    for (const [i, inner] of (schema[name] ?? []).entries()) yield [`${path}.${name}[${i}]`, inner];
  if (schema.not !== undefined) yield [`${path}.not`, schema.not];
}

function checkPattern({ pattern }: Structural, path: string, errors: FieldError[]): void {
  const fault = pattern === undefined ? undefined : patternFault(pattern);
  if (fault === undefined) return;
  errors.push(invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${fault}`));
}

function checkMapType(schema: Structural, path: string, errors: FieldError[]): void {
  const type = schema["x-kubernetes-map-type"];
  if (type === undefined) return;
  const rule = "must be object if x-kubernetes-map-type is specified";
  if (schema.type === undefined) errors.push(required(`${path}.type`, rule));
  else if (schema.type !== "object") errors.push(invalid(`${path}.type`, schema.type, rule));
  if (type !== "atomic" && type !== "granular")
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, type, ["atomic", "granular"]));
}

function checkListType(schema: Structural, path: string, errors: FieldError[]): void {
  const type = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (type !== undefined) {
    const rule = "must be array if x-kubernetes-list-type is specified";
    if (schema.type === undefined) errors.push(required(`${path}.type`, rule));
    else if (schema.type !== "array") errors.push(invalid(`${path}.type`, schema.type, rule));
    if (!["atomic", "set", "map"].includes(type))
      errors.push(notSupported(`${path}.x-kubernetes-list-type`, type, ["atomic", "set", "map"]));
  }
  if (keys.length > 0 && type !== "map") {
    const rule = "must be map if x-kubernetes-list-map-keys is non-empty";
    errors.push(
      type === undefined
        ? required(`${path}.x-kubernetes-list-type`, rule)
        : invalid(`${path}.x-kubernetes-list-type`, type, rule),
    );
  }
  if (type === "set") checkSet(schema, path, errors);
  if (type === "map") checkMap(schema, keys, path, errors);
}

function checkSet({ items }: Structural, path: string, errors: FieldError[]): void {
  if (items === undefined) return;
  const rule = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const [list, map] = [items["x-kubernetes-list-type"], items["x-kubernetes-map-type"]];
  if (items.type === "array" && list !== "atomic" && list !== undefined)
    errors.push(invalid(`${path}.items.x-kubernetes-list-type`, list, rule));
  if (items.type === "object" && map !== "atomic")
    errors.push(invalid(`${path}.items.x-kubernetes-map-type`, map ?? null, rule));
  if (items.nullable === true)
    errors.push(forbidden(`${path}.items.nullable`, "cannot be nullable when x-kubernetes-list-type is set"));
}

function checkMap({ items }: Structural, keys: readonly string[], path: string, errors: FieldError[]): void {
  if (keys.length === 0)
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, "must not be empty if x-kubernetes-list-type is map"));
  if (items === undefined) {
    errors.push(required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map"));
    return;
  }
  if (items.type !== "object")
    errors.push(
      invalid(`${path}.items.type`, items.type ?? "", "must be object if parent array's x-kubernetes-list-type is map"),
    );
  if (new Set(keys).size < keys.length)
    errors.push(invalid(`${path}.x-kubernetes-list-map-keys`, keys, "must not contain duplicate entries"));
  if (items.nullable === true)
    errors.push(forbidden(`${path}.items.nullable`, "cannot be nullable when x-kubernetes-list-type is map"));
  for (const key of keys) {
    const field = items.properties?.[key];
    const at = `${path}.items.properties[${key}]`;
    if (field === undefined) {
      errors.push(invalid(`${path}.x-kubernetes-list-map-keys`, keys, "entries must all be names of item properties"));
      continue;
    }
    if (field.type === "array" || field.type === "object")
      errors.push(
        invalid(
          `${at}.type`,
          items.type ?? "",
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    if (field.default === undefined && !items.required?.includes(key))
      errors.push(
        required(
          `${at}.default`,
          "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        ),
      );
    if (field.nullable === true)
      errors.push(
        forbidden(`${at}.nullable`, "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"),
      );
  }
}

function checkRule(
  { rule, message, messageExpression, reason, fieldPath }: ValidationRule,
  schema: Structural,
  path: string,
  errors: FieldError[],
): void {
  if ((rule ?? "").trim() === "") errors.push(required(`${path}.rule`, "rule is not specified"));
  else if (message !== undefined && message !== "" && message.trim() === "")
    errors.push(invalid(`${path}.message`, message, "must be non-empty if specified"));
  else if (message?.trim().includes("\n"))
    errors.push(invalid(`${path}.message`, message, "must not contain line breaks"));
  else if (rule.trim().includes("\n") && (message ?? "") === "")
    errors.push(required(`${path}.message`, "message must be specified if rule contains line breaks"));
  if (messageExpression !== undefined && messageExpression !== "" && messageExpression.trim() === "")
    errors.push(required(`${path}.messageExpression`, "messageExpression must be non-empty if specified"));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, reasons));
  if (fieldPath !== undefined && fieldPath !== "" && fieldPath.trim() === "")
    errors.push(invalid(`${path}.fieldPath`, fieldPath, "must be non-empty if specified"));
  else if (fieldPath && !leadsToField(fieldPath, schema))
    errors.push(invalid(`${path}.fieldPath`, fieldPath, "must be a valid path"));
}

/** A path in dots and quoted brackets over declared fields; into lists it does not go. */
function leadsToField(path: string, schema: Structural): boolean {
  const steps = [...path.matchAll(/\.([A-Za-z_][\w-]*)|\['((?:[^'\\]|\\.)*)'\]/g)];
  if (steps.map(([text]) => text).join("") !== path.trim()) return false;
  let at: Structural | undefined = schema;
  for (const [, name, quoted] of steps) at = at && fieldOf(at, name ?? quoted ?? "");
  return at !== undefined;
}

type Place = "root" | "field" | "item";

function checkStructural(schema: Structural, path: string, place: Place, errors: FieldError[]): void {
  const isIntOrString = schema["x-kubernetes-int-or-string"] === true;
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true;
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema.type === "array" && schema.items === undefined)
    errors.push(required(`${path}.items`, "must be specified"));
  if (place === "root") checkRoot(schema, path, errors);
  else if (schema.type === undefined && !isIntOrString && !keepsUnknown) {
    const where = place === "item" ? "array items" : "object fields";
    errors.push(required(`${path}.type`, `must not be empty for specified ${where}`));
  }
  if (isEmbedded) {
    const rule = "must be object if x-kubernetes-embedded-resource is true";
    if (schema.type === undefined) errors.push(required(`${path}.type`, rule));
    else if (schema.type !== "object") errors.push(invalid(`${path}.type`, schema.type, rule));
    if (schema.additionalProperties !== undefined)
      errors.push(
        forbidden(`${path}.additionalProperties`, "must not be used if x-kubernetes-embedded-resource is set"),
      );
    if (!keepsUnknown && Object.keys(schema.properties ?? {}).length === 0)
      errors.push(
        required(
          `${path}.properties`,
          "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ),
      );
  }
  if (place === "root" || isEmbedded) checkObjectFields(schema, path, errors);
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    if (!((place === "root" || isEmbedded) && name === "metadata"))
      checkStructural(inner, `${path}.properties[${name}]`, "field", errors);
  if (typeof schema.additionalProperties === "object")
    checkStructural(schema.additionalProperties, `${path}.additionalProperties`, "field", errors);
  if (schema.items !== undefined && !Array.isArray(schema.items))
    checkStructural(schema.items, `${path}.items`, "item", errors);
  checkJunctors(schema, path, errors);
  if (place === "root") checkComplete(schema, schema, path, path, errors);
}

function checkRoot(schema: Structural, path: string, errors: FieldError[]): void {
  if (schema.additionalProperties !== undefined)
    errors.push(forbidden(`${path}.additionalProperties`, "must not be used at the root"));
  if (schema.type === undefined) errors.push(required(`${path}.type`, "must not be empty at the root"));
  else if (schema.type !== "object") errors.push(invalid(`${path}.type`, schema.type, "must be object at the root"));
}

function checkObjectFields({ properties = {} }: Structural, path: string, errors: FieldError[]): void {
  for (const name of ["kind", "apiVersion"]) {
    const type = properties[name]?.type;
    if (properties[name] !== undefined && type !== "string")
      errors.push(invalid(`${path}.properties[${name}].type`, type ?? "", "must be string"));
  }
  const { metadata } = properties;
  if (metadata === undefined) return;
  if (metadata.type !== "object")
    errors.push(invalid(`${path}.properties[metadata].type`, metadata.type ?? "", "must be object"));
  const named = Object.keys(metadata.properties ?? {}).every((name) => name === "name" || name === "generateName");
  if (!named)
    errors.push(
      forbidden(
        `${path}.properties[metadata]`,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
}

/** Within allOf, anyOf, oneOf and not stands only what judges values. */
function checkJunctors(schema: Structural, path: string, errors: FieldError[]): void {
  for (const [at, inner] of junctors(schema, path)) checkNested(inner, at, isEitherType(schema, at, path), errors);
}

function* junctors(schema: Structural, path: string): Generator<readonly [at: string, Structural]> {
  for (const name of ["allOf", "anyOf", "oneOf"] as const)
    for (const [i, inner] of (schema[name] ?? []).entries()) yield [`${path}.${name}[${i}]`, inner];
  if (schema.not !== undefined) yield [`${path}.not`, schema.not];
}

/** Whether types may be told below: of a number or a text, in the one form that there is for them, which may stand first in `allOf`. */
function isEitherType(schema: Structural, at: string, path: string): "here" | "below" | undefined {
  if (schema["x-kubernetes-int-or-string"] !== true) return undefined;
  if (at.startsWith(`${path}.anyOf`) && isEither(schema.anyOf)) return "here";
  return at === `${path}.allOf[0]` && isEither(schema.allOf?.[0]?.anyOf) ? "below" : undefined;
}

function isEither(schemas: readonly Structural[] | undefined): boolean {
  return schemas?.length === 2 && schemas[0]?.type === "integer" && schemas[1]?.type === "string";
}

const nestedForbidden: readonly (readonly [keyof Structural, string])[] = [
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function checkNested(
  nested: Structural,
  path: string,
  either: "here" | "below" | undefined,
  errors: FieldError[],
): void {
  if (nested.type !== undefined && either !== "here")
    errors.push(forbidden(`${path}.type`, "must be empty to be structural"));
  for (const [name, rule] of nestedForbidden)
    if (nested[name] !== undefined && nested[name] !== false) errors.push(forbidden(`${path}.${name}`, rule));
  if (nested.properties?.["metadata"] !== undefined)
    errors.push(forbidden(`${path}.properties[metadata]`, "must not be specified in a nested context"));
  for (const [name, inner] of Object.entries(nested.properties ?? {}))
    checkNested(inner, `${path}.properties[${name}]`, undefined, errors);
  if (nested.items !== undefined) checkNested(nested.items, `${path}.items`, undefined, errors);
  for (const [at, inner] of junctors(nested, path))
    checkNested(inner, at, either === "below" && at.startsWith(`${path}.anyOf`) ? "here" : undefined, errors);
}

/** What is judged within the junctors at the root must be declared outside as well. */
function checkComplete(
  nested: Structural,
  outer: Structural,
  path: string,
  outside: string,
  errors: FieldError[],
): void {
  for (const [at, inner] of junctors(nested, path)) checkDeclared(inner, outer, at, outside, errors);
}

function checkDeclared(
  nested: Structural,
  outer: Structural | undefined,
  path: string,
  outside: string,
  errors: FieldError[],
): void {
  if (outer === undefined) {
    errors.push(required(outside, `${incomplete} ${path}`));
    return;
  }
  checkComplete(nested, outer, path, outside, errors);
  if (nested.items !== undefined) checkDeclared(nested.items, outer.items, `${path}.items`, `${outside}.items`, errors);
  for (const [name, inner] of Object.entries(nested.properties ?? {})) {
    const at = `properties[${name}]`;
    checkDeclared(inner, outer.properties?.[name], `${path}.${at}`, `${outside}.${at}`, errors);
  }
}

/** A default has no unknown fields, and is valid itself. */
function checkDefaults(schema: Structural, path: string, errors: FieldError[]): void {
  if (schema.default !== undefined) {
    const { unknown } = prune(schema.default, schema, schema["x-kubernetes-embedded-resource"] === true);
    if (unknown.length > 0) errors.push(invalid(`${path}.default`, schema.default, "must not have unknown fields"));
    const filled = applySchemaDefaults(schema.default, schema);
    errors.push(...validateBySchema(filled, schema, "").map((error) => placed(error, `${path}.default`)));
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    checkDefaults(inner, `${path}.properties[${name}]`, errors);
  if (typeof schema.additionalProperties === "object")
    checkDefaults(schema.additionalProperties, `${path}.additionalProperties`, errors);
  if (schema.items !== undefined) checkDefaults(schema.items, `${path}.items`, errors);
}

/** An error below the default, whose text names the place from the default on. */
function placed(error: FieldError, path: string): FieldError {
  return { ...error, field: error.field === "" || error.field === "<nil>" ? path : `${path}.${error.field}` };
}
