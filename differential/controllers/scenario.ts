import { readdirSync, readFileSync } from "node:fs";
import { applyMergePatch } from "@sallyport/kube";
import { parse } from "yaml";

// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds
export type Json = any;

/**
 * One thing that a user or a kubelet does. A reference is `RESOURCE/NAME`, or `RESOURCE/NAME/SUBRESOURCE`; `(ns)` in any text stands for the scenario's namespace, with which
 * the names of objects outside all namespaces begin.
 */
export type Act = {
  /** Pauses after it: `quiet` is how many seconds nothing may happen until all counts as done. */
  readonly quiet?: number;
} & (
  | { readonly create: string; readonly with?: Json }
  | { readonly patch: string; readonly with: Json }
  | { readonly delete: string; readonly propagation?: "Foreground" | "Background" | "Orphan"; readonly grace?: number }
  /** Pods that end are gone; those that match labels are on a node and get a status as a kubelet would write it; `first` takes so many of them, by name. */
  | { readonly pods: string; readonly of?: string; readonly first?: number; readonly exit?: number }
  /** Pods that end are taken away, as a kubelet does. */
  | { readonly reap: true }
);

/** Acts in their order, after each of which all objects are compared. */
export interface Scenario {
  readonly name: string;
  readonly acts: readonly Act[];
}

const folder = new URL("scenarios/", import.meta.url);

/** What `create` begins with, by resource. */
const bases: { readonly [resource: string]: Json } = parse(
  readFileSync(new URL("bases.yaml", import.meta.url), "utf8"),
);

/** All scenarios, file by file. */
export function readScenarios(): readonly Scenario[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) =>
      Object.entries(
        parse(readFileSync(new URL(file, folder), "utf8"), { merge: true }) as { [name: string]: readonly Act[] },
      ),
    )
    .map(([name, acts]) => ({ name, acts }));
}

/** The object that a `create` makes. */
export function objectOf(resource: string, name: string, changes: Json = {}): Json {
  const base = bases[resource];
  if (base === undefined) throw new Error(`bases.yaml: nothing for ${resource}`);
  return applyMergePatch(applyMergePatch(base, { metadata: { name } }), changes);
}

/** The collection of a resource, in the scenario's namespace where its kind lies in one. */
export function collectionOf(resource: string, namespace: string): string {
  const place = places[resource];
  if (place === undefined) throw new Error(`no such resource: ${resource}`);
  const [root, isNamespaced] = place;
  return `${root}${isNamespaced ? `/namespaces/${namespace}` : ""}/${resource}`;
}

const [core, apps, batch, certificates, storage] = [
  "/api/v1",
  "/apis/apps/v1",
  "/apis/batch/v1",
  "/apis/certificates.k8s.io/v1",
  "/apis/storage.k8s.io/v1",
];

const places: { readonly [resource: string]: readonly [root: string | undefined, isNamespaced: boolean] } = {
  ...Object.fromEntries(
    [
      "pods",
      "services",
      "endpoints",
      "configmaps",
      "secrets",
      "serviceaccounts",
      "resourcequotas",
      "persistentvolumeclaims",
      "replicationcontrollers",
      "limitranges",
    ].map((each) => [each, [core, true]]),
  ),
  ...Object.fromEntries(
    ["deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"].map((each) => [
      each,
      [apps, true],
    ]),
  ),
  jobs: [batch, true],
  cronjobs: [batch, true],
  endpointslices: ["/apis/discovery.k8s.io/v1", true],
  poddisruptionbudgets: ["/apis/policy/v1", true],
  events: [core, true],
  namespaces: [core, false],
  nodes: [core, false],
  persistentvolumes: [core, false],
  certificatesigningrequests: [certificates, false],
  storageclasses: [storage, false],
  validatingadmissionpolicies: ["/apis/admissionregistration.k8s.io/v1", false],
};

/** What is compared: all that lies in the scenario's namespace, and what outside begins with its name. */
export const compared: { readonly namespaced: readonly string[]; readonly cluster: readonly string[] } = {
  namespaced: Object.keys(places).filter((each) => places[each]?.[1] === true && each !== "limitranges"),
  cluster: Object.keys(places).filter((each) => places[each]?.[1] === false && each !== "storageclasses"),
};
