import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import { applySchemaDefaults } from "../../structural/default.ts";
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
  checkKeywords(schema, path, errors);
  const structural: FieldError[] = [];
  checkStructural(schema, path, "root", structural);
  // That a field is declared outside as well is asked of schemas that are structural otherwise.
  const grave = structural.filter(({ message }) => !message.startsWith(incomplete));
  errors.push(...(grave.length === 0 ? structural : grave));
  if (errors.length === 0) checkDefaults(schema, path, errors);
  return errors;
}

const incomplete = "Required value: because it is defined in";

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
    else errors.push(notSupported(`${path}.type`, schema.type, types));
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

/** Within allOf, anyOf, oneOf and not stands only what judges values, of fields that are declared outside as well. */
function checkJunctors(schema: Structural, path: string, errors: FieldError[]): void {
  for (const name of ["allOf", "anyOf", "oneOf"] as const)
    for (const [i, inner] of (schema[name] ?? []).entries())
      checkNested(inner, schema, `${path}.${name}[${i}]`, errors);
  if (schema.not !== undefined) checkNested(schema.not, schema, `${path}.not`, errors);
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
];

function checkNested(nested: Structural, outer: Structural, path: string, errors: FieldError[]): void {
  const isEither =
    outer["x-kubernetes-int-or-string"] === true && (nested.type === "integer" || nested.type === "string");
  if (nested.type !== undefined && !isEither) errors.push(forbidden(`${path}.type`, "must be empty to be structural"));
  for (const [name, rule] of nestedForbidden)
    if (nested[name] !== undefined && nested[name] !== false) errors.push(forbidden(`${path}.${name}`, rule));
  for (const [name, inner] of Object.entries(nested.properties ?? {})) {
    const declared = outer.properties?.[name];
    const outside = path.replace(/\.(allOf|anyOf|oneOf)\[\d+\].*$|\.not.*$/, "");
    if (declared === undefined && typeof outer.additionalProperties !== "object")
      errors.push(required(`${outside}.properties[${name}]`, `because it is defined in ${path}.properties[${name}]`));
    const beside = declared ?? (typeof outer.additionalProperties === "object" ? outer.additionalProperties : {});
    checkNested(inner, beside, `${path}.properties[${name}]`, errors);
  }
  if (nested.items !== undefined) {
    const outside = path.replace(/\.(allOf|anyOf|oneOf)\[\d+\].*$|\.not.*$/, "");
    if (outer.items === undefined) errors.push(required(`${outside}.items`, `because it is defined in ${path}.items`));
    else checkNested(nested.items, outer.items, `${path}.items`, errors);
  }
  checkJunctors(nested, path, errors);
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
  if (error.field === "<nil>") return error;
  return { ...error, field: error.field === "" ? path : `${path}.${error.field}` };
}
