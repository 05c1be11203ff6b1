import { type Catalogue, compareVersions, type ResourceInfo } from "@sallyport/kube";

type Json = { readonly [field: string]: unknown };

/** Kinds that subresources of other groups take and answer. */
const kindPlaces: { readonly [kind: string]: { readonly group: string; readonly version: string } } = {
  Scale: { group: "autoscaling", version: "v1" },
  Eviction: { group: "policy", version: "v1" },
  TokenRequest: { group: "authentication.k8s.io", version: "v1" },
};

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
  return groups;
}

/** The answer to a discovery path, or undefined when it is none. `aggregated` is the version that the client asked for. */
export function discover(
  path: string,
  aggregated: "v2" | "v2beta1" | undefined,
  catalogue: Catalogue,
): Json | undefined {
  const parts = path.split("/").filter(Boolean);
  const [root, first = "", second = ""] = parts;
  if (root !== "api" && root !== "apis") return undefined;
  if (parts.length === 1)
    return aggregated === undefined ? plainRoot(root, catalogue) : aggregatedRoot(root, aggregated, catalogue);
  if (root === "api") return parts.length === 2 ? resourceList("", first, catalogue) : undefined;
  if (parts.length === 3) return resourceList(first, second, catalogue);
  const versions = parts.length === 2 && first !== "" ? groupsOf(catalogue).get(first) : undefined;
  return versions && { kind: "APIGroup", apiVersion: "v1", ...groupOf(first, versions) };
}

function plainRoot(root: "api" | "apis", catalogue: Catalogue): Json {
  if (root === "api") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
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
    apiVersion: "v1",
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: resources.map(({ resource, singular, namespaced, kind, verbs, shortNames, categories }) => ({
      name: resource,
      singularName: singular ?? "",
      namespaced,
      ...(kindPlaces[kind] ?? {}),
      kind,
      verbs,
      ...(shortNames === undefined ? {} : { shortNames }),
      ...(categories === undefined ? {} : { categories }),
    })),
  };
}

/** apidiscovery.k8s.io APIGroupDiscoveryList: all at once. KEP-3352. */
function aggregatedRoot(root: "api" | "apis", version: "v2" | "v2beta1", catalogue: Catalogue): Json {
  const groups = [...groupsOf(catalogue)].filter(([name]) => (name === "") === (root === "api"));
  const items = groups.map(([name, versions]) => ({
    metadata: { name: name === "" ? null : name, creationTimestamp: null },
    versions: versions.map((each) => ({
      version: each,
      freshness: "Current",
      resources: aggregatedResources(name, each, catalogue),
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function aggregatedResources(group: string, version: string, catalogue: Catalogue): readonly Json[] {
  const all = resourcesOf(group, version, catalogue);
  return all
    .filter(({ resource }) => !resource.includes("/"))
    .map((each) => ({
      resource: each.resource,
      responseKind: { group: each.group, version: each.version, kind: each.kind },
      scope: each.namespaced ? "Namespaced" : "Cluster",
      singularResource: each.singular ?? "",
      verbs: each.verbs,
      ...(each.shortNames === undefined ? {} : { shortNames: each.shortNames }),
      ...(each.categories === undefined ? {} : { categories: each.categories }),
      ...aggregatedSubresources(each, all),
    }));
}

function aggregatedSubresources(owner: ResourceInfo, all: readonly ResourceInfo[]): Json {
  const own = all.filter(({ resource }) => resource.startsWith(`${owner.resource}/`));
  if (own.length === 0) return {};
  return {
    subresources: own.map(({ resource, kind, verbs, group, version }) => ({
      subresource: resource.slice(owner.resource.length + 1),
      responseKind: { group, version, ...kindPlaces[kind], kind },
      verbs,
    })),
  };
}
