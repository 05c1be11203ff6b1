import { type GroupVersionResource, type KubeObject, qualifiedResource } from "@sallyport/kube";
import { type AskOpa, dataPath, LostData } from "./ask-opa.ts";

/** One transaction may be so long; OPA takes 256 MiB, and holds what it reads twice. */
const maxWholeBytes = 64 * 1024 * 1024;
/** Parts of what is longer. */
const maxBatchBytes = 8 * 1024 * 1024;

interface Operation {
  readonly op: "add" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

/**
 * One replicated resource in a policy server, at `<resource>[namespace][name]`, or `<resource>[name]` without a namespace. At first it is
 * written whole, in one transaction; then what has changed while the last writing went on, in one transaction again.
 */
export class RemoteObjects {
  readonly resource: GroupVersionResource;
  readonly #objects = new Map<string, KubeObject>();
  /** Namespaces that the server has a folder of. */
  #folders = new Set<string>();
  #changed = new Set<string>();
  /** Names of the resource below the path; see `placesOf`. */
  #places: readonly string[] = [];
  #isWritten = false;
  readonly #ignoredNamespaces: ReadonlySet<string>;

  constructor(resource: GroupVersionResource, ignoredNamespaces: readonly string[]) {
    this.resource = resource;
    this.#ignoredNamespaces = new Set(ignoredNamespaces);
  }

  put(object: KubeObject): void {
    if (this.#ignoredNamespaces.has(object.metadata.namespace ?? "")) return;
    const key = keyOf(object.metadata.namespace ?? "", object.metadata.name ?? "");
    this.#objects.set(key, object);
    this.#changed.add(key);
  }

  remove(namespace: string, name: string): void {
    const key = keyOf(namespace, name);
    if (this.#objects.delete(key)) this.#changed.add(key);
  }

  get size(): number {
    return this.#objects.size;
  }

  get places(): readonly string[] {
    return this.#places;
  }

  get isDirty(): boolean {
    return !this.#isWritten || this.#changed.size > 0;
  }

  /** What the server has is not known. */
  reset(): void {
    this.#isWritten = false;
  }

  /** Answers the places that it has left. */
  moveTo(places: readonly string[]): readonly string[] {
    const left = this.#places.filter((each) => !places.includes(each));
    if (places.some((each) => !this.#places.includes(each))) this.#isWritten = false;
    this.#places = places;
    return left;
  }

  /** Writes what differs below `path`. Rejects when the server is away, or has lost what it had. */
  async push(ask: AskOpa, path: readonly string[]): Promise<void> {
    const changed = this.#changed;
    this.#changed = new Set();
    const isWhole = !this.#isWritten;
    // Until it is done: after a fault nobody knows how much was taken.
    this.#isWritten = false;
    const folders = new Set([...this.#objects.keys()].map((key) => namesOf(key)[0]).filter((each) => each !== ""));
    const batches = isWhole ? undefined : [...batchesOf(this.#operations(changed, folders))];
    for (const place of this.#places) {
      const at = dataPath([...path, place]);
      if (batches === undefined) await this.#putWhole(ask, at, folders);
      else for (const batch of batches) await patch(ask, at, batch);
    }
    this.#folders = folders;
    this.#isWritten = true;
  }

  async #putWhole(ask: AskOpa, at: string, folders: ReadonlySet<string>): Promise<void> {
    const batches = [...batchesOf(this.#operations(this.#objects.keys(), folders, new Set()), maxWholeBytes)];
    if (batches.length > 1) {
      await put(ask, at, "{}");
      for (const batch of batchesOf(this.#operations(this.#objects.keys(), folders, new Set())))
        await patch(ask, at, batch);
      return;
    }
    const tree: { [name: string]: unknown } = Object.create(null);
    for (const [key, object] of this.#objects) {
      const [namespace, name] = namesOf(key);
      if (namespace === "") tree[name] = object;
      else ((tree[namespace] ??= Object.create(null)) as { [name: string]: unknown })[name] = object;
    }
    await put(ask, at, JSON.stringify(tree));
  }

  /** From a server that has the folders of `#folders` to what is known now. */
  *#operations(
    keys: Iterable<string>,
    folders: ReadonlySet<string>,
    there: ReadonlySet<string> = this.#folders,
  ): Generator<Operation> {
    for (const each of there) if (!folders.has(each)) yield { op: "remove", path: pointer([each]) };
    for (const each of folders) if (!there.has(each)) yield { op: "add", path: pointer([each]), value: {} };
    for (const key of keys) {
      const [namespace, name] = namesOf(key);
      const path = pointer(namespace === "" ? [name] : [namespace, name]);
      const value = this.#objects.get(key);
      // An add of what is there replaces it; a remove of what is not there would be refused.
      if (value !== undefined) yield { op: "add", path, value };
      else if (namespace === "" || folders.has(namespace)) {
        yield { op: "add", path, value: null };
        yield { op: "remove", path };
      }
    }
  }
}

/**
 * Where each resource lies below the path. The plain name belongs to the core group, else to the first that is named; where another has the
 * same plural, or a policy reads the qualified name, `<resource>.<group>` is there too.
 */
export function placesOf(
  resources: readonly GroupVersionResource[],
  read: ReadonlySet<string>,
): ReadonlyMap<GroupVersionResource, readonly string[]> {
  const places = new Map<GroupVersionResource, readonly string[]>();
  for (const each of resources) {
    const same = resources.filter(({ resource }) => resource === each.resource);
    const owner = same.find(({ group }) => group === "") ?? same[0];
    const qualified = qualifiedResource(each);
    const isQualified = each.group !== "" && (same.length > 1 || read.has(qualified));
    places.set(each, [...(owner === each ? [each.resource] : []), ...(isQualified ? [qualified] : [])]);
  }
  return places;
}

function* batchesOf(operations: Iterable<Operation>, maxBytes: number = maxBatchBytes): Generator<string> {
  let texts: string[] = [];
  let size = 0;
  for (const each of operations) {
    const text = JSON.stringify(each);
    if (size + text.length > maxBytes && texts.length > 0) {
      yield `[${texts.join(",")}]`;
      texts = [];
      size = 0;
    }
    texts.push(text);
    size += text.length;
  }
  if (texts.length > 0) yield `[${texts.join(",")}]`;
}

async function put(ask: AskOpa, at: string, text: string): Promise<void> {
  const { status, body } = await ask("PUT", at, { type: "application/json", text });
  if (status >= 400) throw new Error(`PUT ${at}: ${messageOf(body, status)}`);
}

async function patch(ask: AskOpa, at: string, text: string): Promise<void> {
  const { status, body } = await ask("PATCH", at, { type: "application/json-patch+json", text });
  if (status === 404) throw new LostData(at);
  if (status >= 400) throw new Error(`PATCH ${at}: ${messageOf(body, status)}`);
}

function messageOf(body: unknown, status: number): string {
  const { message } = (body ?? {}) as { readonly message?: string };
  return message ?? `status ${status}`;
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function namesOf(key: string): readonly [namespace: string, name: string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** RFC 6901. */
function pointer(keys: readonly string[]): string {
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
