import { qualifiedResource } from "@sallyport/kube";
import {
  type EncryptionMetrics,
  type EncryptionRules,
  type GroupResource,
  type ObserveTransform,
  type Opened,
  TransformError,
} from "@sallyport/secrets/encryption";
import type {
  RangeOptions,
  RangeResult,
  Store,
  StoredValue,
  StoreEvent,
  StoreHealth,
  Write,
  WriteResult,
} from "./store.ts";

/** How often values that could not be opened are tried again: a KMS may have been away. */
const retryMs = 10_000;

/** Some milliseconds' worth, after which requests have their turn. */
const openedTogether = 200;

export interface SealedStoreOptions {
  /** Those in force now. */
  readonly rules: () => EncryptionRules;
  /** Whose object lies under a key; what has no resource is not sealed. */
  readonly resourceOf: (key: string) => GroupResource | undefined;
  /** Where a key lies in the end, which is authenticated with its value; the key itself when absent. */
  readonly placeOf?: (key: string) => string;
  /** Where sealing and opening are counted. */
  readonly metrics?: EncryptionMetrics;
}

const nothing = new Uint8Array();

/**
 * A store whose values lie sealed as an EncryptionConfiguration says, bytes as kube-apiserver's. Who reads gets them opened; one that
 * cannot be opened comes with the reason as its `fault`, and without a value.
 */
export class SealedStore implements Store {
  readonly #store: Store;
  readonly #options: SealedStoreOptions;
  /** What this process has sealed, so that it need not open it again. */
  readonly #written = new WeakMap<Uint8Array, Uint8Array>();
  readonly #opened = new WeakMap<StoredValue, StoredValue>();
  readonly #stale = new Set<string>();
  readonly #faulty = new Map<string, StoredValue>();
  readonly #mended = new Set<(value: StoredValue) => void>();
  #retries: NodeJS.Timeout | undefined;
  /** Events that wait for one that is opened elsewhere, and the last revision before them. */
  #behind: { readonly done: Promise<void>; readonly told: number } | undefined;

  constructor(store: Store, options: SealedStoreOptions) {
    this.#store = store;
    this.#options = options;
  }

  get isShared(): boolean {
    return this.#store.isShared;
  }

  get revision(): number {
    return this.#behind?.told ?? this.#store.revision;
  }

  get compactedRevision(): number {
    return this.#store.compactedRevision;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const value = await this.#store.get(key);
    return value && this.#open(value);
  }

  async range(prefix: string, options?: RangeOptions): Promise<RangeResult> {
    const result = await this.#store.range(prefix, options);
    return { ...result, values: await Promise.all(result.values.map((value) => this.#open(value))) };
  }

  /** Rejects with `TransformError` where the value cannot be sealed: it is never written as it is. */
  async write(write: Write): Promise<WriteResult> {
    const result = await this.#store.write({
      ...write,
      value: write.value && (await this.#seal(write.key, write.value)),
    });
    await this.#behind?.done;
    if (result.ok || result.current === undefined) return result;
    return { ok: false, current: await this.#open(result.current) };
  }

  /** Events in their order, each when it was opened. */
  watch(revision: number, listener: (event: StoreEvent) => void): () => void {
    let isStopped = false;
    const tell = (event: StoreEvent): void => {
      if (!isStopped) listener(event);
    };
    const stop = this.#store.watch(revision, (event) => {
      const opened = this.#openEvent(event);
      if (this.#behind === undefined && !(opened instanceof Promise)) tell(opened);
      else this.#queue(opened, event.revision, tell);
    });
    return () => {
      isStopped = true;
      stop();
    };
  }

  #queue(opened: StoreEvent | Promise<StoreEvent>, revision: number, tell: (event: StoreEvent) => void): void {
    const before = this.#behind;
    const told = before?.told ?? revision - 1;
    const done = Promise.all([opened, before?.done]).then(([event]) => {
      tell(event);
      this.#behind = this.#behind?.done === done ? undefined : this.#behind && { ...this.#behind, told: revision };
    });
    this.#behind = { done, told };
  }

  compact(revision: number): Promise<void> {
    return this.#store.compact(revision);
  }

  async sync(): Promise<void> {
    await this.#store.sync();
    await this.#behind?.done;
  }

  health(): StoreHealth {
    return this.#store.health();
  }

  async size(): Promise<number | undefined> {
    return this.#store.size?.();
  }

  close(): Promise<void> {
    clearInterval(this.#retries);
    return this.#store.close();
  }

  /** Whether what lies there was sealed otherwise than it would be now. */
  isStale(key: string): boolean {
    return this.#stale.has(key);
  }

  /** Each value that could not be opened, as soon as it can. */
  onMended(listener: (value: StoredValue) => void): void {
    this.#mended.add(listener);
  }

  /** Other rules or keys are in force: looks anew at what is stale and what can be opened. */
  async refresh(): Promise<void> {
    const { values } = await this.#store.range("/registry/");
    for (const [i, value] of values.entries()) {
      if (i % openedTogether === 0) await new Promise((resolve) => setImmediate(resolve));
      const wasFaulty = this.#faulty.has(value.key);
      this.#opened.delete(value);
      const opened = await this.#open(value);
      if (wasFaulty && opened.fault === undefined) this.#tellMended(opened);
    }
  }

  async #retry(): Promise<void> {
    // Of those that there are now: one that still cannot be opened is put there again.
    for (const value of [...this.#faulty.values()]) {
      const opened = await this.#open(value);
      if (opened.fault === undefined) this.#tellMended(opened);
    }
  }

  #tellMended(value: StoredValue): void {
    for (const listener of this.#mended) listener(value);
  }

  #placeOf(key: string): string {
    return this.#options.placeOf?.(key) ?? key;
  }

  #observerOf(resource: GroupResource): ObserveTransform | undefined {
    return this.#options.metrics?.observerOf(qualifiedResource(resource));
  }

