import { type GroupVersionResource, type KubeObject, qualifiedResource } from "@sallyport/kube";

interface Folder {
  [key: string]: unknown;
}

/**
 * `data.kubernetes`: every replicated object at `<resource>[namespace][name]`, or `<resource>[name]` when it has no
 * namespace, as kube-mgmt lays it out. Two groups may have a resource of the same plural (kube-mgmt lets them overwrite each
 * other): here each also stands at `<resource>.<group>`, and the plain name belongs to the group that was declared first.
 *
 * The tree is one plain document that changes in place between evaluations, so a decision reads it without a copy.
 */
export class ReplicatedData {
  readonly #root: Folder = emptyFolder();
  readonly #ignoredNamespaces: ReadonlySet<string>;
  readonly #owners = new Map<string, string>();
  /** How many objects a namespace's folder holds: counting them anew at each removal would take as long as it is full. */
  readonly #sizes = new WeakMap<Folder, number>();

  constructor(ignoredNamespaces: readonly string[] = []) {
    this.#ignoredNamespaces = new Set(ignoredNamespaces);
  }

  /** The document, for reading only. */
  get document(): { readonly [resource: string]: unknown } {
    return this.#root;
  }

  /** Makes the (empty) folder of a resource, so that policies over it are defined before the first object. */
  declare(resource: GroupVersionResource): void {
    this.#folder(resource);
  }

  put(resource: GroupVersionResource, object: KubeObject): void {
    const { namespace = "", name = "" } = object.metadata;
    if (this.#ignoredNamespaces.has(namespace)) return;
    const folder = this.#folder(resource);
    if (namespace === "") {
      folder[name] = object;
      return;
    }
    const inner = (folder[namespace] ??= emptyFolder()) as Folder;
    if (inner[name] === undefined) this.#sizes.set(inner, (this.#sizes.get(inner) ?? 0) + 1);
    inner[name] = object;
  }

  remove(resource: GroupVersionResource, namespace: string, name: string): void {
    const folder = this.#folder(resource);
    if (namespace === "") {
      delete folder[name];
      return;
    }
    const inner = folder[namespace] as Folder | undefined;
    if (inner?.[name] === undefined) return;
    delete inner[name];
    const left = (this.#sizes.get(inner) ?? 1) - 1;
    this.#sizes.set(inner, left);
    if (left === 0) delete folder[namespace];
  }

  #folder({ group, resource }: GroupVersionResource): Folder {
    const qualified = qualifiedResource({ group, resource });
    const known = this.#root[qualified] as Folder | undefined;
    if (known !== undefined && (group !== "" || this.#owners.get(resource) === "")) return known;
    const folder = emptyFolder();
    this.#root[qualified] = folder;
    if (!this.#owners.has(resource) || group === "") {
      this.#owners.set(resource, group);
      this.#root[resource] = folder;
    }
    return folder;
  }
}

/** Without a prototype: object names such as `__proto__` or `constructor` are only names. */
function emptyFolder(): Folder {
  return Object.create(null) as Folder;
}
