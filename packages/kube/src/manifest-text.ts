import { stringify } from "yaml";

/**
 * A value as YAML for kubectl and helm, keys in their order, no line folded. Texts that YAML 1.1 reads as something else (`yes`, `1:20`, `0777`)
 * are quoted: Kubernetes' parser is one of 1.1.
 */
export function manifestText(value: unknown): string {
  return stringify(value, { lineWidth: 0, compat: "yaml-1.1" });
}

/** Documents one after the other, for `kubectl apply -f -`. */
export function manifestsText(values: readonly unknown[]): string {
  return values.map(manifestText).join("---\n");
}
