import type { KubeObject } from "@sallyport/kube";
import type { Change } from "./reflector.ts";

/** The objects of one resource, by namespace and name. */
class Shelf {
  #objects = new Map<string, KubeObject>();
  /** By namespace, the empty one holding all; made when it is asked for, forgotten when something changes. */
  readonly #lists = new Map<string, readonly KubeObject[]>();

  replace(objects: readonly KubeObject[]): void {
    this.#objects = new Map(objects.map((object) => [keyOf(object), object]));
    this.#lists.clear();
  }

  change({ type, object }: Change): void {
    if (type === "DELETED") this.#objects.delete(keyOf(object));
    else this.#objects.set(keyOf(object), object);
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

function keyOf({ metadata: { namespace = "", name = "" } }: KubeObject): string {
  return `${namespace}/${name}`;
}

/** What reflectors have brought of several resources, for reading as admission reads. */
export class ObjectCache {
  readonly #shelves = new Map<string, Shelf>();
  #generation = 0;

  /** Grows with every change. */
  get generation(): number {
    return this.#generation;
  }

  replace(group: string, resource: string, objects: readonly KubeObject[]): void {
    this.#generation++;
    this.#shelf(group, resource).replace(objects);
  }

  change(group: string, resource: string, change: Change): void {
    this.#generation++;
    this.#shelf(group, resource).change(change);
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
