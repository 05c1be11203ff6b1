import table from "./data/resources.generated.json" with { type: "json" };
import type { CustomVersion } from "./structural/custom-version.ts";
import { compareVersions } from "./versions.ts";

/** A resource or subresource (`pods/log`) that the API serves, as discovery tells it. */
export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Name of its schema; absent for options kinds. */
  readonly schema?: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Of a resource that a CustomResourceDefinition adds. */
  readonly custom?: CustomVersion;
}

/** What is served at the moment: the built-in resources, and those that CustomResourceDefinitions add. */
export interface Catalogue {
  /** What CustomResourceDefinitions add; another array whenever it changes. */
  readonly custom: readonly ResourceInfo[];
  /** What is built in and served; always the same array. */
  readonly builtin: readonly ResourceInfo[];
  /** Resources and subresources (`pods/log`) of all groups and versions. */
  readonly all: () => Iterable<ResourceInfo>;
  readonly find: (group: string, version: string, resource: string) => ResourceInfo | undefined;
  /** The resource (no subresource) of a kind. */
  readonly findKind: (group: string, version: string, kind: string) => ResourceInfo | undefined;
  /** The resource in the version in which it is stored. */
  readonly preferred: (group: string, resource: string) => ResourceInfo | undefined;
}

/** Everything built in, by group, version and name. */
export const builtinResources: readonly ResourceInfo[] = table as readonly ResourceInfo[];

/** A resource by its place in the API. */
export function findResource(group: string, version: string, resource: string): ResourceInfo | undefined {
  return byPlace.get(`${group}/${version}/${resource}`);
}

/** The resource (no subresource) of a kind. */
export function findKind(group: string, version: string, kind: string): ResourceInfo | undefined {
  return byKind.get(`${group}/${version}/${kind}`);
}

/** The version in which a resource is stored and shown to policies: its best one. */
export function preferredResource(group: string, resource: string): ResourceInfo | undefined {
  return preferred.get(`${group}/${resource}`);
}

const byPlace = new Map(builtinResources.map((each) => [`${each.group}/${each.version}/${each.resource}`, each]));
const byKind = new Map<string, ResourceInfo>();
const preferred = new Map<string, ResourceInfo>();
for (const each of builtinResources) {
  if (each.resource.includes("/")) continue;
  byKind.set(`${each.group}/${each.version}/${each.kind}`, each);
  const known = preferred.get(`${each.group}/${each.resource}`);
  if (known === undefined || compareVersions(each.version, known.version) < 0)
    preferred.set(`${each.group}/${each.resource}`, each);
}

/** The built-in resources alone. */
export const builtinCatalogue: Catalogue = {
  custom: [],
  builtin: builtinResources,
  all: () => builtinResources,
  find: findResource,
  findKind,
  preferred: preferredResource,
};
