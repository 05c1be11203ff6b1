import type { ObjectMeta } from "@sallyport/kube";
import type { ExtensionProvider } from "./extension-provider.ts";

/** One pod, as far as policies select it and certificates name it. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly labels: { readonly [key: string]: string };
  readonly serviceAccount: string;
}

/** What is the same for the whole mesh: of https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ what policies need. */
export interface MeshSettings {
  /** Policies here hold for every namespace. */
  readonly rootNamespace: string;
  readonly trustDomain: string;
  /** Trust domains whose identities are taken for those of `trustDomain`. */
  readonly trustDomainAliases: readonly string[];
  /** Whom CUSTOM policies may ask. */
  readonly extensionProviders?: readonly ExtensionProvider[];
}

/** As Istio is installed. */
export const defaultMesh: MeshSettings = {
  rootNamespace: "istio-system",
  trustDomain: "cluster.local",
  trustDomainAliases: [],
};

/** istio.type.v1beta1.WorkloadSelector: labels alone, no expressions. */
export interface WorkloadSelector {
  readonly matchLabels?: { readonly [key: string]: string };
}

/** What every policy of a mesh has. */
export interface MeshObject {
  readonly metadata: ObjectMeta;
}

/** Whether a selector names labels at all: one that names none is as good as absent. */
export function selectsLabels(selector: WorkloadSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length > 0;
}

/** Whether each label that is named is the workload's. */
export function selects(selector: WorkloadSelector | undefined, { labels }: Workload): boolean {
  return Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
}

/** Oldest first, and of those of one second by name, then namespace: Istio's order. What has no time, of a file, is the oldest. */
export function byAge(a: MeshObject, b: MeshObject): number {
  return (
    createdAt(a) - createdAt(b) ||
    compare(a.metadata.name ?? "", b.metadata.name ?? "") ||
    compare(a.metadata.namespace ?? "", b.metadata.namespace ?? "")
  );
}

function createdAt({ metadata }: MeshObject): number {
  const { creationTimestamp } = metadata;
  return typeof creationTimestamp === "string" ? Date.parse(creationTimestamp) : 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `namespace/name`. */
export function nameOf({ metadata }: MeshObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}
