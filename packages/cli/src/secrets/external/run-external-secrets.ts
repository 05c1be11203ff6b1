import { Client, type Connection, type FollowedChange, FollowedResource, unlessGone } from "@sallyport/cluster";
import { hasCondition, type KubeObject } from "@sallyport/kube";
import {
  type ExternalSecret,
  ExternalSecretController,
  type ExternalSecretObject,
  externalSecretsDefinitions,
  externalSecretsGroup,
  isUntouched,
  managedLabel,
  type SecretObject,
  StoreCatalogue,
  type StoreObject,
  type StoreRef,
  servedVersions,
} from "@sallyport/secrets/stores";
import { InputError } from "../../manifests.ts";
import { clusterCredentials } from "./cluster-credentials.ts";
import { clusterSecrets } from "./cluster-secrets.ts";
import { ExternalEvents } from "./external-events.ts";
import { openNamespace } from "./namespace-secrets.ts";
import { StoreStatuses } from "./store-statuses.ts";

export interface ExternalSecretsOptions {
  readonly connection: Connection;
  /** All when absent; stores of the whole cluster are not looked at with one. */
  readonly namespace?: string;
  readonly controllerClass: string;
  /** Where stores of files lie, those of a namespace in a folder of its name; none may be used when absent. */
  readonly fileRoot?: string;
  /** SecretStores, too, may have this program's own credentials; ClusterSecretStores always may. */
  readonly lendsOwn: boolean;
  /** Makes the definitions of the kinds where there are none. */
  readonly createsKinds?: boolean;
  /** For each call of a store. */
  readonly timeoutMs: number;
  /** One line each; never a value. */
  readonly say: (text: string) => void;
}

export interface RunningExternalSecrets {
  /** How many ExternalSecrets there are, and how many of them failed the last time. */
  readonly counts: () => { readonly externals: number; readonly failing: number };
  /** What is under way may end; nothing new begins. */
  readonly close: () => Promise<void>;
}

/** Keeps the Secrets of a cluster what its ExternalSecrets say. Rejects with `InputError` where their kinds are not served. */
export async function runExternalSecrets(options: ExternalSecretsOptions): Promise<RunningExternalSecrets> {
  const client = new Client(options.connection);
  try {
    if (options.createsKinds === true) await createKinds(client);
    const version = await servedVersion(client);
    const run = new Run(options, client, version);
    await run.start();
    return { counts: () => run.controller.counts, close: () => run.close() };
  } catch (error) {
    client.close();
    throw error;
  }
}

/** So often, and so far apart, it is looked whether kinds are served that were just defined. */
const looks = { times: 100, ms: 100 };

async function createKinds(client: Client): Promise<void> {
  const home = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const definition of externalSecretsDefinitions) {
    const { name = "" } = definition.metadata;
    if ((await unlessGone(client.ask(`${home}/${name}`))) !== undefined) continue;
    await client.ask(home, { method: "POST", body: definition });
  }
  for (let i = 0; i < looks.times; i++) {
    const found = await Promise.all(
      externalSecretsDefinitions.map(({ metadata: { name = "" } }) => client.ask(`${home}/${name}`)),
    );
    if (found.every((each) => hasCondition(each as KubeObject, "Established"))) return;
    await new Promise((done) => setTimeout(done, looks.ms));
  }
}

async function servedVersion(client: Client): Promise<string> {
  const group = (await unlessGone(client.ask(`/apis/${externalSecretsGroup}`))) as
    | { readonly versions?: readonly { readonly version: string }[] }
    | undefined;
  const served = group?.versions?.map(({ version }) => version) ?? [];
  const found = servedVersions.find((each) => served.includes(each));
  if (found !== undefined) return found;
  throw new InputError(
    `the API server serves no ExternalSecrets (${externalSecretsGroup}/v1): sallyport secrets sync --print-crds | kubectl apply -f -`,
  );
}

