import { randomUUID } from "node:crypto";
import {
  Client,
  type Connection,
  discover,
  discoveredCatalogue,
  FollowedResource,
  sleepUnlessStopped,
} from "@sallyport/cluster";
import { builtinCatalogue, type Catalogue, type GroupVersionResource, qualifiedResource } from "@sallyport/kube";
import { RemoteSync, type ResourcesRead, resourcesRead, resourcesReadFrom } from "@sallyport/opa/remote-sync";
import type { SyncOptions } from "@sallyport/opa/sync";
import { ConfigMapAnnotations } from "./annotate.ts";
import type { OpaClient } from "./opa-client.ts";
import { type NamedResource, resourceRead, withVersion } from "./replicated.ts";

export interface RunSyncOptions {
  readonly connection: Connection;
  readonly opa: OpaClient;
  readonly sync: SyncOptions;
  readonly replicate: readonly NamedResource[];
  /** What policies read is replicated, beside what is named. */
  readonly derive: boolean;
  /** `["main", "main"]`: only what the answer of this rule depends on counts; all that any policy reads when absent. */
  readonly entrypoint?: readonly string[];
  /** One line for the operator. */
  readonly say: (level: "debug" | "info" | "warn", text: string) => void;
}

export interface RunningSync {
  /** Why the policy server is not up to date; undefined when it is. */
  readonly notReady: () => string | undefined;
  /** What is replicated now. */
  readonly replicated: () => readonly GroupVersionResource[];
  readonly close: () => Promise<void>;
}

/** So often policies that came otherwise than by ConfigMaps are looked at, where replication follows policies. */
const readPoliciesEveryMs = 15_000;
/** After a change of ConfigMaps, so that several are looked at together. */
const settleMs = 200;
const discoverDelayMs = 2000;

const configMaps: GroupVersionResource = { group: "", version: "v1", resource: "configmaps" };

/** Follows the cluster and keeps the policy server as it, until it is closed. */
export function openSync(options: RunSyncOptions): RunningSync {
  return new Run(options);
}

class Run implements RunningSync {
  readonly #options: RunSyncOptions;
  readonly #client: Client;
  readonly #remote: RemoteSync;
  readonly #annotations: ConfigMapAnnotations;
  readonly #stop = new AbortController();
  readonly #configMaps: FollowedResource[] = [];
  readonly #followed = new Map<
    string,
    { readonly resource: GroupVersionResource; readonly objects: FollowedResource }
  >();
  readonly #running: Promise<void>;
  #catalogue: Catalogue = builtinCatalogue;
  #isListed = false;
  #derived: readonly GroupVersionResource[] = [];
  #named: readonly GroupVersionResource[] = [];
  #told = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #lastFault: string | undefined;

