import { type KubeObject, type OwnerReference, parseApiVersion, StatusError } from "@sallyport/kube";
import { foreground, orphan } from "../registry/deletion.ts";
import type { CacheEvent } from "../registry/history.ts";
import type { Controller, ControllerContext, ControllerKind } from "./controller.ts";
import { WorkQueue } from "./work-queue.ts";

/** Objects that belong to none and that nobody waits for. */
const ignored = new Set(["events", "leases"]);

/**
 * Deletes what belongs to objects that are gone, and does for those that are being deleted what their finalizers ask: `foregroundDeletion`
 * waits for dependents that block, `orphan` leaves dependents without an owner.
 */
export const garbageCollector: ControllerKind = {
  name: "garbage-collector-controller",
  alias: "garbagecollector",
  account: "generic-garbage-collector",
  create: (context) => new GarbageCollector(context),
};

/** Where an object lies: what keys of the queue are made of. */
interface Place {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

class GarbageCollector implements Controller {
  readonly name = garbageCollector.name;
  readonly #context: ControllerContext;
  readonly #queue: WorkQueue;
  /** Keys of objects by the uids of their owners. */
  readonly #dependents = new Map<string, Set<string>>();
  #end: (() => void) | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#queue = new WorkQueue(
      (key) => this.#sync(placeOf(key)),
      context.clock,
      (error) => {
        if (!(error instanceof StatusError)) context.onFault(error);
      },
      context.observeQueue?.(garbageCollector.name),
    );
  }

  async start(): Promise<void> {
    const { cache } = this.#context;
    this.#end = cache.follow((event) => this.#see(event));
    for (const resource of cache.resources) {
      for (const object of cache.readable(resource.group, resource.resource)) {
        const { namespace = "", name = "" } = object.metadata;
        this.#see({ revision: 0, resource, namespace, name, object, previous: undefined });
      }
    }
    await this.#queue.idle();
  }

  async stop(): Promise<void> {
    this.#end?.();
    await this.#queue.stop();
  }

  #see({ resource: { group, resource }, namespace, name, object, previous }: CacheEvent): void {
    if (ignored.has(resource)) return;
    const key = keyOfPlace({ group, resource, namespace, name });
    this.#index(key, object, previous);
    if (object === undefined) this.#addAll(this.#dependents.get(previous?.metadata.uid ?? ""));
    else if (ownersOf(object).length > 0 || isCollected(object)) this.#queue.add(key);
    // An owner that waits for this one may go on.
    for (const reference of ownersOf(previous)) {
      const owner = this.#owner(reference, namespace);
      if (owner !== "unknown" && owner !== undefined && isCollected(owner.object)) this.#queue.add(owner.key);
    }
  }

  #index(key: string, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    const owners = new Set(ownersOf(object).map(({ uid }) => uid));
    for (const { uid } of ownersOf(previous)) {
      if (owners.has(uid)) continue;
      const dependents = this.#dependents.get(uid);
      dependents?.delete(key);
      if (dependents?.size === 0) this.#dependents.delete(uid);
    }
    for (const uid of owners) this.#dependents.set(uid, (this.#dependents.get(uid) ?? new Set()).add(key));
  }

  #addAll(keys: Iterable<string> = []): void {
    for (const key of keys) this.#queue.add(key);
  }

  async #sync(place: Place): Promise<void> {
    const object = this.#get(place);
    if (object === undefined) return;
    if (isOrphaning(object)) await this.#orphanDependents(object);
    else if (isForeground(object)) await this.#deleteDependents(object);
    if (!object.metadata.deletionTimestamp || isForeground(object)) await this.#collect(object, place);
  }

  /** Takes this owner out of all that belongs to it, then lets it go. */
  async #orphanDependents(owner: KubeObject): Promise<void> {
    const { client } = this.#context;
    for (const dependent of this.#dependentsOf(owner))
      await client.update(dependent, (fresh) => withoutOwners(fresh, new Set([owner.metadata.uid ?? ""])));
    await client.update(owner, (fresh) => withoutFinalizer(fresh, orphan));
  }

  /** Deletes what blocks the owner; lets it go when nothing does. */
  async #deleteDependents(owner: KubeObject): Promise<void> {
    const { client } = this.#context;
    const blocking = this.#dependentsOf(owner).filter((each) =>
      ownersOf(each).some(({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true),
    );
    for (const dependent of blocking) if (!isForeground(dependent)) this.#queue.add(this.#keyOf(dependent));
    if (blocking.length === 0) await client.update(owner, (fresh) => withoutFinalizer(fresh, foreground));
  }

  /** Deletes an object all of whose owners are gone or wait for it; takes such owners out when others are left. */
  async #collect(object: KubeObject, { namespace }: Place): Promise<void> {
    const { client } = this.#context;
    const owners = ownersOf(object).map((reference) => ({ reference, owner: this.#owner(reference, namespace) }));
    if (owners.length === 0 || owners.some(({ owner }) => owner === "unknown")) return;
    const isWaiting = (owner: unknown) => isForeground((owner as Owner | undefined)?.object);
    const leaving = owners.filter(({ owner }) => owner === undefined || isWaiting(owner));
    if (leaving.length === 0) return;
    if (leaving.length < owners.length) {
      const uids = new Set(leaving.map(({ reference }) => reference.uid));
      await client.update(object, (fresh) => withoutOwners(fresh, uids));
      return;
    }
    const hasDependents = (this.#dependents.get(object.metadata.uid ?? "")?.size ?? 0) > 0;
    if (owners.some(({ owner }) => isWaiting(owner)) && hasDependents) {
      if (!isForeground(object)) await client.delete(object, { propagationPolicy: "Foreground" });
      return;
    }
    if (object.metadata.deletionTimestamp) return;
    await client.delete(object, { propagationPolicy: policyOf(object) });
  }

  #dependentsOf(owner: KubeObject): readonly KubeObject[] {
    const { namespace = "", uid = "" } = owner.metadata;
    return [...(this.#dependents.get(uid) ?? [])]
      .map((key) => this.#get(placeOf(key)))
      .filter((each): each is KubeObject => each !== undefined)
      .filter((each) => namespace === "" || each.metadata.namespace === namespace);
  }

  /** The owner that a reference means; undefined when it is gone, `unknown` when nobody can tell. */
  #owner({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): Owner | undefined | "unknown" {
    const { group, version } = parseApiVersion(apiVersion);
    const info = this.#context.catalogue.findKind(group, version, kind);
    if (info === undefined || (info.namespaced && namespace === "")) return "unknown";
    const place = { group, resource: info.resource, namespace: info.namespaced ? namespace : "", name };
    const object = this.#get(place);
    return object?.metadata.uid === uid ? { key: keyOfPlace(place), object } : undefined;
  }

  #get({ group, resource, namespace, name }: Place): KubeObject | undefined {
    return this.#context.cache.get(group, resource, namespace, name);
  }

  #keyOf({ apiVersion, kind, metadata: { namespace = "", name = "" } }: KubeObject): string {
    const { group, version } = parseApiVersion(apiVersion);
    const resource = this.#context.catalogue.findKind(group, version, kind)?.resource ?? "";
    return keyOfPlace({ group, resource, namespace, name });
  }
}

interface Owner {
  readonly key: string;
  readonly object: KubeObject;
}

function keyOfPlace({ group, resource, namespace, name }: Place): string {
  return [group, resource, namespace, name].join("/");
}

function placeOf(key: string): Place {
  const [group = "", resource = "", namespace = "", ...name] = key.split("/");
  return { group, resource, namespace, name: name.join("/") };
}

function ownersOf(object: KubeObject | undefined): readonly OwnerReference[] {
  return object?.metadata.ownerReferences ?? [];
}

function isForeground(object: KubeObject | undefined): boolean {
  return Boolean(object?.metadata.deletionTimestamp) && object?.metadata.finalizers?.includes(foreground) === true;
}

function isOrphaning({ metadata: { deletionTimestamp, finalizers } }: KubeObject): boolean {
  return Boolean(deletionTimestamp) && finalizers?.includes(orphan) === true;
}

function isCollected(object: KubeObject): boolean {
  return isForeground(object) || isOrphaning(object);
}

/** An object that asks for a policy by its finalizers gets it. */
function policyOf({ metadata: { finalizers = [] } }: KubeObject): "Orphan" | "Foreground" | "Background" {
  if (finalizers.includes(orphan)) return "Orphan";
  return finalizers.includes(foreground) ? "Foreground" : "Background";
}

function withoutOwners(object: KubeObject, uids: ReadonlySet<string>): KubeObject {
  const { ownerReferences = [], ...metadata } = object.metadata;
  const left = ownerReferences.filter(({ uid }) => !uids.has(uid));
  return { ...object, metadata: { ...metadata, ...(left.length === 0 ? {} : { ownerReferences: left }) } };
}

/** The object without one finalizer. */
export function withoutFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [], ...metadata } = object.metadata;
  const left = finalizers.filter((each) => each !== finalizer);
  return { ...object, metadata: { ...metadata, ...(left.length === 0 ? {} : { finalizers: left }) } };
}
