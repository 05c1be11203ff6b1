import type { KubeObject } from "@sallyport/kube";

/** Objects of one resource by key, `NAMESPACE/NAME` or `NAME`, with the lists that readers ask for kept until something changes. */
export class Shelf {
  readonly #byKey = new Map<string, KubeObject>();
  readonly #all = new Drawer();
  readonly #byNamespace = new Map<string, Drawer>();

  get(key: string): KubeObject | undefined {
    return this.#byKey.get(key);
  }

  set(key: string, object: KubeObject): void {
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
    if (!this.#byKey.delete(key)) return;
    this.#all.shrunk();
    const namespace = namespaceOf(key) ?? "";
    const drawer = this.#byNamespace.get(namespace);
    drawer?.shrunk();
    if (drawer?.size === 0) this.#byNamespace.delete(namespace);
  }

  /** Ordered by key; of one namespace, or of all when it is empty. The array stays as it is when objects change later. */
  list(namespace: string): readonly KubeObject[] {
    const drawer = namespace === "" ? this.#all : this.#byNamespace.get(namespace);
    return drawer?.list(this.#byKey) ?? [];
  }

  entries(): Iterable<readonly [string, KubeObject]> {
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
