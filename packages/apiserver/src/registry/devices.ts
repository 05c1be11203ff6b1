import type { KubeObject } from "@sallyport/kube";
import { isEqual } from "./equality.ts";

// biome-ignore lint/suspicious/noExplicitAny: the fields are of the object's schema
type Fields = any;

/** Fields of devices that are behind gates of upstream's that are closed, by the object that holds them. */
const closed = {
  request: ["derivedAttributes"],
  attribute: ["ints", "bools", "strings", "versions"],
  device: ["nodeAllocatableResources"],
  consumption: ["compatibilityGroups"],
  slice: ["partitionTypeAttribute", "skipNodeOperations"],
  result: ["skipNodeOperations"],
};

function without(value: Fields, fields: readonly string[]): Fields {
  if (!fields.some((field) => value?.[field] !== undefined)) return value;
  return Object.fromEntries(Object.entries(value).filter(([field]) => !fields.includes(field)));
}

/** A field of an object, changed where it is there. */
function within(value: Fields, field: string, change: (inner: Fields) => Fields): Fields {
  return value?.[field] === undefined || value[field] === null ? value : { ...value, [field]: change(value[field]) };
}

function each(change: (item: Fields) => Fields): (list: Fields) => Fields {
  return (list) => list.map(change);
}

/** A claim as it may be made. */
export function withOpenRequests(claim: KubeObject): KubeObject {
  return within(claim, "spec", openSpec);
}

/** A template of claims as it may be written. */
export function withOpenTemplate(template: KubeObject): KubeObject {
  return within(template, "spec", (spec) => within(spec, "spec", openSpec));
}

function openSpec(spec: Fields): Fields {
  const open = (request: Fields) => without(request, closed.request);
  const request = (one: Fields) => within(within(one, "exactly", open), "firstAvailable", each(open));
  return within(spec, "devices", (devices) => within(devices, "requests", each(request)));
}

/** A slice of devices as it may be written. */
export function withOpenDevices(slice: KubeObject): KubeObject {
  const values = (attributes: Fields) =>
    Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, without(value, closed.attribute)]));
  const consumption = (one: Fields) => without(one, closed.consumption);
  const device = (one: Fields) =>
    within(within(without(one, closed.device), "attributes", values), "consumesCounters", each(consumption));
  return within(slice, "spec", (spec) => within(without(spec, closed.slice), "devices", each(device)));
}

/** The status of a claim: what drivers say of devices goes when the devices are given back. */
export function withAllocatedDevices(wanted: KubeObject, current: KubeObject): KubeObject {
  const [status, before] = [wanted, current].map((claim) => (claim["status"] ?? {}) as Fields);
  const result = (one: Fields) => without(one, closed.result);
  const results = (devices: Fields) => within(devices, "results", each(result));
  const open = within(status, "allocation", (allocation) => within(allocation, "devices", results));
  const ids = (of: Fields): readonly string[] => (of?.allocation?.devices?.results ?? []).map(idOf);
  const gone = new Set(ids(before).filter((id) => !ids(status).includes(id)));
  const { devices = [], ...rest } = open;
  const kept = (devices as readonly Fields[]).filter((one) => !gone.has(idOf(one)));
  return { ...wanted, status: kept.length === 0 ? rest : { ...rest, devices: kept } };
}

function idOf({ driver = "", pool = "", device = "", shareID = "" }: Fields): string {
  return JSON.stringify([driver, pool, device, shareID]);
}

/** A new effect of a taint is as old as the change, unless its writer says otherwise. */
export function withEffectTime(wanted: KubeObject, current: KubeObject, now: string): KubeObject {
  const [taint, before] = [wanted, current].map((rule) => (rule["spec"] as Fields)?.taint ?? {});
  if (taint.effect === before.effect || !isEqual(taint.timeAdded, before.timeAdded)) return wanted;
  return { ...wanted, spec: { ...(wanted["spec"] as Fields), taint: { ...taint, timeAdded: now } } };
}
