import { randomUUID } from "node:crypto";
import { definitionOf, findResource, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import { isEqual } from "../registry/equality.ts";
import type { Registry } from "../registry/registry.ts";
import { definitionsResource } from "./catalogue.ts";
import { emptyDefinitionStatus, withStoredVersion } from "./stored-versions.ts";

const definitionInfo = findResource("apiextensions.k8s.io", "v1", "customresourcedefinitions") as ResourceInfo;

/** Who writes the status of definitions. */
const ownManager = "kube-apiserver";

/**
 * Keeps the definitions of admission plugins as CustomResourceDefinitions among the objects: those that are missing are made, also
 * again after one was deleted and its objects with it; those that nobody else has written are brought up to date at the start.
 */
export class PluginDefinitions {
  readonly #cache: Cache;
  readonly #registry: Registry;
  readonly #definitions: ReadonlyMap<string, KubeObject>;
  readonly #timestamp: () => string;
  #unfollow: (() => void) | undefined;
  /** One piece of work after another. */
  #queue: Promise<void> = Promise.resolve();

  constructor(cache: Cache, registry: Registry, definitions: readonly KubeObject[], timestamp: () => string) {
    this.#cache = cache;
    this.#registry = registry;
    this.#definitions = new Map(definitions.filter(isStorable).map((each) => [each.metadata.name ?? "", each]));
    this.#timestamp = timestamp;
  }

  /** Resolves when all are there. */
  async start(): Promise<void> {
    for (const [name, definition] of this.#definitions) await this.#keep(name, definition);
    this.#unfollow = this.#cache.follow(({ name, object }) => {
      const definition = this.#definitions.get(name);
      if (object === undefined && definition !== undefined) this.#enqueue(name, definition);
    }, definitionsResource);
  }

  async stop(): Promise<void> {
    this.#unfollow?.();
    await this.#queue;
  }

  #enqueue(name: string, definition: KubeObject): void {
    this.#queue = this.#queue
      .then(() => this.#keep(name, definition))
      .catch(() => {
        // A store that is closing: the next start makes it.
      });
  }

  async #keep(name: string, definition: KubeObject): Promise<void> {
    const { group, resource } = definitionsResource;
    const current = this.#cache.get(group, resource, "", name);
    const kept = current === undefined ? this.#made(definition) : renewed(current, definition);
    // Where this fails, another server over the same store was faster.
    if (kept !== undefined) await this.#registry.writeDirect(kept, current, definitionInfo, "", name);
  }

  /** As if somebody had just created it: its names are accepted by the controller of definitions. */
  #made(definition: KubeObject): KubeObject {
    const { apiVersion, kind, metadata } = definition;
    const creationTimestamp = this.#timestamp();
    const managedFields = [managedLabels(metadata.labels ?? {}, creationTimestamp)];
    return withStoredVersion({
      apiVersion,
      kind,
      metadata: { ...metadata, uid: randomUUID(), creationTimestamp, generation: 1, managedFields },
      spec: definition["spec"],
      status: emptyDefinitionStatus,
    });
  }
}

/** We claim the labels alone: whoever applies a definition of their own by server-side apply has no conflict over the rest. */
function managedLabels(labels: { readonly [name: string]: string }, time: string) {
  const names = Object.keys(labels).map((name) => [`f:${name}`, {}]);
  return {
    manager: ownManager,
    operation: "Update",
    apiVersion: "apiextensions.k8s.io/v1",
    time,
    fieldsType: "FieldsV1",
    fieldsV1: { "f:metadata": { "f:labels": { ".": {}, ...Object.fromEntries(names) } } },
  };
}

/** Groups without a dot are Kubernetes' own: no CustomResourceDefinition may have one. */
function isStorable(definition: KubeObject): boolean {
  return definitionOf(definition).spec.group.includes(".");
}

/** An earlier text of our own as it is now; undefined where it is the same, is going, or has become another's. */
function renewed(current: KubeObject, definition: KubeObject): KubeObject | undefined {
  const { deletionTimestamp, managedFields = [], generation = 1 } = current.metadata;
  const isOthers = managedFields.some((each) => (each as { readonly manager?: string }).manager !== ownManager);
  if (deletionTimestamp || isOthers || isEqual(current["spec"], definition["spec"])) return undefined;
  const metadata = { ...current.metadata, generation: generation + 1 };
  return withStoredVersion({ ...current, metadata, spec: definition["spec"] });
}