class Run {
  readonly controller: ExternalSecretController;
  readonly #options: ExternalSecretsOptions;
  readonly #client: Client;
  readonly #version: string;
  readonly #stores: StoreCatalogue;
  readonly #statuses: StoreStatuses;
  readonly #events: ExternalEvents;
  readonly #followed: FollowedResource[] = [];
  readonly #externals = new Map<string, ExternalSecretObject>();
  /** Secrets that were made here. */
  readonly #made = new Map<string, SecretObject>();

  constructor(options: ExternalSecretsOptions, client: Client, version: string) {
    this.#options = options;
    this.#client = client;
    this.#version = version;
    this.#events = new ExternalEvents(client, `${externalSecretsGroup}/${version}`, () => new Date());
    this.#stores = this.#openCatalogue();
    this.#statuses = new StoreStatuses({
      client,
      root: this.#root,
      stores: this.#stores,
      onReady: (store) => this.controller.retry((external) => this.#uses(external, store)),
      say: options.say,
    });
    this.controller = this.#openController();
  }

  get #root(): string {
    return `/apis/${externalSecretsGroup}/${this.#version}`;
  }

  #openCatalogue(): StoreCatalogue {
    const { controllerClass, connection, fileRoot, lendsOwn, timeoutMs } = this.#options;
    return new StoreCatalogue({
      controllerClass,
      contextOf: ({ metadata: { namespace } }, asking) => ({
        environment: process.env,
        timeoutMs,
        now: Date.now,
        credentials: clusterCredentials(this.#client, { own: namespace, asking }),
        files: fileRoot === undefined ? undefined : { folder: fileRoot, ...(namespace !== undefined && { namespace }) },
        lendsOwn: lendsOwn || namespace === undefined,
        openNamespace: (server) => openNamespace(connection, server),
      }),
      namespaceLabels: async (name) => {
        const found = (await this.#client.ask(`/api/v1/namespaces/${encodeURIComponent(name)}`)) as KubeObject;
        return found.metadata.labels ?? {};
      },
      sleep: (ms) => new Promise((done) => setTimeout(done, ms).unref()),
      now: Date.now,
    });
  }

  #openController(): ExternalSecretController {
    const { say } = this.#options;
    return new ExternalSecretController({
      storesFor: (namespace) => this.#stores.storesFor(namespace),
      secrets: clusterSecrets(this.#client),
      orphansOf: async (external) => this.#orphansOf(external),
      writeStatus: async ({ metadata: { namespace, name } }, status) => {
        const path = `${this.#root}/namespaces/${encodeURIComponent(namespace)}/externalsecrets/${encodeURIComponent(name)}/status`;
        const call = { method: "PATCH", type: "application/merge-patch+json", body: { status } };
        await unlessGone(this.#client.ask(path, call));
      },
      tell: (external, event) => {
        say(`${placeOf(external)}: ${event.reason}: ${event.message}`);
        this.#events.tell(external, event);
      },
      onFault: (external, error) => say(`${placeOf(external)}: ${error.message}`),
      now: Date.now,
      random: Math.random,
      after: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
    });
  }

  /** Stores first, then what was made, then what is wanted: nothing fails, or is written again, for what was not yet looked at. */
  async start(): Promise<void> {
    const { namespace } = this.#options;
    const stores = this.#follow("secretstores", (change) => this.#seeStore(change));
    const shared =
      namespace === undefined ? this.#follow("clustersecretstores", (change) => this.#seeStore(change)) : undefined;
    await Promise.all([stores.synced, shared?.synced]);
    const [[label, value] = ["", ""]] = Object.entries(managedLabel);
    const secrets =
      this.#followed[
        this.#followed.push(this.#open("", "v1", "secrets", `${label}=${value}`, (change) => this.#seeSecret(change))) -
          1
      ];
    await secrets?.synced;
    await this.#follow("externalsecrets", (change) => this.#seeExternal(change)).synced;
  }

  async close(): Promise<void> {
    for (const each of this.#followed) each.stop();
    this.controller.stop();
    this.#statuses.stop();
    this.#stores.close();
    await this.#events.drained();
    this.#client.close();
  }

  #follow(resource: string, see: (change: FollowedChange) => void): FollowedResource {
    const followed = this.#open(externalSecretsGroup, this.#version, resource, undefined, see);
    this.#followed.push(followed);
    return followed;
  }

  #open(
    group: string,
    version: string,
    resource: string,
    labelSelector: string | undefined,
    see: (change: FollowedChange) => void,
  ): FollowedResource {
    const { namespace, say } = this.#options;
    return new FollowedResource({
      client: this.#client,
      resource: { group, version, resource },
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      onChanges: (changes) => changes.forEach(see),
      onFault: (error) => say(`${resource}: ${error.message}`),
      random: Math.random,
    });
  }

  #seeStore({ namespace, name, object }: FollowedChange): void {
    const place = { name, ...(namespace !== "" && { namespace }) };
    if (object === undefined) {
      this.#stores.forget({ metadata: place });
      this.#statuses.forget({ metadata: place });
      return;
    }
    const store = object as unknown as StoreObject;
    if (this.#stores.see(store)) this.#statuses.check(store);
  }

  #seeSecret({ namespace, name, object }: FollowedChange): void {
    const key = `${namespace}/${name}`;
    const secret = object as SecretObject | undefined;
    if (secret === undefined) this.#made.delete(key);
    else this.#made.set(key, secret);
    if (secret === undefined || !isUntouched(secret)) this.controller.touch(namespace, name);
  }

  #seeExternal({ namespace, name, object }: FollowedChange): void {
    const key = `${namespace}/${name}`;
    const external = object as unknown as ExternalSecretObject | undefined;
    if (external === undefined || external.metadata["deletionTimestamp" as never] !== undefined) {
      this.#externals.delete(key);
      this.controller.forget({ metadata: { namespace, name } });
      return;
    }
    if (!this.#isOurs(external)) return;
    const isNew = !this.#externals.has(key);
    this.#externals.set(key, external);
    this.controller.see(external);
    if (isNew) this.#findLost(external);
  }

  /** One whose Secret went, or was changed, while nobody looked. */
  #findLost({ metadata, spec, status }: ExternalSecretObject): void {
    const { creationPolicy = "Owner", name = metadata.name } = spec.target ?? {};
    if (!["Owner", "Orphan"].includes(creationPolicy) || status?.conditions?.[0]?.reason !== "SecretSynced") return;
    const made = this.#made.get(`${metadata.namespace}/${name}`);
    if (status.binding === undefined || (made !== undefined && isUntouched(made))) return;
    this.controller.touch(metadata.namespace, name);
  }

  /** All of its stores that are there are ours: one that names another controller's is left to it whole. */
  #isOurs({ metadata, spec }: ExternalSecret): boolean {
    const refs = [
      spec.secretStoreRef,
      ...(spec.data ?? []).map(({ sourceRef }) => sourceRef?.storeRef),
      ...(spec.dataFrom ?? []).map(({ sourceRef }) => sourceRef?.storeRef),
    ].filter((each): each is StoreRef => each?.name !== undefined);
    return refs.every((ref) => {
      const store = this.#stores.named(ref, metadata.namespace);
      return store === undefined || this.#stores.isOurs(store);
    });
  }

  #uses(external: ExternalSecret, { metadata }: Pick<StoreObject, "metadata">): boolean {
    return (
      (metadata.namespace === undefined || metadata.namespace === external.metadata.namespace) &&
      JSON.stringify(external.spec).includes(JSON.stringify(metadata.name))
    );
  }

  /** Secrets that it owns under names that it does not give them any more. */
  #orphansOf({ metadata, spec }: ExternalSecret): readonly SecretObject[] {
    const { name = metadata.name } = spec.target ?? {};
    return [...this.#made.values()].filter(
      (each) =>
        each.metadata.namespace === metadata.namespace &&
        each.metadata.name !== name &&
        each.metadata.ownerReferences?.some(({ uid, controller }) => uid === metadata.uid && controller === true),
    );
  }
}

function placeOf({ metadata: { namespace, name } }: ExternalSecret): string {
  return `ExternalSecret ${namespace}/${name}`;
}
