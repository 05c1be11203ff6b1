import namedTypes from "../data/named-types.generated.json" with { type: "json" };
import { podSecurityPolicyTypes } from "../kinds/policy/pod-security-policy-messages.ts";
import { type Field, listMessages, messageFields, metaPackage, rawMessages } from "../protobuf-fields.ts";
import { findSchema } from "../schema.ts";

/** One field of a struct of Go as its JSON has it: fields of embedded structs stand beside the others. */
export interface GoField extends Pick<Field, "name" | "type" | "repeated" | "map" | "pointer" | "omitEmpty"> {
  /** The structs within which it stands, for a field of an embedded one: `RuleWithOperations.Rule`. */
  readonly embedded?: string;
  /** The message of the innermost of them. */
  readonly home?: string;
}

const structs = new Map<string, ReadonlyMap<string, GoField>>();

/** The fields of a struct by name, in the order in which Go writes them; undefined for what is no struct. */
export function structFields(message: string): ReadonlyMap<string, GoField> | undefined {
  const known = structs.get(message);
  if (known !== undefined) return known;
  const declared = messageFields(message);
  if (declared === undefined || isLeaf(message)) return undefined;
  const fields = new Map<string, GoField>();
  const isTyped = findSchema(schemaOf(message))?.p?.["apiVersion"] !== undefined;
  if (isTyped && !declared.some(({ name }) => name === "apiVersion"))
    for (const name of ["kind", "apiVersion"])
      fields.set(name, { name, type: "string", repeated: false, map: false, pointer: false, omitEmpty: true });
  for (const field of declared)
    if (field.inline)
      for (const [name, inner] of structFields(field.type) ?? []) fields.set(name, embedded(inner, field));
    else fields.set(field.name, field);
  structs.set(message, fields);
  return fields;
}

function embedded(inner: GoField, { type }: Field): GoField {
  const outer = shortOf(type);
  const { embedded: within, home = type } = inner;
  return { ...inner, home, embedded: within === undefined ? outer : `${outer}.${within}` };
}

/** Messages by their names in OpenAPI: as many as there are types built in. */
const messages = new Map<string, string>();

/** The message of a type by its name in OpenAPI. */
export function messageOfSchema(schema: string): string {
  let message = messages.get(schema);
  if (message === undefined) {
    message = schema.replace(/^io\.k8s\./, "k8s.io.").replaceAll("-", "_");
    if (findSchema(schema) !== undefined) messages.set(schema, message);
  }
  return message;
}

function schemaOf(message: string): string {
  return message
    .replace(/^k8s\.io\./, "io.k8s.")
    .replace("apiextensions_apiserver", "apiextensions-apiserver")
    .replace("kube_aggregator", "kube-aggregator");
}

export const quantityMessage = "k8s.io.apimachinery.pkg.api.resource.Quantity";
export const intOrStringMessage = "k8s.io.apimachinery.pkg.util.intstr.IntOrString";
export const timeMessage = `${metaPackage}.Time`;
export const microTimeMessage = `${metaPackage}.MicroTime`;
export const durationMessage = `${metaPackage}.Duration`;

const leaves: ReadonlySet<string> = new Set([
  quantityMessage,
  intOrStringMessage,
  timeMessage,
  microTimeMessage,
  durationMessage,
]);

/** Messages whose JSON is a single value, or anything at all. */
function isLeaf(message: string): boolean {
  return leaves.has(message) || listMessages.has(message) || rawMessages.has(message);
}

/** `v1.Capabilities`, `[]v1.Container`, `map[string]string`: a field's type as Go's decoder names it. */
export function goTypeOf(struct: string, field: GoField): string {
  const named = namedType(field.home ?? struct, field.name);
  const key = field.map ? keyTypeOf(field.home ?? struct, field.name) : "string";
  if (field.map && field.type === quantityMessage && key === "string") return "v1.ResourceList";
  const item = named ?? goScalar(field.type);
  if (field.map) return `map[${key}]${item}`;
  return field.repeated ? `[]${item}` : item;
}

const qualifiedMaps: readonly string[] = ["attributes", "capacity", "requests", "consumedCapacity"];

/** Keys of maps are strings; some have a type of their own. */
function keyTypeOf(struct: string, name: string): string {
  if (name === "allocatedResourceStatuses") return "v1.ResourceName";
  const [, version] = /^k8s\.io\.api\.resource\.(v\w+)\./.exec(struct) ?? [];
  return version !== undefined && qualifiedMaps.includes(name) ? `${version}.QualifiedName` : "string";
}

/** The type of one item of a list, of one value of a map. */
export function goItemTypeOf(struct: string, field: GoField): string {
  return goTypeOf(struct, { ...field, repeated: false, map: false });
}

function goScalar(type: string): string {
  if (type === "bytes") return "[]uint8";
  if (type === "double") return "float64";
  return type.includes(".") ? type.split(".").slice(-2).join(".") : type;
}

/** Strings that have a type of their own in Go; OpenAPI and protobuf do not tell. */
function namedType(struct: string, field: string): string | undefined {
  // The only one of its type, of which protobuf's tags say nothing.
  if (field === "nodeName" && struct.endsWith(".PodCertificateRequestSpec")) return "types.NodeName";
  const fields = (namedTypes as { readonly [struct: string]: string })[struct] ?? podSecurityPolicyTypes[struct];
  return fields
    ?.split(",")
    .find((each) => each.startsWith(`${field} `))
    ?.slice(field.length + 1);
}

/** Structs whose `apiGroup` is told when it is none: a pointer that Go's JSON does not leave out. */
const typedReferences: ReadonlySet<string> = new Set(["TypedLocalObjectReference", "TypedObjectReference"]);

export function isTypedReference(message: string): boolean {
  return typedReferences.has(shortOf(message));
}

/** `Probe`. */
export function shortOf(message: string): string {
  return message.slice(message.lastIndexOf(".") + 1);
}
