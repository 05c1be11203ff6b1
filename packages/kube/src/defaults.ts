import { kindRules } from "./kinds/all.ts";
import type { Fields, KindRules } from "./kinds/rules.ts";
import { type KubeObject, parseApiVersion } from "./object.ts";

/** Gives an object the defaults that its kind has, as SetDefaults_* of Kubernetes do. The object itself is not changed. */
export function applyDefaults(object: KubeObject): KubeObject {
  const set = rulesOf(object)?.defaults;
  if (set === undefined) return object;
  const copy = structuredClone(object) as Fields;
  set(copy);
  return copy as KubeObject;
}

/** The rules of the object's kind, if they are written. */
export function rulesOf({ apiVersion, kind }: KubeObject): KindRules | undefined {
  const key = `${parseApiVersion(apiVersion).group}/${kind}`;
  return Object.hasOwn(kindRules, key) ? kindRules[key] : undefined;
}