  #seal(key: string, value: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const resource = this.#options.resourceOf(key);
    if (resource === undefined) return value;
    const sealed = this.#options
      .rules()
      .transformerFor(resource.group, resource.resource)
      .seal(value, this.#placeOf(key), this.#observerOf(resource));
    const remember = (bytes: Uint8Array): Uint8Array => {
      if (bytes !== value) this.#written.set(bytes, value);
      return bytes;
    };
    return sealed instanceof Promise ? sealed.then(remember) : remember(sealed);
  }

  /** What a deleted or replaced object was is told as well as it can be. */
  #openEvent(event: StoreEvent): StoreEvent | Promise<StoreEvent> {
    const value = event.value && this.#open(event.value);
    const previous = event.previous && this.#openPrevious(event.previous);
    if (event.value === undefined) this.#forget(event.key);
    if (value instanceof Promise || previous instanceof Promise)
      return Promise.all([value, previous]).then(([now, before]) => ({ ...event, value: now, previous: before }));
    return { ...event, value, previous };
  }

  #openPrevious(raw: StoredValue): StoredValue | Promise<StoredValue> {
    return this.#opened.get(raw) ?? this.#transformed(raw, () => {});
  }

  #open(raw: StoredValue): StoredValue | Promise<StoredValue> {
    const known = this.#opened.get(raw);
    if (known !== undefined) return known;
    const plain = this.#written.get(raw.value);
    if (plain !== undefined) {
      // Once: with other keys in force, it would no longer be true that it is not stale.
      this.#written.delete(raw.value);
      this.#forget(raw.key);
      return this.#remember(raw, { ...raw, value: plain });
    }
    return this.#transformed(raw, (isStale) => this.#judge(raw, isStale));
  }

  #transformed(raw: StoredValue, judge: (isStale: boolean | undefined) => void): StoredValue | Promise<StoredValue> {
    const resource = this.#options.resourceOf(raw.key);
    if (resource === undefined) return raw;
    const took = ({ value, isStale }: Opened): StoredValue => {
      judge(isStale);
      return value === raw.value ? raw : this.#remember(raw, { ...raw, value });
    };
    const failed = (error: unknown): StoredValue => {
      judge(undefined);
      const fault = error instanceof TransformError ? error.message : "a fault of the server's own";
      return { ...raw, value: nothing, fault };
    };
    try {
      const opened = this.#options
        .rules()
        .transformerFor(resource.group, resource.resource)
        .open(raw.value, this.#placeOf(raw.key), this.#observerOf(resource));
      return opened instanceof Promise ? opened.then(took, failed) : took(opened);
    } catch (error) {
      return failed(error);
    }
  }

  #remember(raw: StoredValue, opened: StoredValue): StoredValue {
    this.#opened.set(raw, opened);
    return opened;
  }

  /** Undefined where it cannot be opened. */
  #judge(raw: StoredValue, isStale: boolean | undefined): void {
    this.#forget(raw.key);
    if (isStale === true) this.#stale.add(raw.key);
    if (isStale !== undefined) return;
    this.#faulty.set(raw.key, raw);
    this.#retries ??= setInterval(() => void this.#retry(), retryMs).unref();
  }

  #forget(key: string): void {
    this.#stale.delete(key);
    this.#faulty.delete(key);
    if (this.#faulty.size > 0) return;
    clearInterval(this.#retries);
    this.#retries = undefined;
  }
}
