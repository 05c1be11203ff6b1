import type { UserInfo } from "@sallyport/admission";
import {
  applyDefaults,
  type Catalogue,
  type KubeObject,
  parseApiVersion,
  type ResourceInfo,
  StatusError,
} from "@sallyport/kube";
import { type Binding, bindingKind, boundPod } from "../registry/bound-pod.ts";
import type { Cache } from "../registry/cache.ts";
import type { DeleteOptions, WriteContext } from "../registry/context.ts";
import { notFound } from "../registry/faults.ts";
import type { Registry } from "../registry/registry.ts";
import { withVersion } from "../registry/resource-version.ts";
import { admitSent } from "../registry/sent.ts";

/** The user that a pod of kube-controller-manager with an account of its own would be. */
export function controllerUser(account: string): UserInfo {
  return {
    username: `system:serviceaccount:kube-system:${account}`,
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
  };
}

/** Writes as one user, through admission and validation as any client. Resolves when the cache has seen the write. */
export class Client {
  readonly #registry: Registry;
  readonly #cache: Cache;
  readonly #catalogue: Catalogue;
  readonly #user: UserInfo;
  readonly #manager: string;

  /** `manager` is whose the fields are that it writes. */
  constructor(
    registry: Registry,
    cache: Cache,
    catalogue: Catalogue,
    user: UserInfo,
    manager = "kube-controller-manager",
  ) {
    this.#registry = registry;
    this.#cache = cache;
    this.#catalogue = catalogue;
    this.#user = user;
    this.#manager = manager;
  }

  async create(object: KubeObject): Promise<KubeObject> {
    const { namespace = "" } = object.metadata;
    const context = this.#context(this.#infoOf(object), namespace, "", "");
    return this.#seen(await this.#registry.create({ value: object, strictErrors: [] }, context));
  }

  /** `change` is given the newest object, perhaps several times; one that answers what it was given writes nothing. */
  update(object: KubeObject, change: (fresh: KubeObject) => KubeObject): Promise<KubeObject> {
    return this.#update(object, "", change);
  }

  updateStatus(object: KubeObject, change: (fresh: KubeObject) => KubeObject): Promise<KubeObject> {
    return this.#update(object, "status", change);
  }

  /** Server-side apply of a status, in the name of another manager. What others have of it is taken from them. */
  async applyStatus(object: KubeObject, status: object, manager: string): Promise<KubeObject> {
    const { apiVersion, kind, metadata } = object;
    const { namespace = "", name = "" } = metadata;
    const configuration = { apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) }, status };
    const context = { ...this.#context(this.#infoOf(object), namespace, name, "status"), fieldManager: manager };
    const { object: written } = await this.#registry.apply(configuration, true, context, async () => {});
    return this.#seen(written);
  }

  /** By a subresource that takes the whole object: `approval`. */
  updatePart(subresource: string, object: KubeObject, change: (fresh: KubeObject) => KubeObject): Promise<KubeObject> {
    return this.#update(object, subresource, change);
  }

  /** Assigns a pod to a node, once and for all. `now` in milliseconds since the epoch. */
  async bind(pod: KubeObject, node: string, now: number): Promise<void> {
    const { namespace = "", name = "", uid } = pod.metadata;
    const info = this.#infoOf(pod);
    const target = { apiVersion: "v1", kind: "Node", name: node };
    const value = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace }, target };
    const context = this.#context(info, namespace, name, "binding");
    const binding = await admitSent(this.#registry, bindingKind, { value, strictErrors: [] }, context, now);
    for (;;) {
      const current = this.#cache.get("", "pods", namespace, name);
      if (current?.metadata.uid !== uid || current === undefined) throw notFound(info, name);
      const bound = boundPod(current, binding as Binding, now);
      if (await this.#registry.writeDirect(bound, current, info, namespace, name)) return;
    }
  }

  /** Of this very object; one that is gone already is as good. */
  async delete(object: KubeObject, options: DeleteOptions = {}): Promise<void> {
    const { namespace = "", name = "", uid } = object.metadata;
    const context = this.#context(this.#infoOf(object), namespace, name, "");
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    try {
      this.#seen((await this.#registry.delete({ ...preconditions, ...options }, context)).object);
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
  }

  async #update(
    object: KubeObject,
    subresource: string,
    change: (fresh: KubeObject) => KubeObject,
  ): Promise<KubeObject> {
    const { namespace = "", name = "", uid } = object.metadata;
    const info = this.#infoOf(object);
    const make = (fresh: KubeObject): KubeObject => {
      if (uid !== fresh.metadata.uid) throw notFound(info, name);
      const changed = withVersion(change(fresh), fresh.metadata.resourceVersion);
      return subresource === "" ? applyDefaults(changed) : changed;
    };
    const context = this.#context(info, namespace, name, subresource);
    return this.#seen(await this.#registry.update(make, context, { isMadeOfCurrent: true }));
  }

  async #seen(written: KubeObject): Promise<KubeObject> {
    await this.#cache.caughtUp(written.metadata.resourceVersion ?? "0");
    return written;
  }

  #infoOf({ apiVersion, kind }: KubeObject): ResourceInfo {
    const { group, version } = parseApiVersion(apiVersion);
    const info = this.#catalogue.findKind(group, version, kind);
    if (info === undefined)
      throw new StatusError("NotFound", `no matches for kind "${kind}" in version "${apiVersion}"`);
    return info;
  }

  #context(info: ResourceInfo, namespace: string, name: string, subresource: string): WriteContext {
    return {
      info,
      subresource,
      namespace,
      name,
      user: this.#user,
      dryRun: false,
      fieldManager: this.#manager,
      fieldValidation: "Ignore",
      warn: () => {},
      audit: () => {},
    };
  }
}

/** A refusal for one of these reasons. */
export function isReason(error: unknown, ...reasons: readonly string[]): error is StatusError {
  return error instanceof StatusError && reasons.includes(error.status.reason ?? "");
}
