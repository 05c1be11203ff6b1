import { type Client, FollowedResource, ObjectCache } from "@sallyport/cluster";
import type { GroupVersionResource, KubeObject } from "@sallyport/kube";
import { meshObjectFaults } from "../policy/validation/faults.ts";
import type { MeshSettings } from "../policy/workload.ts";
import type { TokenPod } from "./pod-token.ts";
import { type ClusterObjects, MeshCluster, type WorkloadConfig } from "./workload-config.ts";

export interface ClusterFollowerOptions {
  readonly client: Client;
  readonly mesh: MeshSettings;
  /** Something has changed, so that configurations may be others. */
  readonly onChange: () => void;
  readonly onFault: (error: Error) => void;
  /** Between 0 and 1. */
  readonly random: () => number;
}

const [core, security, networking] = ["", "security.istio.io", "networking.istio.io"] as const;

/** What a mesh follows, and what it must be allowed to list and watch. */
export const followedResources: readonly GroupVersionResource[] = [
  { group: core, version: "v1", resource: "pods" },
  { group: core, version: "v1", resource: "services" },
  { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" },
  { group: security, version: "v1", resource: "peerauthentications" },
  { group: security, version: "v1", resource: "authorizationpolicies" },
  { group: networking, version: "v1", resource: "destinationrules" },
];

/** What changes at once is told once. */
const settleMs = 50;

/** Keeps up with a cluster, and answers what each of its sidecars must know. */
export class ClusterFollower {
  readonly #options: ClusterFollowerOptions;
  readonly #cache = new ObjectCache();
  readonly #follows: readonly FollowedResource[];
  readonly #told = new Set<string>();
  #cluster: MeshCluster | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClusterFollowerOptions) {
    this.#options = options;
    const { client, random, onFault } = options;
    this.#follows = followedResources.map((resource) => {
      const onChanges: ConstructorParameters<typeof FollowedResource>[0]["onChanges"] = (changes) => {
        this.#cache.apply(resource.group, resource.resource, changes);
        this.#cluster = undefined;
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          options.onChange();
        }, settleMs);
      };
      return new FollowedResource({ client, resource, random, onFault, onChanges });
    });
  }

  /** Resolves when everything was listed once. Before, nobody must be told anything: a policy might be missing. */
  async synced(): Promise<void> {
    await Promise.all(this.#follows.map((follow) => follow.synced));
  }

  configOf({ namespace, pod }: TokenPod): WorkloadConfig | undefined {
    this.#cluster ??= new MeshCluster(this.#objects(), this.#options.mesh);
    return this.#cluster.configOf(namespace, pod);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const follow of this.#follows) follow.stop();
  }

  #objects(): ClusterObjects {
    const all = (group: string, resource: string) => this.#cache.list(group, resource);
    const readable = <T>(group: string, resource: string): readonly T[] =>
      all(group, resource).filter((object) => this.#isReadable(object)) as readonly unknown[] as readonly T[];
    return {
      pods: all(core, "pods"),
      services: all(core, "services"),
      endpointSlices: all("discovery.k8s.io", "endpointslices"),
      peerAuthentications: readable(security, "peerauthentications"),
      authorizationPolicies: readable(security, "authorizationpolicies"),
      destinationRules: readable(networking, "destinationrules"),
    };
  }

  /** A server whose definitions check less may hold what has not the shape of its kind: it is passed over, as by Istio, and told once. */
  #isReadable(object: KubeObject): boolean {
    const { isUnreadable, faults } = meshObjectFaults(object as never);
    if (!isUnreadable) return true;
    const { namespace = "", name = "", resourceVersion = "" } = object.metadata;
    const text = `${object.kind} ${namespace}/${name} is passed over: ${faults.join("; ")}`;
    if (!this.#told.has(`${resourceVersion} ${text}`)) this.#options.onFault(new Error(text));
    this.#told.add(`${resourceVersion} ${text}`);
    return false;
  }
}
