import type { KubeObject } from "@sallyport/kube";
import { type StoreFault, UnreadableError, unreadableList } from "./unreadable.ts";

/**
 * Objects of one resource by key, `NAMESPACE/NAME` or `NAME`, with the lists that readers ask for kept until something changes. Who
 * asks for one that cannot be read, or for a list that it belongs to, gets a `StatusError`: as if it were not there would be a lie.
 */
export class Shelf {
  readonly #byKey = new Map<string, KubeObject>();
  /** Why some cannot be read. Nearly always there are none. */
  readonly #faults = new Map<string, StoreFault>();
  readonly #all = new Drawer();
  readonly #byNamespace = new Map<string, Drawer>();
  readonly #resource: { readonly group: string; readonly resource: string };

  constructor(resource: { readonly group: string; readonly resource: string }) {
    this.#resource = resource;
  }

  get(key: string): KubeObject | undefined {
    const fault = this.#faults.size > 0 ? this.#faults.get(key) : undefined;
    if (fault !== undefined) throw new UnreadableError(fault);
    return this.#byKey.get(key);
  }

  /** The same, but undefined for one that cannot be read. */
  peek(key: string): KubeObject | undefined {
    return this.#byKey.get(key);
  }

  /** What lies under a key cannot be read, for this reason. */
  setFault(key: string, fault: StoreFault): void {
    this.delete(key);
    this.#faults.set(key, fault);
  }

  #check(isAsked: (key: string) => boolean): void {
    const asked = [...this.#faults].filter(([key]) => isAsked(key)).sort(([a], [b]) => (a < b ? -1 : 1));
    if (asked.length > 0)
      throw unreadableList(
        this.#resource,
        asked.map(([, fault]) => fault),
      );
  }

  set(key: string, object: KubeObject): void {
    this.#faults.delete(key);
    const isNew = !this.#byKey.has(key);
    this.#byKey.set(key, object);
    this.#all.changed(isNew ? key : undefined);
    const namespace = namespaceOf(key);
    if (namespace === undefined) return;
    let drawer = this.#byNamespace.get(namespace);
    if (drawer === undefined) {
      drawer = new Drawer();
      this.#byNamespace.set(namespace, drawer);
    }
    drawer.changed(isNew ? key : undefined);
  }

  delete(key: string): void {
    this.#faults.delete(key);
    if (!this.#byKey.delete(key)) return;
    this.#all.shrunk();
    const namespace = namespaceOf(key) ?? "";
    const drawer = this.#byNamespace.get(namespace);
    drawer?.shrunk();
    if (drawer?.size === 0) this.#byNamespace.delete(namespace);
  }

  /** Ordered by key; of one namespace, or of all when it is empty. The array stays as it is when objects change later. */
  list(namespace: string): readonly KubeObject[] {
    if (this.#faults.size > 0) this.#check((key) => namespace === "" || namespaceOf(key) === namespace);
    return this.readable(namespace);
  }

  /** The same without those that cannot be read. */
  readable(namespace: string): readonly KubeObject[] {
    const drawer = namespace === "" ? this.#all : this.#byNamespace.get(namespace);
    return drawer?.list(this.#byKey) ?? [];
  }

  entries(): Iterable<readonly [string, KubeObject]> {
    this.#check(() => true);
    return this.#byKey;
  }
}

function namespaceOf(key: string): string | undefined {
  const at = key.indexOf("/");
  return at < 0 ? undefined : key.slice(0, at);
}

/** The keys of one list in order. Sorting waits until somebody asks: new keys mostly come in order, and then it costs little. */
class Drawer {
  size = 0;
  #keys: string[] = [];
  #isSorted = true;
  #hasGone = false;
  #listed: readonly KubeObject[] | undefined;

  /** Some object is another one; `added` is the key of a new one. */
  changed(added: string | undefined): void {
    this.#listed = undefined;
    if (added === undefined) return;
    this.size++;
    const last = this.#keys.at(-1);
    // A key that went and came back stands in the list already.
    if (this.#hasGone) this.#isSorted = false;
    if (last !== undefined && last >= added) this.#isSorted = false;
    this.#keys.push(added);
  }

  shrunk(): void {
    this.size--;
    this.#listed = undefined;
    this.#hasGone = true;
  }

  list(objects: ReadonlyMap<string, KubeObject>): readonly KubeObject[] {
    if (this.#listed !== undefined) return this.#listed;
    if (this.#hasGone) this.#keys = [...new Set(this.#keys)].filter((key) => objects.has(key));
    if (!this.#isSorted) this.#keys.sort((a, b) => (a < b ? -1 : 1));
    this.#isSorted = true;
    this.#hasGone = false;
    this.#listed = this.#keys.map((key) => objects.get(key) as KubeObject);
    return this.#listed;
  }
}
