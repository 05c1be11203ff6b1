import { builtinCatalogue, builtinResources, type Catalogue, type ResourceInfo } from "./catalogue.ts";

/**
 * kube-apiserver's `--runtime-config`: what is on or off by `api/all`, `api/ga`, `api/beta`, `api/alpha`, `GROUP/VERSION` and
 * `GROUP/VERSION/RESOURCE`; the core group is `v1`.
 */
export type RuntimeConfig = ReadonlyMap<string, boolean>;

/** The built-in resources that are served: of versions in general availability where the configuration does not say otherwise. */
export function servedCatalogue(config: RuntimeConfig = new Map()): Catalogue {
  if (config.size === 0) return servedByDefault;
  return catalogueOf(builtinResources.filter((each) => isServed(each, config)));
}

function isServed({ group, version, resource }: ResourceInfo, config: RuntimeConfig): boolean {
  const stage = /^v\d+(alpha|beta)?/.exec(version)?.[1] ?? "ga";
  const place = group === "" ? version : `${group}/${version}`;
  const [name = ""] = resource.split("/");
  return (
    config.get(`${place}/${name}`) ??
    config.get(place) ??
    config.get(`api/${stage}`) ??
    config.get("api/all") ??
    stage === "ga"
  );
}

function catalogueOf(resources: readonly ResourceInfo[]): Catalogue {
  const served = new Set(resources);
  const ifServed = (info: ResourceInfo | undefined) => (info !== undefined && served.has(info) ? info : undefined);
  return {
    ...builtinCatalogue,
    builtin: resources,
    all: () => resources,
    find: (group, version, resource) => ifServed(builtinCatalogue.find(group, version, resource)),
    findKind: (group, version, kind) => ifServed(builtinCatalogue.findKind(group, version, kind)),
  };
}

const servedByDefault: Catalogue = catalogueOf(builtinResources.filter((each) => isServed(each, new Map())));

/** What is wrong with a configuration; undefined when nothing is. */
export function runtimeConfigFault(config: RuntimeConfig): string | undefined {
  const places = new Set(["api/all", "api/ga", "api/beta", "api/alpha"]);
  for (const { group, version, resource } of builtinResources) {
    const place = group === "" ? version : `${group}/${version}`;
    places.add(place).add(`${place}/${resource}`);
  }
  const unknown = [...config.keys()].find((key) => !places.has(key));
  return unknown && `unknown API ${unknown}; expected api/all, api/beta, GROUP/VERSION or GROUP/VERSION/RESOURCE`;
}
