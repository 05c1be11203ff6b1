import { builtinResources, preferredResource } from "@sallyport/kube";

/** Groups whose objects do not lie below their group's name: kube-apiserver's old, built-in ones. */
const special: { readonly [resource: string]: string } = {
  "/nodes": "minions",
  "/services": "services/specs",
  "/endpoints": "services/endpoints",
  "/replicationcontrollers": "controllers",
  "networking.k8s.io/ingresses": "ingress",
  "events.k8s.io/events": "events",
};

const grouped = new Set(["apiextensions.k8s.io", "apiregistration.k8s.io"]);

/** Groups by resource: asked several times in each request. */
const builtin = new Map<string, Set<string>>();
for (const { group, resource } of builtinResources)
  builtin.set(resource, (builtin.get(resource) ?? new Set<string>()).add(group));

/** Whether the resource is Kubernetes' own, and none that a CustomResourceDefinition adds. */
export function isBuiltin(group: string, resource: string): boolean {
  return builtin.get(resource)?.has(group) === true;
}

/** The custom resource below whose prefix a key lies: their groups have a dot, but for PodSecurityPolicies'; what else lies beside them has none. */
export function customPlaceOf(key: string): { readonly group: string; readonly resource: string } | undefined {
  const [, group = "", resource = ""] = /^\/registry\/([^/]+\.[^/]+|policy)\/([^/]+)\//.exec(key) ?? [];
  return group === "" || isBuiltin(group, resource) ? undefined : { group, resource };
}

/** Prefixes of built-in resources, by resource and group. */
const prefixes = new Map<string, Map<string, string>>();

/** Where kube-apiserver keeps a resource in etcd: `/registry/pods/`, `/registry/minions/`, `/registry/example.com/widgets/`. */
export function prefixOf(group: string, resource: string): string {
  const known = prefixes.get(resource)?.get(group);
  if (known !== undefined) return known;
  const prefix = makePrefix(group, resource);
  if (isBuiltin(group, resource))
    prefixes.set(resource, (prefixes.get(resource) ?? new Map<string, string>()).set(group, prefix));
  return prefix;
}

function makePrefix(group: string, resource: string): string {
  const name = special[`${group}/${resource}`] ?? resource;
  return grouped.has(group) || !isBuiltin(group, resource) ? `/registry/${group}/${name}/` : `/registry/${name}/`;
}

export function keyOf(group: string, resource: string, namespace: string, name: string): string {
  return `${prefixOf(group, resource)}${namespace === "" ? "" : `${namespace}/`}${name}`;
}

/** Built-in resources by their prefixes, with the group that their objects are stored in. */
const byPrefix = new Map<string, { readonly group: string; readonly resource: string }>();

/** Whose object lies under a key; undefined for what is no object: ranges of addresses, what others keep beside. */
export function resourceOfKey(key: string): { readonly group: string; readonly resource: string } | undefined {
  if (byPrefix.size === 0)
    for (const { group, resource } of builtinResources) {
      const owner = storageGroup(group, resource);
      if (!resource.includes("/")) byPrefix.set(prefixOf(owner, resource), { group: owner, resource });
    }
  // `/registry/pods/…`, or `/registry/services/specs/…`.
  let end = key.indexOf("/", "/registry/".length);
  for (let parts = 0; parts < 2 && end >= 0; parts++) {
    const found = byPrefix.get(key.slice(0, end + 1));
    if (found !== undefined) return found;
    end = key.indexOf("/", end + 1);
  }
  return customPlaceOf(key);
}

/** Events have two groups and are stored once, in the core one. */
export function storageGroup(group: string, resource: string): string {
  return group === "events.k8s.io" && resource === "events" ? "" : group;
}

/** The version in which objects lie in the cache. */
export function storageVersion(group: string, resource: string): string {
  return preferredResource(group, resource)?.version ?? "v1";
}
