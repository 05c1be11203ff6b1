import { type Client, unlessGone } from "@sallyport/cluster";
import {
  conditionsWith,
  type ExternalSecretStatus,
  type StoreCatalogue,
  type StoreObject,
  storeFaultOf,
  timeText,
} from "@sallyport/secrets/stores";

export interface StoreStatusesOptions {
  readonly client: Client;
  /** `/apis/external-secrets.io/v1`. */
  readonly root: string;
  readonly stores: StoreCatalogue;
  /** A store can be used that could not, or is another one now. */
  readonly onReady: (store: StoreObject) => void;
  readonly say: (text: string) => void;
}

type Told = StoreObject & { readonly status?: Pick<ExternalSecretStatus, "conditions"> };

/** A store that cannot be opened is looked at again after so long: its Secret may have come. */
const againMs = 60_000;

/** Opens each store that changes, and writes into its status whether that could be done. */
export class StoreStatuses {
  readonly #options: StoreStatusesOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isStopped = false;

  constructor(options: StoreStatusesOptions) {
    this.#options = options;
  }

  check(store: StoreObject): void {
    if (!this.#options.stores.isOurs(store)) return;
    this.#check(store).catch((error: Error) => this.#options.say(`${placeOf(store)}: ${error.message}`));
  }

  forget(store: Pick<StoreObject, "metadata">): void {
    const key = keyOf(store);
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #check(store: Told): Promise<void> {
    this.forget(store);
    const { stores, onReady } = this.#options;
    // What a store of the cluster needs of who asks is known when somebody asks.
    const fault =
      store.metadata.namespace === undefined && needsAsking(store) ? undefined : await stores.faultOf(store);
    if (this.#isStopped) return;
    await this.#write(store, fault);
    if (fault === undefined) onReady(store);
    else this.#timers.set(keyOf(store), setTimeout(() => this.check(store), againMs).unref());
  }

  async #write(store: Told, fault: Error | undefined): Promise<void> {
    const { client, root, say } = this.#options;
    const outcome =
      fault === undefined
        ? { isReady: true, reason: "Valid", message: "store validated" }
        : { isReady: false, reason: "InvalidProviderConfig", message: storeFaultOf(fault) };
    const before = store.status?.conditions?.find(({ type }) => type === "Ready");
    const isSame = before?.reason === outcome.reason && before.message === outcome.message;
    if (isSame) return;
    say(`${placeOf(store)}: ${outcome.message}`);
    const conditions = conditionsWith(store.status?.conditions ?? [], outcome, timeText(Date.now()));
    const { namespace, name } = store.metadata;
    const home =
      namespace === undefined ? "clustersecretstores" : `namespaces/${encodeURIComponent(namespace)}/secretstores`;
    await unlessGone(
      client.ask(`${root}/${home}/${encodeURIComponent(name)}/status`, {
        method: "PATCH",
        type: "application/merge-patch+json",
        body: { status: { conditions, ...(fault === undefined && { capabilities: "ReadOnly" }) } },
      }),
    );
  }
}

/** Whether some reference names no namespace, and means that of who asks. */
function needsAsking({ spec }: StoreObject): boolean {
  const refs = (value: unknown): boolean => {
    if (typeof value !== "object" || value === null) return false;
    const fields = Object.entries(value);
    return fields.some(([field, each]) => (/Ref$/.test(field) && isReference(each)) || refs(each));
  };
  return refs(spec.provider);
}

function isReference(value: unknown): boolean {
  return typeof value === "object" && value !== null && "name" in value && !("namespace" in value);
}

function keyOf({ metadata: { namespace = "", name } }: Pick<StoreObject, "metadata">): string {
  return `${namespace}/${name}`;
}

function placeOf({ metadata: { namespace, name } }: StoreObject): string {
  return namespace === undefined ? `ClusterSecretStore ${name}` : `SecretStore ${namespace}/${name}`;
}
