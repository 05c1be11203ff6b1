import { builtinResources, findResource, type KubeObject, preferredResource, type ResourceInfo } from "@sallyport/kube";
import type { CustomCatalogue } from "../custom/catalogue.ts";
import type { Cache, CacheEvent } from "../registry/cache.ts";
import type { Registry } from "../registry/registry.ts";

const namespaceInfo = findResource("", "v1", "namespaces") as ResourceInfo;
const accountInfo = findResource("", "v1", "serviceaccounts") as ResourceInfo;
const configMapInfo = findResource("", "v1", "configmaps") as ResourceInfo;

/** Namespaces that exist from the first start. */
export const firstNamespaces: readonly string[] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Whose the fields are that these controllers write: they are kube-controller-manager's. */
const manager = "kube-controller-manager";

/** Every resource that lives in namespaces, once. */
const contents = builtinResources.filter(({ namespaced, resource, group, version, verbs }) => {
  return (
    namespaced &&
    !resource.includes("/") &&
    verbs.includes("list") &&
    preferredResource(group, resource)?.version === version
  );
});

/**
 * Namespace lifecycle, default service accounts and the root CA's ConfigMap: what kube-controller-manager's namespace, serviceaccount
 * and root-ca-cert-publisher controllers do.
 */
export class NamespaceController {
  readonly #cache: Cache;
  readonly #registry: Registry;
  readonly #catalogue: CustomCatalogue;
  readonly #caCertificate: string;
  readonly #timestamp: () => string;
  readonly #uid: () => string;
  #stop: (() => void) | undefined;
  /** One piece of work after another, so that the same namespace is never worked on twice at once. */
  #queue: Promise<void> = Promise.resolve();

  constructor(
    cache: Cache,
    registry: Registry,
    catalogue: CustomCatalogue,
    caCertificate: string,
    timestamp: () => string,
    uid: () => string,
  ) {
    this.#cache = cache;
    this.#registry = registry;
    this.#catalogue = catalogue;
    this.#caCertificate = caCertificate;
    this.#timestamp = timestamp;
    this.#uid = uid;
  }

  /** Makes what must be there, takes up what was left undone, then follows. Resolves when the first namespaces are ready. */
  async start(): Promise<void> {
    for (const name of firstNamespaces) await this.#ensureNamespace(name);
    for (const namespace of this.#cache.list("", "namespaces")) await this.#reconcile(namespace.metadata.name ?? "");
    this.#stop = this.#cache.follow((event) => this.#enqueue(event));
  }

  async stop(): Promise<void> {
    this.#stop?.();
    await this.#queue;
  }

  #enqueue({ resource, name, namespace, object }: CacheEvent): void {
    const target = resource.resource === "namespaces" ? name : namespace;
    const isContent = resource.resource !== "namespaces";
    if (target === "" || (isContent && object !== undefined)) return;
    const isBaseGone =
      isContent &&
      ((resource.resource === "serviceaccounts" && name === "default") ||
        (resource.resource === "configmaps" && name === "kube-root-ca.crt"));
    const isGoing = Boolean(this.#cache.get("", "namespaces", "", target)?.metadata.deletionTimestamp);
    if (isContent && !isBaseGone && !isGoing) return;
    this.#queue = this.#queue
      .then(() => this.#reconcile(target))
      .catch(() => {
        // A lost race or a store that is closing: the next event or the next start takes it up again.
      });
  }

  async #reconcile(name: string): Promise<void> {
    const namespace = this.#cache.get("", "namespaces", "", name);
    if (namespace === undefined) return;
    if (namespace.metadata.deletionTimestamp) await this.#empty(namespace, name);
    else await this.#furnish(name);
  }

  async #ensureNamespace(name: string): Promise<void> {
    if (this.#cache.get("", "namespaces", "", name) !== undefined) return;
    const object: KubeObject = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name,
        uid: this.#uid(),
        creationTimestamp: this.#timestamp(),
        labels: { "kubernetes.io/metadata.name": name },
      },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    };
    await this.#registry.writeDirect(object, undefined, namespaceInfo, "", name, "kube-apiserver");
  }

  async #furnish(namespace: string): Promise<void> {
    const metadata = (name: string) => ({ name, namespace, uid: this.#uid(), creationTimestamp: this.#timestamp() });
    if (this.#cache.get("", "serviceaccounts", namespace, "default") === undefined) {
      await this.#registry.writeDirect(
        { apiVersion: "v1", kind: "ServiceAccount", metadata: metadata("default") },
        undefined,
        accountInfo,
        namespace,
        "default",
        manager,
      );
    }
    const current = this.#cache.get("", "configmaps", namespace, "kube-root-ca.crt");
    const data = { "ca.crt": this.#caCertificate };
    if (JSON.stringify(current?.["data"]) !== JSON.stringify(data)) {
      const object: KubeObject = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: current?.metadata ?? metadata("kube-root-ca.crt"),
        data,
      };
      await this.#registry.writeDirect(object, current, configMapInfo, namespace, "kube-root-ca.crt", manager);
    }
  }

  /** Deletes what lies in the namespace; when nothing is left, the namespace itself. Objects with finalizers are waited for. */
  async #empty(namespace: KubeObject, name: string): Promise<void> {
    let left = 0;
    const custom = this.#catalogue.custom.filter(
      ({ namespaced, resource, custom: own, version }) =>
        namespaced && !resource.includes("/") && own?.storageVersion === version,
    );
    for (const info of [...contents, ...custom]) {
      for (const object of this.#cache.list(info.group, info.resource, name)) {
        const isHeld = (object.metadata.finalizers ?? []).length > 0;
        if (isHeld) left++;
        if (isHeld && object.metadata.deletionTimestamp) continue;
        const marked = isHeld
          ? { ...object, metadata: { ...object.metadata, deletionTimestamp: this.#timestamp() } }
          : undefined;
        await this.#registry.writeDirect(marked, object, info, name, object.metadata.name ?? "", manager);
      }
    }
    const isHeld = (namespace.metadata.finalizers ?? []).length > 0;
    if (left > 0 || isHeld) return;
    const current = this.#cache.get("", "namespaces", "", name);
    if (current !== undefined) await this.#registry.writeDirect(undefined, current, namespaceInfo, "", name);
  }
}