  constructor(options: RunSyncOptions) {
    this.#options = options;
    this.#client = new Client(options.connection);
    this.#annotations = new ConfigMapAnnotations(this.#client, this.#fault);
    this.#remote = new RemoteSync({
      sync: options.sync,
      ask: options.opa.ask,
      annotate: (namespace, name, annotations) => {
        options.say("debug", `${namespace}/${name}: ${Object.values(annotations).join(" ")}`);
        this.#annotations.write(namespace, name, annotations);
      },
      onFault: this.#fault,
      generation: randomUUID(),
      ticks: () => performance.now(),
      random: Math.random,
      sleep: sleepUnlessStopped,
    });
    this.#running = this.#run().catch((error) => {
      if (!this.#stop.signal.aborted) this.#fault(error as Error);
    });
  }

  notReady = (): string | undefined => {
    if (!this.#isListed) return "not ready: the cluster's objects are still being read";
    return this.#remote.isReady ? undefined : "not ready: the policy server is still being filled";
  };

  replicated = (): readonly GroupVersionResource[] => [...this.#followed.values()].map(({ resource }) => resource);

  close = async (): Promise<void> => {
    this.#stop.abort(new Error("stopped"));
    clearTimeout(this.#timer);
    for (const each of [...this.#configMaps, ...[...this.#followed.values()].map(({ objects }) => objects)])
      each.stop();
    await this.#running;
    this.#client.close();
    this.#options.opa.close();
  };

  /** A fault that lasts is told once. */
  readonly #fault = (error: Error): void => {
    const isNew = error.message !== this.#lastFault;
    this.#lastFault = error.message;
    this.#options.say(isNew ? "warn" : "debug", error.message);
  };

  async #run(): Promise<void> {
    const { sync, replicate, derive } = this.#options;
    const signal = this.#stop.signal;
    if (derive || replicate.some(({ version }) => version === undefined)) await this.#discover();
    this.#name(replicate);
    const isEverywhere = sync.namespaces.includes("*");
    if (sync.enablePolicies || sync.enableData)
      for (const namespace of isEverywhere ? [undefined] : sync.namespaces) this.#followConfigMaps(namespace);
    await this.#untilStopped(Promise.all(this.#configMaps.map((each) => each.synced)));
    if (derive) await this.#derive();
    await this.#untilStopped(Promise.all([...this.#followed.values()].map(({ objects }) => objects.synced)));
    this.#isListed = true;
    if (derive) this.#deriveIn(readPoliciesEveryMs);
    await this.#remote.run(signal);
  }

  #untilStopped(work: Promise<unknown>): Promise<unknown> {
    const signal = this.#stop.signal;
    const stopped = new Promise<never>((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    return Promise.race([work, stopped]);
  }

  async #discover(): Promise<void> {
    for (;;) {
      try {
        this.#catalogue = discoveredCatalogue(await discover(this.#client));
        return;
      } catch (error) {
        this.#fault(error as Error);
        await sleepUnlessStopped(discoverDelayMs * (1 + Math.random()), this.#stop.signal);
      }
    }
  }

  #name(replicate: readonly NamedResource[]): void {
    this.#named = replicate.flatMap((named) => {
      const resource = withVersion(named, this.#catalogue);
      if (resource === undefined)
        this.#options.say("warn", `${qualifiedResource(named)}: the API server does not serve it`);
      return resource ?? [];
    });
    for (const each of this.#named) this.#follow(each);
  }

  #followConfigMaps(namespace: string | undefined): void {
    this.#configMaps.push(
      new FollowedResource({
        client: this.#client,
        resource: configMaps,
        ...(namespace === undefined ? {} : { namespace }),
        onChanges: (changes) => {
          for (const each of changes) this.#annotations.see(each.namespace, each.name, each.object);
          this.#remote.applyAll(changes);
          if (this.#isListed) this.#read();
          if (this.#isListed && this.#options.derive) this.#deriveIn(settleMs);
        },
        onFault: this.#fault,
        random: Math.random,
      }),
    );
  }

  #follow(resource: GroupVersionResource): void {
    const key = qualifiedResource(resource);
    if (this.#followed.has(key)) return;
    this.#remote.replicate(resource);
    const objects = new FollowedResource({
      client: this.#client,
      resource,
      onChanges: (changes) => this.#remote.applyAll(changes),
      onFault: this.#fault,
      random: Math.random,
    });
    this.#followed.set(key, { resource, objects });
    this.#options.say("info", `replicating ${key}`);
  }

  #unfollow(resource: GroupVersionResource): void {
    const key = qualifiedResource(resource);
    this.#followed.get(key)?.objects.stop();
    this.#followed.delete(key);
    this.#remote.unreplicate(resource);
    this.#options.say("info", `no policy reads ${key}: it is no longer replicated`);
  }

  /** Qualified names that policies use are there, beside the plain ones. */
  #read(names?: ReadonlySet<string>): void {
    const { replicatePath } = this.#options.sync;
    this.#remote.read = names ?? resourcesRead(this.#remote.policyTexts(), pathOf(replicatePath)).names;
  }

  #deriveIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#derive()
        .catch(this.#fault)
        .finally(() => {
          if (!this.#stop.signal.aborted) this.#deriveIn(readPoliciesEveryMs);
        });
    }, ms);
  }

  /** Follows what policies read, those of ConfigMaps and those that the server has from elsewhere. */
  async #derive(): Promise<void> {
    const read = await this.#resourcesRead();
    if (read === undefined) return;
    this.#read(read.names);
    for (const each of read.open)
      this.#once(`${each} reads all of data.${this.#options.sync.replicatePath}: name what it means by --replicate`);
    const found = [...read.names].map((name) => [name, resourceRead(name, this.#catalogue)] as const);
    if (found.some(([, resource]) => resource === undefined)) await this.#discover();
    const derived = found.flatMap(([name, resource]) => {
      const known = resource ?? resourceRead(name, this.#catalogue);
      if (known === undefined)
        this.#once(`policies read ${name}: the API server serves no such resource, or it is never replicated`);
      return known ?? [];
    });
    const wanted = new Set([...this.#named, ...derived].map(qualifiedResource));
    for (const each of derived) this.#follow(each);
    for (const each of this.#derived) if (!wanted.has(qualifiedResource(each))) this.#unfollow(each);
    this.#derived = derived;
  }

  async #resourcesRead(): Promise<ResourcesRead | undefined> {
    const { entrypoint, sync } = this.#options;
    const texts = [...this.#remote.policyTexts(), ...(await this.#foreignPolicies())];
    const path = pathOf(sync.replicatePath);
    if (entrypoint === undefined) return resourcesRead(texts, path);
    const read = resourcesReadFrom(texts, path, entrypoint);
    if (read === undefined)
      this.#once(`--analysis-entrypoint ${entrypoint.join("/")}: there is no such rule, or policies do not compile`);
    return read;
  }

  async #foreignPolicies(): Promise<readonly { readonly name: string; readonly text: string }[]> {
    try {
      const { body } = await this.#options.opa.ask("GET", "/policies");
      const { result = [] } = (body ?? {}) as {
        readonly result?: readonly { readonly id: string; readonly raw?: string }[];
      };
      return result
        .filter(({ id }) => !this.#remote.ownsPolicy(id))
        .map(({ id, raw = "" }) => ({ name: id, text: raw }));
    } catch (error) {
      this.#fault(error as Error);
      return [];
    }
  }

  #once(text: string): void {
    if (this.#told.has(text)) return;
    // Texts are few: names of policies and resources.
    this.#told.add(text);
    this.#options.say("warn", text);
  }
}

function pathOf(text: string): readonly string[] {
  return text.split("/").filter(Boolean);
}
