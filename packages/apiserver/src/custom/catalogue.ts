import {
  type Catalogue,
  compareVersions,
  customVersions,
  type DefinitionNames,
  definitionOf,
  hasCondition,
  type KubeObject,
  type ResourceInfo,
  servedCatalogue,
} from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";

/** Where definitions lie. */
export const definitionsResource = { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" } as const;

const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const subresourceVerbs = ["get", "patch", "update"];

/** What is built in, and what the established CustomResourceDefinitions of a cache add: always as the cache is. */
export class CustomCatalogue implements Catalogue {
  readonly #cache: Cache;
  readonly #served: Catalogue;
  /** By definition, as long as it stays the same object: what is compiled of a version is kept with it. */
  readonly #known = new WeakMap<KubeObject, readonly ResourceInfo[]>();
  #custom: readonly ResourceInfo[] = [];
  #byPlace = new Map<string, ResourceInfo>();
  #byKind = new Map<string, ResourceInfo>();
  #preferred = new Map<string, ResourceInfo>();

  /** Definitions of the admission plugins: served as they are until one of the name is stored and established. */
  readonly #fixed: readonly KubeObject[];

  /** `served` is what is built in. */
  constructor(cache: Cache, fixed: readonly KubeObject[] = [], served: Catalogue = servedCatalogue()) {
    this.#cache = cache;
    this.#fixed = fixed;
    this.#served = served;
    this.#read();
    cache.follow(() => this.#read(), definitionsResource);
  }

  *all(): Iterable<ResourceInfo> {
    yield* this.#served.all();
    yield* this.#custom;
  }

  get builtin(): readonly ResourceInfo[] {
    return this.#served.builtin;
  }

  /** The resources of definitions alone. */
  get custom(): readonly ResourceInfo[] {
    return this.#custom;
  }

  find(group: string, version: string, resource: string): ResourceInfo | undefined {
    return this.#served.find(group, version, resource) ?? this.#byPlace.get(`${group}/${version}/${resource}`);
  }

  findKind(group: string, version: string, kind: string): ResourceInfo | undefined {
    return this.#served.findKind(group, version, kind) ?? this.#byKind.get(`${group}/${version}/${kind}`);
  }

  preferred(group: string, resource: string): ResourceInfo | undefined {
    return this.#served.preferred(group, resource) ?? this.#preferred.get(`${group}/${resource}`);
  }

  #read(): void {
    const { group, resource } = definitionsResource;
    const stored = this.#cache.list(group, resource).filter((each) => hasCondition(each, "Established"));
    const names = new Set(stored.map(({ metadata }) => metadata.name));
    const fixed = this.#fixed.filter(({ metadata }) => !names.has(metadata.name));
    this.#custom = [...fixed, ...stored].flatMap((each) => this.#infosOf(each));
    this.#byPlace = new Map(this.#custom.map((each) => [`${each.group}/${each.version}/${each.resource}`, each]));
    const whole = this.#custom.filter((each) => !each.resource.includes("/"));
    this.#byKind = new Map(whole.map((each) => [`${each.group}/${each.version}/${each.kind}`, each]));
    const best = [...whole].sort((a, b) => compareVersions(b.version, a.version));
    this.#preferred = new Map(best.map((each) => [`${each.group}/${each.resource}`, each]));
  }

  #infosOf(definition: KubeObject): readonly ResourceInfo[] {
    let infos = this.#known.get(definition);
    if (infos === undefined) {
      infos = hasCondition(definition, "Established") ? resourcesOf(definition) : [];
      this.#known.set(definition, infos);
    }
    return infos;
  }
}

/** The resources and subresources that a definition adds, in all its versions. */
export function resourcesOf(definition: KubeObject): readonly ResourceInfo[] {
  const { spec, status } = definitionOf(definition);
  const names: DefinitionNames = status.acceptedNames?.plural ? status.acceptedNames : spec.names;
  return customVersions(definition).flatMap(({ name, custom }) => {
    const place = { group: spec.group, version: name, namespaced: spec.scope === "Namespaced", custom };
    const whole: ResourceInfo = {
      ...place,
      resource: names.plural,
      kind: names.kind,
      verbs,
      singular: names.singular ?? names.kind.toLowerCase(),
      ...(names.shortNames === undefined ? {} : { shortNames: names.shortNames }),
      ...(names.categories === undefined ? {} : { categories: names.categories }),
    };
    const part = (subresource: string, kind: string): ResourceInfo => ({
      ...place,
      resource: `${names.plural}/${subresource}`,
      kind,
      verbs: subresourceVerbs,
    });
    return [
      whole,
      ...(custom.hasStatus ? [part("status", names.kind)] : []),
      ...(custom.scale === undefined ? [] : [part("scale", "Scale")]),
    ];
  });
}
