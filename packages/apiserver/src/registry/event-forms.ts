import type { KubeObject } from "@sallyport/kube";

/** Names of events.k8s.io/v1 beside those of core v1, in which events are stored. */
const names: readonly (readonly [newer: string, core: string])[] = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];

const toCore = new Map(names);
const fromCore = new Map(names.map(([newer, core]) => [core, newer]));

/** An event under the names of the group whose `apiVersion` is asked for; any other object as it is. */
export function eventAs(object: KubeObject, apiVersion: string): KubeObject {
  const isEvent = object.kind === "Event" && /^(v1|events\.k8s\.io\/v1)$/.test(object.apiVersion);
  if (!isEvent || object.apiVersion === apiVersion) return object;
  const renames = apiVersion === "v1" ? toCore : fromCore;
  const fields = Object.entries(object).map(([name, value]) => [renames.get(name) ?? name, value] as const);
  return Object.fromEntries(fields) as unknown as KubeObject;
}
