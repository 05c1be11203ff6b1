import type { KubeObject } from "@sallyport/kube";
import type { SyncOptions } from "./options.ts";

/** One `.rego` text out of a ConfigMap. */
export interface PolicySource {
  /** kube-mgmt's policy id: `<namespace>/<configmap>/<key>`. */
  readonly name: string;
  /** The same, as the file name in messages. */
  readonly file: string;
  readonly text: string;
}

/** What a ConfigMap is for us, by its namespace, labels and keys. */
export function roleOf(configMap: KubeObject, options: SyncOptions): "policy" | "data" | "none" {
  const { namespace = "", labels = {} } = configMap.metadata;
  if (!options.namespaces.includes("*") && !options.namespaces.includes(namespace)) return "none";
  if (labels[options.dataLabel] === options.dataValue) return options.enableData ? "data" : "none";
  if (!options.enablePolicies) return "none";
  const label = labels[options.policyLabel];
  if (label !== undefined) return label === options.policyValue ? "policy" : "none";
  return !options.requirePolicyLabel && hasOnlyRego(configMap) ? "policy" : "none";
}

/** `namespace/name`. */
export function idOf(configMap: KubeObject): string {
  return `${configMap.metadata.namespace ?? ""}/${configMap.metadata.name ?? ""}`;
}

/** The policies of one ConfigMap, ordered by key. */
export function policiesOf(configMap: KubeObject): readonly PolicySource[] {
  return entriesOf(configMap).map(([key, text]) => {
    const name = `${idOf(configMap)}/${key}`;
    return { name, file: name, text };
  });
}

/** The policies of those ConfigMaps that are policies. */
export function policiesOfConfigMaps(configMaps: readonly KubeObject[], options: SyncOptions): readonly PolicySource[] {
  return configMaps.filter((each) => roleOf(each, options) === "policy").flatMap(policiesOf);
}

/** The `data` of a ConfigMap, ordered by key. */
export function entriesOf(configMap: KubeObject): readonly (readonly [key: string, text: string])[] {
  const data = (configMap["data"] ?? {}) as { readonly [key: string]: string };
  return Object.keys(data)
    .sort()
    .map((key) => [key, data[key] ?? ""] as const);
}

function hasOnlyRego(configMap: KubeObject): boolean {
  const keys = entriesOf(configMap);
  return keys.length > 0 && keys.every(([key]) => key.endsWith(".rego"));
}
