import { builtinCatalogue, type Catalogue, compareVersions, type ResourceInfo } from "@sallyport/kube";
import type { Client } from "./client.ts";

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList, as far as it is read. */
interface GroupList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly Resource[];
    }[];
  }[];
}

interface Resource {
  readonly resource: string;
  readonly responseKind?: { readonly group?: string; readonly version?: string; readonly kind?: string };
  readonly scope?: string;
  readonly singularResource?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
  readonly subresources?: readonly {
    readonly subresource: string;
    readonly responseKind?: { readonly kind?: string };
    readonly verbs?: readonly string[];
  }[];
}

const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/** What a server serves, by aggregated discovery (Kubernetes 1.30 or newer). */
export async function discover(client: Client): Promise<readonly ResourceInfo[]> {
  const lists = (await Promise.all(["/api", "/apis"].map((path) => client.ask(path, { accept })))) as GroupList[];
  return lists.flatMap(({ items = [] }) =>
    items.flatMap(({ metadata, versions = [] }) =>
      versions.flatMap(({ version, resources = [] }) =>
        resources.flatMap((each) => infosOf(metadata?.name ?? "", version, each)),
      ),
    ),
  );
}

function infosOf(group: string, version: string, found: Resource): readonly ResourceInfo[] {
  const namespaced = found.scope === "Namespaced";
  const whole = infoOf(group, version, found.resource, found.responseKind?.kind ?? "", namespaced, found.verbs ?? []);
  const parts = (found.subresources ?? []).map(({ subresource, responseKind, verbs = [] }) =>
    infoOf(group, version, `${found.resource}/${subresource}`, responseKind?.kind ?? "", namespaced, verbs),
  );
  return [
    {
      ...whole,
      ...(found.singularResource ? { singular: found.singularResource } : {}),
      ...(found.shortNames === undefined ? {} : { shortNames: found.shortNames }),
      ...(found.categories === undefined ? {} : { categories: found.categories }),
    },
    ...parts,
  ];
}

/** With the schema of what is built in. */
function infoOf(
  group: string,
  version: string,
  resource: string,
  kind: string,
  namespaced: boolean,
  verbs: readonly string[],
): ResourceInfo {
  const schema = builtinCatalogue.find(group, version, resource)?.schema;
  return { group, version, resource, kind, namespaced, verbs, ...(schema === undefined ? {} : { schema }) };
}

/** What was discovered, to be looked up. What is built in and not served stays known: its objects may come in reviews. */
export function discoveredCatalogue(infos: readonly ResourceInfo[]): Catalogue {
  const byPlace = new Map(infos.map((each) => [`${each.group}/${each.version}/${each.resource}`, each]));
  const whole = infos.filter(({ resource }) => !resource.includes("/"));
  const byKind = new Map(whole.map((each) => [`${each.group}/${each.version}/${each.kind}`, each]));
  const sorted = [...whole].sort((a, b) => compareVersions(b.version, a.version));
  const preferred = new Map(sorted.map((each) => [`${each.group}/${each.resource}`, each]));
  const isBuiltin = (each: ResourceInfo) =>
    builtinCatalogue.find(each.group, each.version, each.resource) !== undefined;
  return {
    custom: infos.filter((each) => !isBuiltin(each)),
    builtin: infos.filter(isBuiltin),
    all: () => infos,
    find: (group, version, resource) =>
      byPlace.get(`${group}/${version}/${resource}`) ?? builtinCatalogue.find(group, version, resource),
    findKind: (group, version, kind) =>
      byKind.get(`${group}/${version}/${kind}`) ?? builtinCatalogue.findKind(group, version, kind),
    preferred: (group, resource) =>
      preferred.get(`${group}/${resource}`) ?? builtinCatalogue.preferred(group, resource),
  };
}
