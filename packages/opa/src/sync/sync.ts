import type { GroupVersionResource, KubeObject } from "@sallyport/kube";
import { ConfigData } from "./config-data.ts";
import { idOf, roleOf } from "./config-maps.ts";
import { type SyncOptions, statusAnnotation } from "./options.ts";
import type { LoadStatus } from "./policy-loader.ts";
import { ReplicatedData } from "./replicated-data.ts";

/** One change of the cluster, in order. `object` is undefined when it was deleted. */
export interface ObjectChange {
  readonly resource: GroupVersionResource;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
}

/** Where policies of ConfigMaps go: `PolicyLoader` in this process, `RemotePolicies` in a policy server. */
export interface PolicyTarget {
  /** Several ConfigMaps were added or changed. Answers those whose status is new; a server's come later. */
  readonly putAll: (configMaps: readonly KubeObject[]) => ReadonlyMap<string, LoadStatus>;
  /** The ConfigMap of that id was deleted, or is no policy any more. */
  readonly remove: (id: string) => ReadonlyMap<string, LoadStatus>;
}

/** Where replicated objects go: `ReplicatedData` in this process, a policy server elsewhere. */
export interface ObjectTarget {
  readonly put: (resource: GroupVersionResource, object: KubeObject) => void;
  readonly remove: (resource: GroupVersionResource, namespace: string, name: string) => void;
}

export interface SyncEffects {
  readonly policies: PolicyTarget;
  /** In `Sync.data` when absent. */
  readonly objects?: ObjectTarget;
  /** What a ConfigMap of data holds now; undefined when it is gone. */
  readonly onData?: (namespace: string, name: string, value: unknown) => void;
  /** Annotates a ConfigMap with what became of it. Must not throw; a lost write is repaired by the next change. */
  readonly annotate: (namespace: string, name: string, annotations: { readonly [key: string]: string }) => void;
}

/** Resources whose objects are not replicated: a policy must not be able to carry secrets into a message or a log. */
export const neverReplicated: ReadonlySet<string> = new Set(["secrets"]);

/** kube-mgmt's job in one process: ConfigMaps become policies and data, objects become `data.kubernetes`. */
export class Sync {
  readonly #options: SyncOptions;
  readonly #effects: SyncEffects;
  readonly #loader: PolicyTarget;
  readonly #configData = new ConfigData();
  readonly #replicated: ReplicatedData;
  /** Undefined when namespaces have come to `#configData`, or gone. */
  #data: { readonly [name: string]: unknown } | undefined;

  constructor(options: SyncOptions, effects: SyncEffects) {
    this.#options = options;
    this.#effects = effects;
    this.#loader = effects.policies;
    this.#replicated = new ReplicatedData(options.replicateIgnoreNamespaces);
  }

  /** `data` as policies see it, always current: the replicated objects, and the data of ConfigMaps beside them. */
  get data(): { readonly [name: string]: unknown } {
    this.#data ??= { ...this.#configData.document, [this.#options.replicatePath]: this.#replicated.document };
    return this.#data;
  }

  /** Makes the resource known, so that policies over it work before its first object. */
  declare(resource: GroupVersionResource): void {
    if (!neverReplicated.has(resource.resource)) this.#replicated.declare(resource);
  }

  /** Takes one change in; when it returns, the next decision sees it. */
  apply(change: ObjectChange): void {
    this.applyAll([change]);
  }

  /** Takes changes in, in their order; policies that come one after the other are compiled once. */
  applyAll(changes: readonly ObjectChange[]): void {
    let policies: KubeObject[] = [];
    const load = () => {
      if (policies.length > 0) this.#report(this.#loader.putAll(policies));
      policies = [];
    };
    for (const change of changes) {
      this.#replicate(change);
      if (!isConfigMap(change)) continue;
      if (!this.isPolicy(change)) load();
      else policies.push(change.object as KubeObject);
      this.#applyConfigMap(change);
    }
    load();
  }

  #replicate({ resource, namespace, name, object }: ObjectChange): void {
    if (neverReplicated.has(resource.resource)) return;
    const target = this.#effects.objects ?? this.#replicated;
    if (object === undefined) target.remove(resource, namespace, name);
    else target.put(resource, object);
  }

  /** Whether a change brings a policy. */
  isPolicy(change: ObjectChange): boolean {
    return isConfigMap(change) && change.object !== undefined && roleOf(change.object, this.#options) === "policy";
  }

  /** All of it but policies that are put. */
  #applyConfigMap({ namespace, name, object }: ObjectChange): void {
    const role = object === undefined ? "none" : roleOf(object, this.#options);
    if (role !== "policy") this.#report(this.#loader.remove(`${namespace}/${name}`));
    if (role !== "data" && this.#configData.remove(namespace, name)) this.#tellData(namespace, name);
    if (object === undefined || role !== "data") return;
    const status = this.#configData.put(object);
    if (status?.status === "ok") this.#tellData(namespace, name);
    if (status !== undefined) this.#report(new Map([[idOf(object), status]]));
  }

  #tellData(namespace: string, name: string): void {
    this.#data = undefined;
    this.#effects.onData?.(namespace, name, this.#configData.get(namespace, name));
  }

  #report(statuses: ReadonlyMap<string, LoadStatus>): void {
    for (const [id, status] of statuses) {
      const [namespace = "", name = ""] = id.split("/");
      this.#effects.annotate(namespace, name, { [statusAnnotation]: JSON.stringify(status) });
    }
  }
}

function isConfigMap({ resource }: ObjectChange): boolean {
  return resource.group === "" && resource.resource === "configmaps";
}
