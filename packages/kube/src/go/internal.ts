import structs from "../data/internal.generated.json" with { type: "json" };
import { metaPackage } from "../protobuf-fields.ts";
import { emptiedOf } from "./emptied.ts";
import { structFields } from "./fields.ts";
import { inGoOrder } from "./order.ts";
import { unifiedDiff } from "./unified-diff.ts";

type Fields = { readonly [field: string]: unknown };

/** A struct of kube-apiserver's own, in which it works with objects of all versions: `core.PodSpec`. */
export type InternalType = keyof typeof structs;

/** Fields whose names in the API differ by more than capitals. */
const otherNames: { readonly [field: string]: string } = {
  "core.AzureDiskVolumeSource.DataDiskURI": "diskuri",
  "core.ContainerStatus.LastTerminationState": "laststate",
  "core.GlusterfsPersistentVolumeSource.EndpointsName": "endpoints",
  "core.GlusterfsVolumeSource.EndpointsName": "endpoints",
  "core.ISCSIPersistentVolumeSource.DiscoveryCHAPAuth": "chapauthdiscovery",
  "core.ISCSIPersistentVolumeSource.SessionCHAPAuth": "chapauthsession",
  "core.ISCSIVolumeSource.DiscoveryCHAPAuth": "chapauthdiscovery",
  "core.ISCSIVolumeSource.SessionCHAPAuth": "chapauthsession",
  "core.NodeSpec.DoNotUseExternalID": "externalid",
  "core.PodSpec.DeprecatedServiceAccount": "serviceaccount",
  "core.RBDPersistentVolumeSource.CephMonitors": "monitors",
  "core.RBDPersistentVolumeSource.RBDImage": "image",
  "core.RBDPersistentVolumeSource.RBDPool": "pool",
  "core.RBDPersistentVolumeSource.RadosUser": "user",
  "core.RBDVolumeSource.CephMonitors": "monitors",
  "core.RBDVolumeSource.RBDImage": "image",
  "core.RBDVolumeSource.RBDPool": "pool",
  "core.RBDVolumeSource.RadosUser": "user",
};

/**
 * A value of the API as kube-apiserver shows it when it refuses the whole of it: the JSON of the internal struct, which has Go's own
 * field names, and every field.
 */
export function internalValue(type: InternalType, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => internalValue(type, each));
  return typeof value === "object" && value !== null ? structValue(type, value as Fields) : null;
}

/** How two values of an internal type differ, line by line, as kube-apiserver shows it; empty when they do not. */
export function internalDiff(type: InternalType, before: unknown, after: unknown): string {
  const [left, right] = [before, after].map((each) => goJson(JSON.stringify(internalValue(type, each), null, 1)));
  return unifiedDiff(left as string, right as string);
}

/** Go escapes what HTML would take for its own. */
export function goJson(text: string): string {
  return text.replace(/[<>&\u2028\u2029]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function structValue(type: string, value: Fields): Fields {
  const all = { ...value, ...emptiedOf(value) };
  const given = new Map(Object.entries(all).map(([name, item]) => [name.toLowerCase(), item]));
  const shown: { [field: string]: unknown } = {};
  for (const field of ((structs as { readonly [type: string]: string })[type] ?? "").split(",").filter(Boolean)) {
    const [name = "", inner] = field.split(" ");
    if (inner === undefined) Object.assign(shown, embedded(name, value));
    else shown[name] = fieldValue(inner, given.get(otherNames[`${type}.${name}`] ?? name.toLowerCase()));
  }
  return shown;
}

/** Fields that a struct has of another one; a template's metadata stands below a name in the API, and does not here. */
function embedded(type: string, value: Fields): Fields {
  return type === "metav1.ObjectMeta"
    ? (metaValue("ObjectMeta", value["metadata"] ?? {}) as Fields)
    : structValue(type, value);
}

function fieldValue(type: string, value: unknown): unknown {
  switch (type[0]) {
    case "^":
      return value === undefined || value === null ? null : fieldValue(type.slice(1), value);
    case "*":
      return Array.isArray(value) ? value.map((each) => fieldValue(type.slice(1), each)) : null;
    case "<":
      return typeof value === "object" && value !== null ? mapValue(type.slice(1), value as Fields) : null;
    default:
      return itemValue(type, value);
  }
}

function mapValue(type: string, value: Fields): Fields {
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, fieldValue(type, item)]));
}

function itemValue(type: string, value: unknown): unknown {
  if (type in structs) return structValue(type, (value ?? {}) as Fields);
  if (type.startsWith("metav1.") && structFields(`${metaPackage}.${type.slice(7)}`) !== undefined)
    return metaValue(type.slice(7), value ?? {});
  return value ?? zeros[type] ?? null;
}

/** Types of all groups write themselves as the API has them. */
function metaValue(type: string, value: unknown): unknown {
  return inGoOrder(value, `${metaPackage}.${type}`);
}

const zeros: { readonly [type: string]: unknown } = {
  string: "",
  bool: false,
  int: 0,
  int32: 0,
  int64: 0,
  float64: 0,
  Quantity: "0",
  "types.UID": "",
  "intstr.IntOrString": 0,
};
