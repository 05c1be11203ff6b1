import { type Catalogue, type GroupVersionResource, qualifiedResource } from "@sallyport/kube";
import { neverReplicated } from "@sallyport/opa/sync";
import { UsageError } from "../errors.ts";

/** A resource as a flag names it; its version is the server's preferred one where none is said. */
export interface NamedResource {
  readonly group: string;
  readonly version: string | undefined;
  readonly resource: string;
}

/** `apps/v1/deployments`, `v1/pods` as kube-mgmt has them, `pods`, `ingresses.networking.k8s.io`. Throws `UsageError`. */
export function parseReplicated(flag: string, text: string): NamedResource {
  const parts = text.split("/");
  if (parts.length > 3 || parts.some((part) => part === ""))
    throw new UsageError(`${flag} ${text}: expected [group/]version/resource, as apps/v1/deployments, or auto`);
  const named = parts.length === 1 ? parseName(text) : partsOf(parts);
  if (neverReplicated.has(named.resource))
    throw new UsageError(
      `${flag} ${text}: ${named.resource} are never replicated: a policy could tell them to anybody`,
    );
  return named;
}

function partsOf(parts: readonly string[]): NamedResource {
  const [resource = "", version = "", group = ""] = [...parts].reverse();
  return { group, version, resource };
}

/** `ingresses.networking.k8s.io`. */
export function parseName(text: string): NamedResource {
  const dot = text.indexOf(".");
  return dot < 0
    ? { group: "", version: undefined, resource: text }
    : { group: text.slice(dot + 1), version: undefined, resource: text.slice(0, dot) };
}

/** With its version; undefined when the server does not serve it. */
export function withVersion(named: NamedResource, catalogue: Catalogue): GroupVersionResource | undefined {
  if (named.version !== undefined) return { ...named, version: named.version };
  const found = [...catalogue.all()].some((each) => each.group === named.group && each.resource === named.resource);
  const version = found ? catalogue.preferred(named.group, named.resource)?.version : undefined;
  return version === undefined ? undefined : { group: named.group, version, resource: named.resource };
}

/** Groups of Kubernetes' own that go before others where a policy names a plural that several have. */
const olderGroups: ReadonlySet<string> = new Set(["extensions", "events.k8s.io", "metrics.k8s.io"]);

/** What a policy means by a name below `data.kubernetes`: the plural of the core group, else of any, or a qualified name. */
export function resourceRead(name: string, catalogue: Catalogue): GroupVersionResource | undefined {
  const all = [...catalogue.all()].filter(({ resource }) => !resource.includes("/"));
  const qualified = all.find((each) => qualifiedResource(each) === name);
  const groups = [...new Set(all.filter(({ resource }) => resource === name).map(({ group }) => group))];
  const group =
    qualified?.group ??
    groups.find((each) => each === "") ??
    groups.find((each) => !olderGroups.has(each)) ??
    groups[0];
  if (group === undefined) return undefined;
  const resource = qualified?.resource ?? name;
  const version = catalogue.preferred(group, resource)?.version;
  if (version === undefined || neverReplicated.has(resource)) return undefined;
  return { group, version, resource };
}
