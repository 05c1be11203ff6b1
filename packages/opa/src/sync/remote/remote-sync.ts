import type { GroupVersionResource } from "@sallyport/kube";
import { type SyncOptions, statusAnnotation } from "../options.ts";
import type { LoadStatus } from "../policy-loader.ts";
import { neverReplicated, type ObjectChange, Sync } from "../sync.ts";
import { type AskOpa, dataPath, json, LostData } from "./ask-opa.ts";
import { placesOf, RemoteObjects } from "./remote-objects.ts";
import { RemotePolicies, recordPath } from "./remote-policies.ts";

export interface RemoteSyncOptions {
  readonly sync: SyncOptions;
  readonly ask: AskOpa;
  /** As `SyncEffects`. */
  readonly annotate: (namespace: string, name: string, annotations: { readonly [key: string]: string }) => void;
  /** Why the server could not be written; it is tried again. */
  readonly onFault: (error: Error) => void;
  /** Names this run; the server is asked for it, and has been restarted when it does not know it. */
  readonly generation: string;
  /** Monotonic milliseconds. */
  readonly ticks: () => number;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** So soon a server that has restarted is filled again. */
const checkEveryMs = 2000;
/** kube-mgmt's delays after a fault. */
const [firstDelayMs, maxDelayMs] = [1000, 30_000];

interface DataChange {
  readonly namespace: string;
  readonly name: string;
  /** Undefined when it is gone. */
  readonly value: unknown;
}

/** What an earlier run has left in the server. */
interface Records {
  readonly generation?: string;
  readonly policies?: { readonly [configMap: string]: readonly string[] };
  readonly data?: { readonly [configMap: string]: true };
}

/** kube-mgmt's job beside a policy server: what `Sync` makes of a cluster is written there, and written anew when the server has lost it. */
export class RemoteSync {
  readonly #options: RemoteSyncOptions;
  readonly #sync: Sync;
  readonly #policies = new RemotePolicies();
  readonly #data = new Map<string, DataChange>();
  readonly #changedData = new Set<string>();
  readonly #objects = new Map<string, RemoteObjects>();
  #read: ReadonlySet<string> = new Set();
  #gone: string[] = [];
  #isEstablished = false;
  /** The last writing was taken. */
  #isCurrent = false;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => {};

  constructor(options: RemoteSyncOptions) {
    this.#options = options;
    this.#sync = new Sync(options.sync, {
      policies: this.#policies,
      objects: {
        put: (resource, object) => this.#objects.get(keyOf(resource))?.put(object),
        remove: (resource, namespace, name) => this.#objects.get(keyOf(resource))?.remove(namespace, name),
      },
      onData: (namespace, name, value) => {
        this.#data.set(`${namespace}/${name}`, { namespace, name, value });
        this.#changedData.add(`${namespace}/${name}`);
      },
      annotate: (namespace, name, annotations) => {
        // Not loaded before the server has it.
        if (!this.#changedData.has(`${namespace}/${name}`)) options.annotate(namespace, name, annotations);
      },
    });
  }

