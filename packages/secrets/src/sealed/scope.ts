/**
 * Where what is sealed may be opened: under its own name alone, under any name of its namespace, or anywhere.
 * The scopes of sealed-secrets: https://github.com/bitnami-labs/sealed-secrets#scopes
 */
export type Scope = "strict" | "namespace-wide" | "cluster-wide";

export const scopes: readonly Scope[] = ["strict", "namespace-wide", "cluster-wide"];

type Annotations = { readonly [name: string]: string } | undefined;

const namespaceWide = "sealedsecrets.bitnami.com/namespace-wide";
const clusterWide = "sealedsecrets.bitnami.com/cluster-wide";

/** What the annotations say of a Secret or a SealedSecret; the wider one counts. */
export function scopeOf(annotations: Annotations): Scope {
  if (annotations?.[clusterWide] === "true") return "cluster-wide";
  return annotations?.[namespaceWide] === "true" ? "namespace-wide" : "strict";
}

/** The annotations with those of the scope, and without those of others. */
export function withScope(annotations: Annotations, scope: Scope): { readonly [name: string]: string } {
  const { [namespaceWide]: _, [clusterWide]: __, ...others } = annotations ?? {};
  if (scope === "strict") return others;
  return { ...others, [scope === "cluster-wide" ? clusterWide : namespaceWide]: "true" };
}

/** What is authenticated with each value, so that it cannot be moved out of its scope: the label of RSA-OAEP. */
export function labelOf(scope: Scope, namespace: string, name: string): string {
  if (scope === "cluster-wide") return "";
  return scope === "namespace-wide" ? namespace : `${namespace}/${name}`;
}
