import type { KubeObject } from "@sallyport/kube";
import type { FollowedChange } from "./followed-resource.ts";

/** The objects of one resource, by namespace and name. */
class Shelf {
  readonly #objects = new Map<string, KubeObject>();
  /** By namespace, the empty one holding all; made when it is asked for, forgotten when something changes. */
  readonly #lists = new Map<string, readonly KubeObject[]>();

  apply(changes: readonly FollowedChange[]): void {
    for (const { namespace, name, object } of changes) {
      if (object === undefined) this.#objects.delete(`${namespace}/${name}`);
      else this.#objects.set(`${namespace}/${name}`, object);
    }
    this.#lists.clear();
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(namespace: string): readonly KubeObject[] {
    let known = this.#lists.get(namespace);
    if (known === undefined) {
      const keys = [...this.#objects.keys()].filter((key) => namespace === "" || key.startsWith(`${namespace}/`));
      known = keys.sort().map((key) => this.#objects.get(key) as KubeObject);
      this.#lists.set(namespace, known);
    }
    return known;
  }
}

/** What reflectors have brought of several resources, for reading as admission reads. */
export class ObjectCache {
  readonly #shelves = new Map<string, Shelf>();
  #generation = 0;

  /** Grows with every change. */
  get generation(): number {
    return this.#generation;
  }

  apply(group: string, resource: string, changes: readonly FollowedChange[]): void {
    this.#generation++;
    this.#shelf(group, resource).apply(changes);
  }

  get(group: string, resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#shelves.get(`${group}/${resource}`)?.get(namespace, name);
  }

  list(group: string, resource: string, namespace = ""): readonly KubeObject[] {
    return this.#shelves.get(`${group}/${resource}`)?.list(namespace) ?? [];
  }

  #shelf(group: string, resource: string): Shelf {
    const key = `${group}/${resource}`;
    let shelf = this.#shelves.get(key);
    if (shelf === undefined) {
      shelf = new Shelf();
      this.#shelves.set(key, shelf);
    }
    return shelf;
  }
}
