import type { AdmissionEffects } from "@sallyport/admission";
import { emptiedOf, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { CustomConversions, hasWebhook, type OnConverted } from "../custom/conversion.ts";
import type { Cache } from "./cache.ts";
import type { DeleteOptions, WriteContext } from "./context.ts";
import { inStorageVersion, outgoing } from "./encode.ts";
import { alreadyExists, conflict, decodable, notFound } from "./faults.ts";
import { ObjectStore, type ObjectStoreOptions, type Place } from "./object-store.ts";
import { withVersion } from "./resource-version.ts";
import { hasText } from "./stored-text.ts";
import { UnreadableError } from "./unreadable.ts";

export interface LiveObjectsOptions extends ObjectStoreOptions {
  readonly cache: Cache;
  /** Calls conversion webhooks; where it is absent, they fail. */
  readonly post?: AdmissionEffects["post"];
  /** Told of each call of a conversion webhook. */
  readonly onConverted?: OnConverted;
}

/** The objects that are there, read and written in the versions of requests; they lie in those of the store. */
export class LiveObjects {
  readonly #store: ObjectStore;
  readonly #cache: Cache;
  readonly #conversions: CustomConversions;

  constructor(options: LiveObjectsOptions) {
    this.#store = new ObjectStore(options);
    this.#cache = options.cache;
    this.#conversions = new CustomConversions(options.post, options.cache.reader, options.onConverted);
  }

  /** Has objects of the cache at hand in a resource's version: where a webhook converts them, it is asked now, and `outgoing` is not. */
  prepare(objects: Iterable<KubeObject>, info: ResourceInfo): Promise<void> {
    return this.#conversions.prepare(objects, info);
  }

  /** The object as it is now. */
  current({ info, namespace }: WriteContext, name: string): KubeObject | undefined {
    return this.#cache.get(info.group, info.resource, info.namespaced ? namespace : "", name);
  }

  /** The same for who only asks whether there is one. */
  there(context: WriteContext, name: string): KubeObject | "unread" | undefined {
    try {
      return this.current(context, name);
    } catch (error) {
      if (error instanceof UnreadableError) return "unread";
      throw error;
    }
  }

  /** The object that is there: as it is stored, and in the version of the request. Throws NotFound. */
  async live(context: WriteContext): Promise<{ readonly stored: KubeObject; readonly current: KubeObject }> {
    const { info, name } = context;
    const stored = this.current(context, name);
    if (stored === undefined) throw notFound(info, name);
    await this.prepare([stored], info);
    return { stored, current: outgoing(stored, info) };
  }

  /** An object in the version in which it is stored. Built-in kinds wait for nobody. */
  inStorage(object: KubeObject, info: ResourceInfo): KubeObject | Promise<KubeObject> {
    if (info.custom === undefined) return inStorageVersion(object, info);
    return this.#conversions.stored(object, info).then((stored) => inStorageVersion(stored, info));
  }

  /**
   * Writes what a request has made; `stored` is the object in the version in which it is stored. Throws `AlreadyExists` where none was expected,
   * `Conflict` where another version was, and what the store says.
   */
  async write(object: KubeObject, stored: KubeObject, expected: number, context: WriteContext): Promise<KubeObject> {
    const { info } = context;
    const { name = "", namespace = "" } = object.metadata;
    const place = { info, namespace: info.namespaced ? namespace : "", name };
    const result = await this.#store.commit(stored, expected, place);
    if (!result.ok && expected !== 0) throw conflict(info, name);
    if (!result.ok) {
      const there = this.there(context, name);
      throw alreadyExists(info, object, there === "unread" ? false : isGoing(there));
    }
    const version = String(result.revision);
    // What is read from now on, unless somebody has been faster meanwhile: its text is at hand.
    const now = object === stored && emptiedOf(object) === undefined ? this.current(context, name) : undefined;
    if (now?.metadata.resourceVersion === version && hasText(now)) return now;
    const written = info.custom === undefined || hasWebhook(info.custom) ? object : outgoing(stored, info);
    return withVersion(written, version);
  }

  /** Takes an object away, and answers what is shown of it. Throws `Conflict` where it has changed. */
  async remove(object: KubeObject, current: KubeObject, context: WriteContext): Promise<KubeObject> {
    const { info } = context;
    const { namespace = "", name = "", resourceVersion } = current.metadata;
    const result = await this.#store.commit(undefined, Number(resourceVersion), { info, namespace, name });
    if (!result.ok) throw conflict(info, context.name);
    return object;
  }

  /** KEP-3926: takes away what cannot be read, and asks nobody, since there is nothing to show. Throws for what can be read. */
  async deleteUnread(options: DeleteOptions, context: WriteContext): Promise<void> {
    const { info, namespace, name } = context;
    try {
      if (this.current(context, name) === undefined) throw notFound(info, name);
      throw decodable(context);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      if (context.dryRun || options.dryRun?.includes("All") === true) return;
      const place = { info, namespace: info.namespaced ? namespace : "", name };
      const result = await this.#store.commit(undefined, error.stored.modRevision, place);
      if (!result.ok) throw conflict(info, name);
    }
  }

  /** Writes past every check where the version is there that is expected. False where another one is. */
  async writeAt(stored: KubeObject | undefined, expected: number, place: Place): Promise<boolean> {
    return (await this.#store.write(stored, expected, place)).ok;
  }

  /** Whether the same object would lie otherwise now: under another key, or sealed at all. */
  isStale(place: Place): boolean {
    return this.#store.isStale(place);
  }
}

/** Whether it waits for its finalizers. */
export function isGoing(object: KubeObject | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}
