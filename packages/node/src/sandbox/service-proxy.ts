import type { Client } from "@sallyport/cluster";
import { FollowedResource, ObjectCache } from "@sallyport/cluster";
import type { GroupVersionResource, KubeObject } from "@sallyport/kube";
import { tool } from "../tool.ts";
import type { ClusterObjects } from "./cluster-dns.ts";
import { nftTable, type RuleOptions, serviceTargets } from "./service-rules.ts";

export interface ServiceProxyOptions extends RuleOptions {
  readonly client: Client;
  /** Where Services stand that are answered elsewhere than their EndpointSlices say: the API server on a loopback address. */
  readonly overrides: (service: KubeObject) => readonly (readonly [address: string, port: number])[] | undefined;
  readonly random: () => number;
  readonly onFault: (error: Error) => void;
}

/** What changes at once is written once. */
const settleMs = 50;

const followed: readonly GroupVersionResource[] = [
  { group: "", version: "v1", resource: "services" },
  { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" },
];

/** Follows Services and keeps the machine's rules for them; answers for DNS what it knows. */
export class ServiceProxy implements ClusterObjects {
  readonly #options: ServiceProxyOptions;
  readonly #cache = new ObjectCache();
  readonly #follows: readonly FollowedResource[];
  #timer: NodeJS.Timeout | undefined;
  #written = "";
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
    const { client, random, onFault } = options;
    this.#follows = followed.map((resource) => {
      const onChanges: ConstructorParameters<typeof FollowedResource>[0]["onChanges"] = (changes) => {
        this.#cache.apply(resource.group, resource.resource, changes);
        this.#timer ??= setTimeout(() => this.#write(), settleMs);
      };
      return new FollowedResource({ client, resource, random, onFault, onChanges });
    });
  }

  /** Resolves once the rules of all that is there stand. */
  async start(): Promise<void> {
    await Promise.all(this.#follows.map(({ synced }) => synced));
    this.#write();
    await this.#writing;
  }

  async stop(): Promise<void> {
    for (const follow of this.#follows) follow.stop();
    clearTimeout(this.#timer);
    await this.#writing;
    await removeRules(this.#options.table);
  }

  readonly service = (namespace: string, name: string): KubeObject | undefined =>
    this.#cache.get("", "services", namespace, name);

  readonly slices = (namespace: string, service: string): readonly KubeObject[] =>
    this.#cache
      .list("discovery.k8s.io", "endpointslices", namespace)
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service);

  /** All Services, for the environment of containers. */
  all(): readonly KubeObject[] {
    return this.#cache.list("", "services");
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#writeNow()).catch(this.#options.onFault);
  }

  async #writeNow(): Promise<void> {
    const services = this.#cache.list("", "services");
    const slices = this.#cache.list("discovery.k8s.io", "endpointslices");
    const targets = services.flatMap((service) => {
      const endpoints = this.#options.overrides(service);
      const own = serviceTargets([service], slices);
      return endpoints === undefined ? own : own.map((target) => ({ ...target, endpoints }));
    });
    const text = nftTable(targets, this.#options);
    if (text === this.#written) return;
    await tool("nft", ["-f", "-"], { input: text });
    this.#written = text;
  }
}

/** Also those that an earlier life left. */
export async function removeRules(table: string): Promise<void> {
  await tool("nft", ["-f", "-"], { input: `table ip ${table}\ndelete table ip ${table}\n` }).catch(() => {});
}
