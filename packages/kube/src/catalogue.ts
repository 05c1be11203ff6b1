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
  return byResource.get(resource)?.find((each) => each.group === group && each.version === version);
}

/** The resource (no subresource) of a kind. */
export function findKind(group: string, version: string, kind: string): ResourceInfo | undefined {
  return byKind.get(kind)?.find((each) => each.group === group && each.version === version);
}

/** The version in which a resource is stored and shown to policies: its best one. */
export function preferredResource(group: string, resource: string): ResourceInfo | undefined {
  return preferred.get(resource)?.find((each) => each.group === group);
}

/** By name alone, which nearly always says it all: several are asked for in each request, and no text has to be made for that. */
const byResource = Map.groupBy(builtinResources, ({ resource }) => resource);
const whole = builtinResources.filter(({ resource }) => !resource.includes("/"));
const byKind = Map.groupBy(whole, ({ kind }) => kind);
const preferred = Map.groupBy(
  whole.toSorted((a, b) => compareVersions(a.version, b.version)),
  ({ resource }) => resource,
);

/** The built-in resources alone. */
export const builtinCatalogue: Catalogue = {
  custom: [],
  builtin: builtinResources,
  all: () => builtinResources,
  find: findResource,
  findKind,
  preferred: preferredResource,
};
