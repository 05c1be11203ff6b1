import { givenField } from "../../go/emptied.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import type {
  DefinitionNames,
  DefinitionSpec,
  DefinitionVersion,
  ScalePaths,
} from "../../structural/custom-version.ts";
import { definitionOf, hasCondition } from "../../structural/custom-version.ts";
import { placesOf, schemaPlaces } from "../../structural/places.ts";
import { isSameJson } from "../../structural/same.ts";
import type { Structural } from "../../structural/schema.ts";
import { validateClientConfig } from "../admissionregistration/webhook-configuration.ts";
import { dns1035Label, dns1123Subdomain, type Format } from "../formats.ts";
import { type Fields, fill, immutable, type KindRules } from "../rules.ts";
import { schemaWarnings, validateSchema } from "./schema-rules.ts";

/** SetDefaults_CustomResourceDefinitionSpec, and the status that a new one begins with. */
export const customResourceDefinition: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    const names = (spec["names"] ??= {}) as Fields;
    const kind = String(names["kind"] ?? "");
    if (!names["singular"]) names["singular"] = kind.toLowerCase();
    if (!names["listKind"] && kind !== "") names["listKind"] = `${kind}List`;
    fill(spec, { conversion: { strategy: "None" } });
    const client = spec["conversion"]?.webhook?.clientConfig?.service as Fields | undefined;
    if (client !== undefined) fill(client, { port: 443 });
    if (spec["preserveUnknownFields"] === false) delete spec["preserveUnknownFields"];
    const status = object["status"] as Fields | undefined;
    const storage = ((spec["versions"] ?? []) as readonly Fields[]).filter((each) => each["storage"] === true);
    if (status !== undefined && !status["storedVersions"]?.length && storage.length > 0)
      status["storedVersions"] = [storage[0]?.["name"]];
  },
  validate: (object) => [...validateName(object), ...validateDefinition(object)],
  warnings: formatWarnings,
  validateStatus: (object) => namesOfStatus(object),
  validateReplacement: (object, old) => validateDefinition(object, validateUnchanged(object, old)),
};

/** Of a new one: later its parts do not change. */
function validateName({ metadata: { name = "" }, ...object }: KubeObject): readonly FieldError[] {
  const { spec } = definitionOf({ ...object, metadata: {} } as KubeObject);
  const wanted = `${spec.names?.plural ?? ""}.${spec.group ?? ""}`;
  return name === "" || name === wanted
    ? []
    : [invalid("metadata.name", name, `must be spec.names.plural+"."+spec.group`)];
}

/** Of a new version of the definition those that the old one did not give. */
function formatWarnings(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  const before = old === undefined ? [] : formatWarnings(old, undefined);
  const all = schemaPlaces(definitionOf(object).spec).flatMap(({ schema }) => schemaWarnings(schema));
  return [...new Set(all)].filter((each) => !before.includes(each));
}

/** `changed`: what of its spec may not change. */
function validateDefinition(object: KubeObject, changed: readonly FieldError[] = []): readonly FieldError[] {
  const { spec, status } = definitionOf(object);
  return [
    ...validateSpec(spec),
    ...changed,
    ...namesOfStatus(object),
    ...validateStored(status.storedVersions ?? [], spec.versions ?? []),
    ...validateApproval(object.metadata.annotations ?? {}, spec.group ?? ""),
    ...(spec.preserveUnknownFields === true
      ? [
          invalid(
            "spec.preserveUnknownFields",
            true,
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
          ),
        ]
      : []),
  ];
}

function validateUnchanged(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const named = hasCondition(old, "Established") ? ["spec.scope", "spec.names.kind"] : [];
  return immutable(object, old, [...named, "spec.group", "spec.names.plural"]);
}

/** All that is wrong with a text that is there, in one fault. */
function formed(field: string, text: string, format: Format, prefix = "", checked = text): readonly FieldError[] {
  return text === "" ? [] : joined(field, text, format(checked), prefix);
}

/** The same of a name that must be there, and is no label where it is empty. */
function label(field: string, text = ""): readonly FieldError[] {
  return joined(field, text, dns1035Label(text));
}

function joined(field: string, text: string, faults: readonly string[], prefix = ""): readonly FieldError[] {
  return faults.length === 0 ? [] : [invalid(field, text, prefix + faults.join(","))];
}

