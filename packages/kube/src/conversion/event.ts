import type { KubeObject } from "../object.ts";

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

/** An event of events.k8s.io/v1 under the names of core v1. */
export function eventToCore(object: KubeObject): KubeObject {
  return renamed(object, toCore, "v1");
}

/** An event of core v1 under the names of events.k8s.io/v1. */
export function eventFromCore(object: KubeObject): KubeObject {
  return renamed(object, fromCore, "events.k8s.io/v1");
}

function renamed(object: KubeObject, renames: ReadonlyMap<string, string>, apiVersion: string): KubeObject {
  const fields = Object.entries(object).map(([name, value]) => [renames.get(name) ?? name, value] as const);
  return { ...(Object.fromEntries(fields) as unknown as KubeObject), apiVersion };
}
