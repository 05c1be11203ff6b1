import { type KubeObject, parseApiVersion } from "@sallyport/kube";
import { type DataSnapshot, DataStore, type JsonObject, type Value } from "@sallyport/rego";
import { FrameworkError } from "./fault.ts";

/** Replicated objects: `data.inventory.cluster[apiVersion][kind][name]` and `data.inventory.namespace[namespace][apiVersion][kind][name]`. */
export class Inventory {
  readonly #store = new DataStore({ root: { inventory: {} } });

  /** What policies read. */
  get data(): DataSnapshot {
    return this.#store.snapshot;
  }

  /** Throws `FrameworkError` for what has no version or kind. */
  put(object: KubeObject): void {
    const path = pathOf(object);
    this.#store.write((transaction) => transaction.put(path, object as unknown as JsonObject));
  }

  remove(object: KubeObject): void {
    const path = pathOf(object);
    this.#store.write((transaction) => {
      if (transaction.read(path) !== undefined) transaction.remove(path);
    });
  }

  clear(): void {
    this.#store.write((transaction) => transaction.put(["inventory"], {}));
  }

  namespace(name: string): KubeObject | undefined {
    let at: Value | undefined = this.#store.snapshot.root;
    for (const field of ["inventory", "cluster", "v1", "Namespace", name])
      at = isHolding(at, field) ? (at as JsonObject)[field] : undefined;
    return at as KubeObject | undefined;
  }
}

function isHolding(value: Value | undefined, field: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, field);
}

function pathOf({ apiVersion, kind, metadata }: KubeObject): readonly string[] {
  const { name = "", namespace = "" } = metadata;
  if (parseApiVersion(apiVersion).version === "")
    throw new FrameworkError("data", `invalid request object: resource ${name} has no version`);
  if (kind === "") throw new FrameworkError("data", `invalid request object: resource ${name} has no kind`);
  return namespace === ""
    ? ["inventory", "cluster", apiVersion, kind, name]
    : ["inventory", "namespace", namespace, apiVersion, kind, name];
}
