import { emptiedOf, markEmptied } from "./go/emptied.ts";
import { kindRules } from "./kinds/all.ts";
import type { Fields, KindRules } from "./kinds/rules.ts";
import { type KubeObject, parseApiVersion } from "./object.ts";

/**
 * Gives an object the defaults that its kind has, as SetDefaults_* of Kubernetes do. The object itself is not changed. `now` in RFC 3339
 * is the default of some times; without it they stay absent.
 */
export function applyDefaults(object: KubeObject, now?: string): KubeObject {
  const set = rulesOf(object)?.defaults;
  if (set === undefined) return object;
  const copy = copyOf(object) as Fields;
  set(copy, now);
  return copy as KubeObject;
}

/** JSON alone, so a quarter of the time of structuredClone. */
function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: { [field: string]: unknown } = {};
  const emptied = emptiedOf(value);
  if (emptied !== undefined) markEmptied(copy, emptied);
  for (const name of Object.keys(value)) {
    const given = (value as Fields)[name];
    // Who manages which fields has no defaults, and is much of most objects.
    const item = name === "managedFields" ? given : copyOf(given);
    if (name === "__proto__") Object.defineProperty(copy, name, { value: item, enumerable: true, writable: true });
    else copy[name] = item;
  }
  return copy;
}

/** Rules by kind and group: asked several times of each object. */
const byKind = new Map<string, Map<string, KindRules>>();
for (const [groupKind, rules] of Object.entries(kindRules)) {
  const [group = "", kind = ""] = groupKind.split("/");
  byKind.set(kind, (byKind.get(kind) ?? new Map<string, KindRules>()).set(group, rules));
}

/** The rules of the object's kind, if they are written. */
export function rulesOf({ apiVersion, kind }: KubeObject): KindRules | undefined {
  return byKind.get(kind)?.get(parseApiVersion(apiVersion).group);
}
