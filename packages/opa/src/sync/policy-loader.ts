import type { KubeObject } from "@sallyport/kube";
import { idOf, type PolicySource, policiesOf } from "./config-maps.ts";

/** What became of one ConfigMap; written back to it as an annotation. A server's error is the object that it answered. */
export type LoadStatus = { readonly status: "ok" } | { readonly status: "error"; readonly error: string | object };

/** Compiles a whole set of policies and puts it in force, or says why it cannot; then nothing has changed. */
export type ActivatePolicies = (policies: readonly PolicySource[]) => { readonly error?: string };

interface Entry {
  /** The texts that the ConfigMap holds now. */
  wanted: readonly PolicySource[];
  /** The texts in force: the last good ones, maybe older than `wanted`, maybe none. */
  active: readonly PolicySource[];
  status: LoadStatus;
}

/**
 * Keeps the policies in force equal to the ConfigMaps, one good generation at a time. A ConfigMap that does not compile
 * keeps its last good texts in force and never disturbs the others; it is tried again whenever any other changes, since it
 * may only have waited for a function that another one defines. Removed keys and ConfigMaps remove their policies.
 */
export class PolicyLoader {
  readonly #activate: ActivatePolicies;
  readonly #entries = new Map<string, Entry>();

  constructor(activate: ActivatePolicies) {
    this.#activate = activate;
  }

  /** A ConfigMap was added or changed. Answers the ids whose status is new. */
  put(configMap: KubeObject): ReadonlyMap<string, LoadStatus> {
    return this.putAll([configMap]);
  }

  /** Several were added or changed: they are compiled together, once. */
  putAll(configMaps: readonly KubeObject[]): ReadonlyMap<string, LoadStatus> {
    const before = this.#statuses();
    const changed = configMaps.filter((each) => this.#want(idOf(each), policiesOf(each))).map(idOf);
    if (changed.length === 0) return new Map();
    this.#settle();
    return this.#changes(before, new Set(changed));
  }

  /** Whether that is anything else than before. */
  #want(id: string, wanted: readonly PolicySource[]): boolean {
    const entry = this.#entries.get(id);
    if (entry !== undefined && sameTexts(entry.wanted, wanted)) return false;
    if (entry === undefined) this.#entries.set(id, { wanted, active: [], status: { status: "ok" } });
    else entry.wanted = wanted;
    return true;
  }

  /** A ConfigMap was deleted, or is no policy any more. Those that needed it lose force, and their new status is answered. */
  remove(id: string): ReadonlyMap<string, LoadStatus> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return new Map();
    const before = this.#statuses();
    this.#entries.delete(id);
    this.#settle();
    return this.#changes(before, new Set());
  }

  /** The status of a ConfigMap, if it is known. */
  status(id: string): LoadStatus | undefined {
    return this.#entries.get(id)?.status;
  }

  /** The texts in force. */
  active(): readonly PolicySource[] {
    return this.#sorted().flatMap(([, entry]) => entry.active);
  }

  /** All together first, the common case; else one by one until no more can be added. */
  #settle(): void {
    const entries = this.#sorted();
    const all = this.#activate(entries.flatMap(([, entry]) => entry.wanted));
    if (all.error === undefined) {
      for (const [, entry] of entries) accept(entry);
      return;
    }
    this.#dropBroken(entries);
    let waiting = entries.filter(([, entry]) => entry.active !== entry.wanted);
    for (let before = -1; before !== waiting.length; ) {
      before = waiting.length;
      waiting = waiting.filter(([, entry]) => !this.#tryEntry(entry));
    }
  }

  /** After a removal, what is in force may no longer compile: those ConfigMaps lose force, with the reason as status. */
  #dropBroken(entries: readonly (readonly [string, Entry])[]): void {
    if (this.#activate(this.active()).error === undefined) return;
    const old = entries.map(([, entry]) => entry.active);
    for (const [, entry] of entries) entry.active = [];
    entries.forEach(([, entry], i) => {
      entry.active = old[i] ?? [];
      const result = this.#activate(this.active());
      if (result.error === undefined) return;
      entry.active = [];
      entry.status = { status: "error", error: result.error };
    });
    this.#activate(this.active());
  }

  #tryEntry(entry: Entry): boolean {
    const last = entry.active;
    entry.active = entry.wanted;
    const result = this.#activate(this.active());
    if (result.error === undefined) {
      accept(entry);
      return true;
    }
    entry.active = last;
    entry.status = { status: "error", error: result.error };
    return false;
  }

  #sorted(): readonly (readonly [string, Entry])[] {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #statuses(): Map<string, LoadStatus> {
    return new Map([...this.#entries].map(([id, entry]) => [id, entry.status]));
  }

  #changes(before: ReadonlyMap<string, LoadStatus>, always: ReadonlySet<string>): ReadonlyMap<string, LoadStatus> {
    const changed = [...this.#entries].filter(
      ([id, entry]) => always.has(id) || JSON.stringify(before.get(id)) !== JSON.stringify(entry.status),
    );
    return new Map(changed.map(([id, entry]) => [id, entry.status]));
  }
}

function accept(entry: Entry): void {
  entry.active = entry.wanted;
  entry.status = { status: "ok" };
}

function sameTexts(a: readonly PolicySource[], b: readonly PolicySource[]): boolean {
  return a.length === b.length && a.every((policy, i) => policy.name === b[i]?.name && policy.text === b[i]?.text);
}