function validateSpec(spec: DefinitionSpec): readonly FieldError[] {
  const { group = "", scope, names = { plural: "", kind: "" }, conversion } = spec;
  const versions = spec.versions ?? [];
  const errors: FieldError[] = [];
  if (group === "") errors.push(required("spec.group"));
  else if (dns1123Subdomain(group).length > 0) errors.push(...formed("spec.group", group, dns1123Subdomain));
  else if (!group.includes(".")) errors.push(invalid("spec.group", group, "should be a domain with at least one dot"));
  errors.push(...enumerated("spec.scope", scope, ["Cluster", "Namespaced"]));
  for (const [i, { schema }] of versions.entries())
    if (schema?.openAPIV3Schema === undefined) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`));
  for (const [i, version] of versions.entries()) errors.push(...validateVersion(version, `spec.versions[${i}]`));
  const parts = validateParts(spec);
  // What versions have in common stands outside of them, and is looked at last.
  const ofVersions = parts.filter(({ field }) => field.startsWith("spec.versions"));
  errors.push(...ofVersions);
  const seen = new Set(versions.map(({ name }) => name));
  if (seen.size < versions.length)
    errors.push(invalid("spec.versions", shownVersions(spec), "must contain unique version names"));
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(
      invalid("spec.versions", shownVersions(spec), "must have exactly one version marked as storage version"),
    );
  const { name: first = "" } = versions[0] ?? {};
  errors.push(...formed("spec.version", first, dns1035Label));
  errors.push(...validateNames(names, "spec.names"));
  errors.push(...parts.filter((each) => !ofVersions.includes(each)));
  errors.push(...enumerated("spec.conversion.strategy", conversion?.strategy, ["None", "Webhook"]));
  if (spec.preserveUnknownFields === true && conversion?.strategy !== "None")
    errors.push(
      invalid("spec.conversion.strategy", conversion?.strategy, "must be None if spec.preserveUnknownFields is true"),
    );
  errors.push(...validateConversion(conversion));
  return errors;
}

/** As Go prints them: without what all of them have in common. */
function shownVersions(spec: DefinitionSpec): unknown {
  const { versions } = spec;
  if (!versions?.length) return givenField(spec as Fields, "versions") ?? null;
  const own = (part: keyof DefinitionVersion, version: DefinitionVersion) =>
    versions.every((each) => isSameJson(each[part], versions[0]?.[part])) ? null : (version[part] ?? null);
  return versions.map((version) => ({
    Name: version.name,
    Served: version.served,
    Storage: version.storage,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: own("schema", version),
    Subresources: own("subresources", version),
    AdditionalPrinterColumns: own("additionalPrinterColumns", version),
    SelectableFields: own("selectableFields", version),
  }));
}

function enumerated(field: string, value: string | undefined, accepted: readonly string[]): readonly FieldError[] {
  if (!value) return [required(field)];
  return accepted.includes(value) ? [] : [notSupported(field, value, accepted)];
}

function validateVersion(version: DefinitionVersion, field: string): readonly FieldError[] {
  const { name, deprecated, deprecationWarning } = version;
  const errors: FieldError[] = [];
  errors.push(...label(`${field}.name`, name));
  for (const fault of warningFaults(deprecated === true, deprecationWarning))
    errors.push(invalid(`${field}.deprecationWarning`, deprecationWarning, fault));
  return errors;
}

const maxWarningLength = 256;

function warningFaults(isDeprecated: boolean, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  if (!isDeprecated) return ["can only be set for deprecated versions"];
  const bytes = new TextEncoder();
  const odd = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text);
  const at = odd === null ? 0 : bytes.encode(text.slice(0, odd.index)).length;
  return [
    ...(bytes.encode(text).length > maxWarningLength ? [`must be <= ${maxWarningLength} characters long`] : []),
    ...(text === "" ? ["must not be an empty string"] : []),
    ...(odd === null
      ? []
      : [`must only contain printable UTF-8 characters; non-printable character found at index ${at}`]),
  ];
}

/** Schemas, columns and subresources, which versions may have in common. */
function validateParts(spec: DefinitionSpec): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const { schema, path, version } of schemaPlaces(spec))
    errors.push(...validateSchema(schema, path, version.subresources?.status !== undefined));
  for (const { value, path } of placesOf(spec, "additionalPrinterColumns", "additionalPrinterColumns"))
    for (const [i, column] of value.entries()) errors.push(...validateColumn(column, `${path}[${i}]`));
  for (const { value, path } of placesOf(spec, "subresources", "subresources"))
    if (value.scale !== undefined) errors.push(...validateScale(value.scale, `${path}.scale`));
  for (const { value, path, version } of placesOf(spec, "selectableFields", "selectableFields"))
    errors.push(...validateSelectable(value, version.schema?.openAPIV3Schema ?? {}, path));
  return errors;
}

/** kube-apiserver's limit: each is read of every object that is listed. */
const maxSelectable = 8;

function validateSelectable(
  fields: readonly { readonly jsonPath: string }[],
  schema: Structural,
  field: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of fields.entries()) {
    const at = `${field}[${i}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(at));
      continue;
    }
    const target = schemaAt(jsonPath, schema);
    if (typeof target === "string") {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${target}`));
      continue;
    }
    if (/^\.metadata(\.|$)/.test(jsonPath)) errors.push(invalid(at, jsonPath, "must not point to fields in metadata"));
    if (!["string", "boolean", "integer"].includes(target.type ?? "")) errors.push(invalid(at, jsonPath, scalarRule));
    if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath));
    seen.add(jsonPath);
  }
  if (seen.size > maxSelectable)
    errors.push({
      field,
      reason: "FieldValueTooMany",
      message: `Too many: ${seen.size}: must have at most ${maxSelectable} items`,
    });
  return errors;
}

const scalarRule =
  "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";

/** ValidFieldPath without brackets: the schema of the field, or why there is none. */
function schemaAt(path: string, root: Structural): Structural | string {
  let schema = root;
  const tokens = path.match(/[.[\]]|[^.[\]]+/g) ?? [];
  for (let i = 0; i < tokens.length; i += 2) {
    const [sign, name] = [tokens[i], tokens[i + 1]];
    if (sign === "[") return "array notation is not allowed";
    if (sign !== ".") return `expected [ or . but got: ${sign}`;
    if (name === undefined) return "unexpected end of JSON path";
    const { properties, additionalProperties } = schema;
    const inner =
      properties === undefined && typeof additionalProperties === "object" ? additionalProperties : properties?.[name];
    if (inner === undefined) return "does not refer to a valid field";
    schema = inner;
  }
  return schema;
}

const columnTypes = ["integer", "number", "string", "boolean", "date"];
const columnFormats = ["int32", "int64", "float", "double", "byte", "date", "date-time", "password"];

function validateColumn(column: Fields, field: string): readonly FieldError[] {
  const { name, type, format, jsonPath } = column as { [key: string]: string | undefined };
  const errors: FieldError[] = [];
  const types = `must be one of ${[...columnTypes].sort().join(",")}`;
  if (!name) errors.push(required(`${field}.name`));
  if (!type) errors.push(required(`${field}.type`, types));
  else if (!columnTypes.includes(type)) errors.push(invalid(`${field}.type`, type, types));
  if (format && !columnFormats.includes(format))
    errors.push(invalid(`${field}.format`, format, `must be one of ${[...columnFormats].sort().join(",")}`));
  if (!jsonPath) errors.push(required(`${field}.JSONPath`));
  else errors.push(...simplePath(jsonPath, `${field}.JSONPath`));
  return errors;
}

function validateScale(scale: ScalePaths, field: string): readonly FieldError[] {
  const below = (name: keyof ScalePaths, roots: readonly string[], where: string): readonly FieldError[] => {
    const path = scale[name] ?? "";
    if (path === "") return name === "labelSelectorPath" ? [] : [required(`${field}.${name}`)];
    const faults = simplePath(path, `${field}.${name}`);
    if (faults.length > 0) return faults;
    return roots.some((root) => path.startsWith(`${root}.`))
      ? []
      : [invalid(`${field}.${name}`, path, `should be a json path under ${where}`)];
  };
  return [
    ...below("specReplicasPath", [".spec"], ".spec"),
    ...below("statusReplicasPath", [".status"], ".status"),
    ...below("labelSelectorPath", [".spec", ".status"], "either .spec or .status"),
  ];
}

function simplePath(path: string, field: string): readonly FieldError[] {
  if (path.startsWith(".")) return [];
  return [invalid(field, path, "must be a simple json path starting with .")];
}

/** ValidateCustomResourceDefinitionStatus: names that are accepted are names, or there are none yet. */
function namesOfStatus(object: KubeObject): readonly FieldError[] {
  const { acceptedNames } = definitionOf(object).status;
  return acceptedNames === undefined ? [] : validateNames(acceptedNames, "status.acceptedNames", false);
}

function validateNames(names: DefinitionNames, field: string, isRequired = true): readonly FieldError[] {
  const { plural = "", singular = "", kind = "", listKind = "", shortNames = [], categories = [] } = names;
  const errors: FieldError[] = [];
  if (isRequired)
    for (const [name, value] of Object.entries({ plural, singular, kind, listKind }))
      if (value === "") errors.push(required(`${field}.${name}`));
  const check = (name: string, value: string) => errors.push(...formed(`${field}.${name}`, value, dns1035Label));
  const checkMixed = (name: string, value: string) =>
    errors.push(...formed(`${field}.${name}`, value, dns1035Label, mixed, value.toLowerCase()));
  const mixed = "may have mixed case, but should otherwise match: ";
  check("plural", plural);
  check("singular", singular);
  checkMixed("kind", kind);
  checkMixed("listKind", listKind);
  for (const [i, name] of shortNames.entries()) errors.push(...label(`${field}.shortNames[${i}]`, name));
  if (kind !== "" && kind === listKind)
    errors.push(invalid(`${field}.listKind`, listKind, "kind and listKind may not be the same"));
  for (const [i, name] of categories.entries()) errors.push(...label(`${field}.categories[${i}]`, name));
  return errors;
}

function validateConversion(conversion: DefinitionSpec["conversion"]): readonly FieldError[] {
  const field = "spec.conversion";
  if (conversion === undefined) return [];
  const { strategy, webhook } = conversion;
  const versions = webhook?.conversionReviewVersions ?? [];
  const client = webhook?.clientConfig;
  if (strategy !== "Webhook") {
    const rule = "should not be set when strategy is not set to Webhook";
    return [
      ...(client === undefined ? [] : [forbidden(`${field}.webhookClientConfig`, rule)]),
      ...(versions.length === 0 ? [] : [forbidden(`${field}.conversionReviewVersions`, rule)]),
    ];
  }
  const errors: FieldError[] = [];
  if (client === undefined)
    errors.push(required(`${field}.webhookClientConfig`, "required when strategy is set to Webhook"));
  else errors.push(...validateClientConfig(client, `${field}.webhookClientConfig`));
  const at = `${field}.conversionReviewVersions`;
  if (versions.length === 0) errors.push(required(at));
  for (const [i, version] of versions.entries())
    if (versions.indexOf(version) < i) errors.push(invalid(`${at}[${i}]`, version, "duplicate version"));
    else errors.push(...formed(`${at}[${i}]`, version, dns1035Label));
  if (versions.length > 0 && !versions.some((each) => each === "v1" || each === "v1beta1"))
    errors.push(invalid(at, versions, "must include at least one of v1, v1beta1"));
  return errors;
}

function validateStored(stored: readonly string[], versions: readonly DefinitionVersion[]): readonly FieldError[] {
  const field = "status.storedVersions";
  if (stored.length === 0) return [invalid(field, null, "must have at least one stored version")];
  const errors: FieldError[] = [];
  const storage = versions.findLast((each) => each.storage)?.name;
  for (const [i, name] of stored.entries())
    if (!versions.some((each) => each.name === name))
      errors.push(
        invalid(
          `${field}[${i}]`,
          name,
          `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
        ),
      );
  if (storage !== undefined && !stored.includes(storage))
    errors.push(invalid(field, stored, `must have the storage version ${storage}`));
  return errors;
}

/** Kubernetes' own groups are for what its reviewers approved. KEP-1111. */
function validateApproval(annotations: { readonly [key: string]: string }, group: string): readonly FieldError[] {
  if (!/(^|\.)(k8s\.io|kubernetes\.io)$/.test(group)) return [];
  const key = "api-approved.kubernetes.io";
  const field = `metadata.annotations[${key}]`;
  const value = annotations[key] ?? "";
  const rule = `protected groups must have approval annotation "${key}"`;
  const more = "see https://github.com/kubernetes/enhancements/pull/1111";
  if (value === "") return [required(field, `${rule}, ${more}`)];
  if (value.startsWith("unapproved") || URL.canParse(value)) return [];
  return [invalid(field, value, `${rule} with either a URL or a reason starting with "unapproved", ${more}`)];
}
