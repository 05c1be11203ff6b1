import { createHash } from "node:crypto";
import { type Catalogue, compareVersions, type ResourceInfo } from "@sallyport/kube";
import { storageGroup, storageVersion } from "./registry/keys.ts";

type Json = { readonly [field: string]: unknown };

/** Kinds that subresources of other groups take and answer. */
const kindPlaces: { readonly [kind: string]: { readonly group: string; readonly version: string } } = {
  Scale: { group: "autoscaling", version: "v1" },
  Eviction: { group: "policy", version: "v1" },
  TokenRequest: { group: "authentication.k8s.io", version: "v1" },
};

/** Groups as kube-apiserver prefers them: of short names that several resources have, clients take the first one. Others follow by name. */
const groupOrder: readonly string[] = [
  "",
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "internal.apiserver.k8s.io",
  "storagemigration.k8s.io",
];

function compareGroups(a: string, b: string): number {
  const place = (group: string) => (groupOrder.includes(group) ? groupOrder.indexOf(group) : groupOrder.length);
  return place(a) - place(b) || (a < b ? -1 : 1);
}

/** Groups with their versions, best first. */
type Groups = ReadonlyMap<string, readonly string[]>;

function groupsOf(catalogue: Catalogue): Groups {
  const groups = new Map<string, string[]>();
  for (const { group, version } of catalogue.all()) {
    const versions = groups.get(group) ?? [];
    groups.set(group, versions);
    if (!versions.includes(version)) versions.push(version);
  }
  for (const versions of groups.values()) versions.sort(compareVersions);
  return new Map([...groups].sort(([a], [b]) => compareGroups(a, b)));
}

/** The answer to a discovery path, or undefined when it is none. `isAggregated`: the client asked for all at once. */
export function discover(path: string, isAggregated: boolean, catalogue: Catalogue, address: string): Json | undefined {
  const [outside, ...parts] = path.split("/");
  const [root, first = "", second = ""] = parts;
  if (outside !== "" || (root !== "api" && root !== "apis")) return undefined;
  if (parts.length === 1) return isAggregated ? aggregatedRoot(root, catalogue) : plainRoot(root, catalogue, address);
  if (root === "api") return parts.length === 2 ? resourceList("", first, catalogue) : undefined;
  if (parts.length === 3) return resourceList(first, second, catalogue);
  const versions = parts.length === 2 && first !== "" ? groupsOf(catalogue).get(first) : undefined;
  return versions && { kind: "APIGroup", apiVersion: "v1", ...groupOf(first, versions) };
}

function plainRoot(root: "api" | "apis", catalogue: Catalogue, address: string): Json {
  if (root === "api") {
    const everybody = { clientCIDR: "0.0.0.0/0", serverAddress: address };
    return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [everybody] };
  }
  const groups = [...groupsOf(catalogue)].filter(([name]) => name !== "");
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(([name, versions]) => groupOf(name, versions)) };
}

function groupOf(name: string, groupVersions: readonly string[]): Json {
  const versions = groupVersions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourcesOf(group: string, version: string, catalogue: Catalogue): readonly ResourceInfo[] {
  return [...catalogue.all()].filter((each) => each.group === group && each.version === version);
}

function resourceList(group: string, version: string, catalogue: Catalogue): Json | undefined {
  const resources = resourcesOf(group, version, catalogue);
  if (resources.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    // Go writes none for the core group, as its oldest clients want it.
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: resources.map((info) => ({
      name: info.resource,
      singularName: info.singular ?? "",
      namespaced: info.namespaced,
      ...kindPlaces[info.kind],
      kind: info.kind,
      verbs: info.verbs,
      ...(info.shortNames === undefined ? {} : { shortNames: info.shortNames }),
      ...(info.categories === undefined ? {} : { categories: info.categories }),
      ...(isStored(info) ? { storageVersionHash: storageVersionHash(info) } : {}),
    })),
  };
}

function isStored({ resource, verbs }: ResourceInfo): boolean {
  return verbs.includes("create") && verbs.includes("list") && !resource.includes("/");
}

/** Resources that kube-apiserver stores in an older version than the best one that it serves. */
const olderStorage: { readonly [place: string]: string } = {
  "apiextensions.k8s.io/customresourcedefinitions": "v1beta1",
  "certificates.k8s.io/clustertrustbundles": "v1beta1",
  "certificates.k8s.io/podcertificaterequests": "v1beta1",
  "resource.k8s.io/devicetaintrules": "v1beta2",
  "storagemigration.k8s.io/storageversionmigrations": "v1beta1",
};

/** By it clients see that a resource is stored in another version than before: only equality means anything. */
function storageVersionHash({ group, resource, kind, custom }: ResourceInfo): string {
  const stored = storageGroup(group, resource);
  const builtin = olderStorage[`${group}/${resource}`] ?? storageVersion(stored, resource);
  const text = `${stored}/${custom === undefined ? builtin : custom.storageVersion}/${kind}`;
  return createHash("sha256").update(text).digest().subarray(0, 8).toString("base64");
}

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList: all at once. KEP-3352. */
function aggregatedRoot(root: "api" | "apis", catalogue: Catalogue): Json {
  const groups = [...groupsOf(catalogue)].filter(([name]) => (name === "") === (root === "api"));
  const items = groups.map(([name, versions]) => ({
    metadata: name === "" ? {} : { name },
    versions: versions.map((version) => ({
      version,
      resources: aggregatedResources(name, version, catalogue),
      freshness: "Current",
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function aggregatedResources(group: string, version: string, catalogue: Catalogue): readonly Json[] {
  const all = resourcesOf(group, version, catalogue);
  return all
    .filter(({ resource }) => !resource.includes("/"))
    .map((each) => ({
      resource: each.resource,
      responseKind: responseKind(each),
      scope: each.namespaced ? "Namespaced" : "Cluster",
      singularResource: each.singular ?? "",
      verbs: each.verbs,
      ...(each.shortNames === undefined ? {} : { shortNames: each.shortNames }),
      ...(each.categories === undefined ? {} : { categories: each.categories }),
      ...aggregatedSubresources(each, all),
    }));
}

/** Built-in kinds name their group and version only where they are not the resource's. */
function responseKind({ group, version, kind, custom }: ResourceInfo): Json {
  const place = kindPlaces[kind] ?? (custom === undefined ? { group: "", version: "" } : { group, version });
  return { ...place, kind };
}

function aggregatedSubresources(owner: ResourceInfo, all: readonly ResourceInfo[]): Json {
  const own = all.filter(({ resource }) => resource.startsWith(`${owner.resource}/`));
  if (own.length === 0) return {};
  return {
    subresources: own.map((each) => ({
      subresource: each.resource.slice(owner.resource.length + 1),
      responseKind: responseKind(each),
      verbs: each.verbs,
    })),
  };
}
