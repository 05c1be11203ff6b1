import { internalError, type KubeObject, type ResourceInfo, StatusError } from "@sallyport/kube";
import { TransformError } from "@sallyport/secrets/encryption";
import { type Store, StoreError, type Write } from "../storage/store.ts";
import { encodeStored, type StorageMediaType } from "./encode.ts";
import { keyOf, storageGroup } from "./keys.ts";

export interface ObjectStoreOptions {
  readonly store: Store;
  /** JSON when absent. */
  readonly storageMediaType?: StorageMediaType;
  /** How long events are kept, where the store takes them away by itself; kube-apiserver's `--event-ttl`. An hour when absent. */
  readonly eventTtlSeconds?: number;
  /** Told how long the store took, by etcd's operations: create, update, delete. */
  readonly onStored?: (operation: string, group: string, resource: string, seconds: number, isFailed: boolean) => void;
}

/** Where an object lies; `namespace` is empty for cluster-scoped ones. */
export interface Place {
  readonly info: ResourceInfo;
  readonly namespace: string;
  readonly name: string;
}

/** Objects in the store, under their keys and encoded, in the version in which they are stored. */
export class ObjectStore {
  readonly #options: ObjectStoreOptions;

  constructor(options: ObjectStoreOptions) {
    this.#options = options;
  }

  /** Writes an object where the version is there that is expected (0: none is), or takes it away when there is none. Rejects with what the store says. */
  write(stored: KubeObject | undefined, expected: number, place: Place): ReturnType<Store["write"]> {
    return this.#options.store.write(this.#writeOf(stored, expected, place));
  }

  /** Whether the same object would lie otherwise now: under another key, or sealed at all. */
  isStale({ info, namespace, name }: Place): boolean {
    const { store } = this.#options;
    return store.isStale?.(keyOf(storageGroup(info.group, info.resource), info.resource, namespace, name)) === true;
  }

  #writeOf(stored: KubeObject | undefined, expected: number, { info, namespace, name }: Place): Write {
    const { storageMediaType = "application/json", eventTtlSeconds = 3600 } = this.#options;
    const group = storageGroup(info.group, info.resource);
    const key = keyOf(group, info.resource, namespace, name);
    const value = stored && encodeStored(stored, info, storageMediaType);
    const isEvent = info.resource === "events" && group === "";
    return isEvent ? { key, expected, value, ttlSeconds: eventTtlSeconds } : { key, expected, value };
  }

  /** As `write`, for a request: how long the store took is told. Throws `ServiceUnavailable` where it cannot write, `InternalError` where it cannot seal. */
  async commit(stored: KubeObject | undefined, expected: number, place: Place): ReturnType<Store["write"]> {
    const write = this.#writeOf(stored, expected, place);
    const start = performance.now();
    let isFailed = true;
    try {
      const written = await this.#options.store.write(write);
      isFailed = false;
      return written;
    } catch (error) {
      if (error instanceof StoreError)
        throw new StatusError("ServiceUnavailable", `the write was not stored: ${error.message}`, {
          retryAfterSeconds: 1,
        });
      if (error instanceof TransformError) throw internalError(error.message);
      throw error;
    } finally {
      const operation = stored === undefined ? "delete" : expected === 0 ? "create" : "update";
      const { group, resource } = place.info;
      this.#options.onStored?.(operation, group, resource, (performance.now() - start) / 1000, isFailed);
    }
  }
}