  /** Objects of this resource are replicated from now on; call it before the first of them comes. */
  replicate(resource: GroupVersionResource): void {
    if (neverReplicated.has(resource.resource) || this.#objects.has(keyOf(resource))) return;
    this.#objects.set(keyOf(resource), new RemoteObjects(resource, this.#options.sync.replicateIgnoreNamespaces));
    this.#place();
  }

  /** No longer. */
  unreplicate(resource: GroupVersionResource): void {
    const objects = this.#objects.get(keyOf(resource));
    if (objects === undefined) return;
    this.#gone.push(...objects.moveTo([]));
    this.#objects.delete(keyOf(resource));
    this.#place();
  }

  /** Qualified names that policies read, as `ingresses.networking.k8s.io`. */
  set read(names: ReadonlySet<string>) {
    this.#read = names;
    this.#place();
  }

  #place(): void {
    const places = placesOf(
      [...this.#objects.values()].map(({ resource }) => resource),
      this.#read,
    );
    for (const each of this.#objects.values()) this.#gone.push(...each.moveTo(places.get(each.resource) ?? []));
    this.#wake();
  }

  applyAll(changes: readonly ObjectChange[]): void {
    this.#sync.applyAll(changes);
    this.#wake();
  }

  /** The texts of all policies of ConfigMaps, as they are wanted. */
  policyTexts(): readonly { readonly name: string; readonly text: string }[] {
    return this.#policies.wanted();
  }

  /** Whether a policy of the server came from a ConfigMap. */
  ownsPolicy(id: string): boolean {
    return this.#policies.owns(id);
  }

  /** Whether the server has everything that came up to the last writing. */
  get isReady(): boolean {
    return this.#isEstablished && this.#isCurrent;
  }

  /** Writes until it is stopped; call it when everything was listed once, so that what is left of earlier runs can be told. */
  async run(signal: AbortSignal): Promise<void> {
    let delay = firstDelayMs;
    while (!signal.aborted) {
      try {
        await this.#round();
        this.#isCurrent = true;
        delay = firstDelayMs;
        await this.#pause(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#isCurrent = false;
        this.#isEstablished = this.#isEstablished && !(error instanceof LostData);
        this.#checkedAt = Number.NEGATIVE_INFINITY;
        this.#options.onFault(error as Error);
        await this.#options.sleep(delay * (0.5 + this.#options.random()), signal).catch(() => {});
        delay = Math.min(delay * 2, maxDelayMs);
      }
    }
  }

  async #round(): Promise<void> {
    const { ask, ticks, onFault, generation } = this.#options;
    if (ticks() - this.#checkedAt >= checkEveryMs) {
      const records = await this.#records();
      if (records.generation !== generation) {
        if (this.#isEstablished) onFault(new LostData("what was written"));
        this.#isEstablished = false;
        this.#begin(records);
      }
      this.#checkedAt = ticks();
    }
    // Data first: a policy that finds none might let something pass.
    await this.#pushData();
    await this.#pushObjects();
    if (this.#policies.isDirty) for (const [id, status] of await this.#policies.push(ask)) this.#report(id, status);
    if (this.#isEstablished) return;
    await ask("PUT", dataPath([...recordPath, "generation"]), json(generation));
    this.#isEstablished = true;
  }

  async #records(): Promise<Records> {
    const { body } = await this.#options.ask("GET", dataPath(recordPath));
    return (body as { readonly result?: Records } | undefined)?.result ?? {};
  }

  /** Everything is to be written, and what an earlier run has left is to be taken away where nobody wants it now. */
  #begin({ policies = {}, data = {} }: Records): void {
    this.#policies.reset(new Map(Object.entries(policies)));
    for (const id of Object.keys(data)) {
      const [namespace = "", name = ""] = id.split("/");
      if (!this.#data.has(id)) this.#data.set(id, { namespace, name, value: undefined });
    }
    for (const id of this.#data.keys()) this.#changedData.add(id);
    for (const each of this.#objects.values()) each.reset();
  }

  async #pushData(): Promise<void> {
    const { ask } = this.#options;
    for (const id of [...this.#changedData]) {
      const change = this.#data.get(id) as DataChange;
      const { namespace, name, value } = change;
      const [path, record] = [dataPath([namespace, name]), dataPath([...recordPath, "data", id])];
      if (value === undefined) {
        await ask("DELETE", path);
        await ask("DELETE", record);
        if (this.#data.get(id) === change) this.#data.delete(id);
      } else {
        await ask("PUT", record, json(true));
        const { status, body } = await ask("PUT", path, json(value));
        this.#report(id, status < 400 ? { status: "ok" } : { status: "error", error: body as object });
      }
      if ((this.#data.get(id) ?? change) === change) this.#changedData.delete(id);
    }
  }

  async #pushObjects(): Promise<void> {
    const { ask, sync } = this.#options;
    const path = sync.replicatePath.split("/").filter(Boolean);
    for (const each of this.#objects.values()) if (each.isDirty) await each.push(ask, path);
    const used = new Set([...this.#objects.values()].flatMap(({ places }) => places));
    for (let place = this.#gone[0]; place !== undefined; place = this.#gone[0]) {
      if (!used.has(place)) await ask("DELETE", dataPath([...path, place]));
      this.#gone.shift();
    }
  }

  #report(id: string, status: LoadStatus): void {
    const [namespace = "", name = ""] = id.split("/");
    this.#options.annotate(namespace, name, { [statusAnnotation]: JSON.stringify(status) });
  }

  get #isDirty(): boolean {
    const isDirtyObject = [...this.#objects.values()].some((each) => each.isDirty);
    return this.#policies.isDirty || this.#changedData.size > 0 || this.#gone.length > 0 || isDirtyObject;
  }

  /** Until something changes, or the server is to be looked at again. */
  async #pause(signal: AbortSignal): Promise<void> {
    if (this.#isDirty) return;
    const stop = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = this.#options.sleep(checkEveryMs, AbortSignal.any([signal, stop.signal])).catch(() => {});
    await Promise.race([woken, timer]);
    stop.abort();
  }
}

/** The version does not matter: objects are the same. */
function keyOf({ group, resource }: { readonly group: string; readonly resource: string }): string {
  return `${group}/${resource}`;
}
