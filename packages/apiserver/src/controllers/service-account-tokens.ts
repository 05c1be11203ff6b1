import { findResource, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { signLegacy } from "../authentication/service-account-issuer.ts";
import type { ServiceAccountKeys } from "../authentication/service-account-keys.ts";
import type { Cache, CacheEvent } from "../registry/cache.ts";
import type { Registry } from "../registry/registry.ts";

const secretInfo = findResource("", "v1", "secrets") as ResourceInfo;
const tokenType = "kubernetes.io/service-account-token";
const nameAnnotation = "kubernetes.io/service-account.name";
const uidAnnotation = "kubernetes.io/service-account.uid";

export interface TokenControllerOptions {
  readonly cache: Cache;
  readonly registry: Registry;
  readonly keys: ServiceAccountKeys;
  /** PEM, for `ca.crt`. */
  readonly caCertificate: string;
}

/** kube-controller-manager's serviceaccount-token: fills secrets that ask for a token, and takes away those whose account is gone. */
export class ServiceAccountTokenController {
  readonly #options: TokenControllerOptions;
  #stop: (() => void) | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: TokenControllerOptions) {
    this.#options = options;
  }

  /** Takes up what was left undone, then follows. */
  async start(): Promise<void> {
    const { cache } = this.#options;
    for (const secret of cache.list("", "secrets")) await this.#reconcile(secret);
    const stops = ["secrets", "serviceaccounts"].map((resource) =>
      cache.follow((event) => this.#enqueue(event), { group: "", resource }),
    );
    this.#stop = () => {
      for (const stop of stops) stop();
    };
  }

  async stop(): Promise<void> {
    this.#stop?.();
    await this.#queue;
  }

  #enqueue({ resource, namespace, name, object }: CacheEvent): void {
    const secrets =
      resource.resource === "secrets" ? (object === undefined ? [] : [object]) : this.#secretsOf(namespace, name);
    for (const secret of secrets) {
      if (secret["type"] !== tokenType) continue;
      this.#queue = this.#queue
        .then(() => this.#reconcile(secret))
        .catch(() => {
          // A lost race or a store that is closing: the next event or the next start takes it up again.
        });
    }
  }

  #secretsOf(namespace: string, account: string): readonly KubeObject[] {
    const secrets = this.#options.cache.list("", "secrets", namespace);
    return secrets.filter(({ metadata }) => metadata.annotations?.[nameAnnotation] === account);
  }

  async #reconcile({ metadata: { namespace = "", name = "" } }: KubeObject): Promise<void> {
    const { cache, registry } = this.#options;
    const secret = cache.get("", "secrets", namespace, name);
    const account = secret?.metadata.annotations?.[nameAnnotation] ?? "";
    if (secret === undefined || secret["type"] !== tokenType || account === "") return;
    const uid = cache.get("", "serviceaccounts", namespace, account)?.metadata.uid;
    const wanted = secret.metadata.annotations?.[uidAnnotation];
    if (uid === undefined || (wanted !== undefined && wanted !== uid))
      await registry.writeDirect(undefined, secret, secretInfo, namespace, name);
    else await this.#fill(secret, { name: account, uid });
  }

  async #fill(secret: KubeObject, account: { readonly name: string; readonly uid: string }): Promise<void> {
    const { registry, keys, caCertificate } = this.#options;
    const { namespace = "", name = "", annotations = {} } = secret.metadata;
    const data = (secret["data"] ?? {}) as { readonly [key: string]: string };
    if (data["token"] !== undefined && data["ca.crt"] !== undefined && annotations[uidAnnotation] === account.uid)
      return;
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const token = data["token"] ?? base64(await signLegacy(keys, namespace, name, account));
    const filled = {
      ...secret,
      metadata: { ...secret.metadata, annotations: { ...annotations, [uidAnnotation]: account.uid } },
      data: { ...data, "ca.crt": base64(caCertificate), namespace: base64(namespace), token },
    };
    await registry.writeDirect(filled, secret, secretInfo, namespace, name);
  }
}
