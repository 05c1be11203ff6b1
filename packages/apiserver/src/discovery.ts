import { builtinResources, compareVersions, type ResourceInfo } from "@sallyport/kube";

type Json = { readonly [field: string]: unknown };

/** Groups with their versions, best first; the core group is not among them. */
const groups = new Map<string, string[]>();
for (const { group, version } of builtinResources) {
  const versions = groups.get(group) ?? [];
  groups.set(group, versions);
  if (!versions.includes(version)) versions.push(version);
}
for (const versions of groups.values()) versions.sort(compareVersions);

/** The answer to a discovery path, or undefined when it is none. `aggregated` is the version that the client asked for. */
export function discover(path: string, aggregated: "v2" | "v2beta1" | undefined): Json | undefined {
  const parts = path.split("/").filter(Boolean);
  const [root, first, second] = parts;
  if (root === "api" && parts.length === 1)
    return aggregated === undefined ? coreVersions : aggregatedList([""], aggregated);
  if (root === "apis" && parts.length === 1)
    return aggregated === undefined ? groupList() : aggregatedList(namedGroups(), aggregated);
  if (root === "api" && parts.length === 2) return resourceList("", first ?? "");
  if (root === "apis" && parts.length === 2)
    return groups.has(first ?? "") && first !== ""
      ? { kind: "APIGroup", apiVersion: "v1", ...groupOf(first ?? "") }
      : undefined;
  return root === "apis" && parts.length === 3 ? resourceList(first ?? "", second ?? "") : undefined;
}

function namedGroups(): readonly string[] {
  return [...groups.keys()].filter((group) => group !== "");
}

const coreVersions: Json = { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };

function groupList(): Json {
  return { kind: "APIGroupList", apiVersion: "v1", groups: namedGroups().map(groupOf) };
}

function groupOf(name: string): Json {
  const versions = (groups.get(name) ?? []).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourcesOf(group: string, version: string): readonly ResourceInfo[] {
  return builtinResources.filter((each) => each.group === group && each.version === version);
}

function resourceList(group: string, version: string): Json | undefined {
  const resources = resourcesOf(group, version);
  if (resources.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: resources.map(({ resource, singular, namespaced, kind, verbs, shortNames, categories }) => ({
      name: resource,
      singularName: singular ?? "",
      namespaced,
      kind,
      verbs,
      ...(shortNames === undefined ? {} : { shortNames }),
      ...(categories === undefined ? {} : { categories }),
    })),
  };
}

/** apidiscovery.k8s.io APIGroupDiscoveryList: all at once. KEP-3352. */
function aggregatedList(names: readonly string[], version: "v2" | "v2beta1"): Json {
  const items = names.map((name) => ({
    metadata: { name: name === "" ? null : name, creationTimestamp: null },
    versions: (groups.get(name) ?? []).map((each) => ({
      version: each,
      freshness: "Current",
      resources: aggregatedResources(name, each),
    })),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function aggregatedResources(group: string, version: string): readonly Json[] {
  const all = resourcesOf(group, version);
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
      subresources: all
        .filter(({ resource }) => resource.startsWith(`${each.resource}/`))
        .map(({ resource, kind, verbs, group: inner, version: innerVersion }) => ({
          subresource: resource.slice(each.resource.length + 1),
          responseKind: { group: inner, version: innerVersion, kind },
          verbs,
        })),
    }));
}
