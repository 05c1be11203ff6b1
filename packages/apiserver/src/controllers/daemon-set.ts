import { Backoff } from "./backoff.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { type DaemonSet, daemonPod, isUpdated, nodeOf, placeOf } from "./daemon-set-objects.ts";
import { portion } from "./deployment-sizes.ts";
import type { Node } from "./nodes.ts";
import { claim, managerKeys } from "./owners.ts";
import { createdAt, isAvailable, isReady, type Pod } from "./pods.ts";
import { type Again, ownKey, partsOf, reconciler } from "./reconciler.ts";
import { deletePod } from "./replicas.ts";
import { newestRevision, type RevisionNaming, revisionsOf, truncateHistory } from "./revision-history.ts";
import { slowStart } from "./slow-start.ts";
import { revisionLabel } from "./stateful-set-objects.ts";
import { templateHash } from "./template-hash.ts";

/** As many pods are made or deleted in one go; kube-controller-manager's burst. */
const maxBurst = 250;

/** Keeps one pod on each node that its template may run on. */
export const daemonSet: ControllerKind = {
  name: "daemonset-controller",
  alias: "daemonset",
  account: "daemon-set-controller",
  create: (context) => {
    const { cache } = context;
    const sets = (namespace?: string) => cache.list("apps", "daemonsets", namespace) as readonly DaemonSet[];
    const candidates = (namespace: string) => () => sets(namespace).map((each) => [each, each.spec.selector] as const);
    /** Daemons that end by themselves are not made again at once: 1 s at first, 15 min at most. */
    const backoff = new Backoff(1000, 900_000);
    return reconciler(
      {
        name: daemonSet.name,
        follows: [
          { group: "apps", resource: "daemonsets", keys: ownKey },
          {
            group: "",
            resource: "pods",
            keys: (event) => managerKeys(event, "DaemonSet", candidates(event.namespace)),
          },
          {
            group: "",
            resource: "nodes",
            keys: () => sets().map(({ metadata: { namespace, name } }) => `${namespace}/${name}`),
          },
        ],
        sync: async (key, again) => {
          const found = cache.get("apps", "daemonsets", ...partsOf(key)) as DaemonSet | undefined;
          if (found !== undefined && !found.metadata.deletionTimestamp)
            await new DaemonSync(found, key, again, backoff, context).run();
        },
      },
      context,
    );
  },
};

/** The revision of a DaemonSet and its pods have the same label. */
const naming: RevisionNaming = { label: revisionLabel, hashOf: templateHash };

/** A node with the daemons that are there, or are meant to be, the oldest first. */
interface Place {
  readonly name: string;
  /** Undefined when the node is gone. */
  readonly node: Node | undefined;
  readonly pods: readonly Pod[];
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

interface Work {
  readonly create: readonly string[];
  readonly delete: readonly Pod[];
}

/** One look at one DaemonSet. */
class DaemonSync {
  readonly #set: DaemonSet;
  readonly #key: string;
  readonly #again: Again;
  readonly #backoff: Backoff;
  readonly #context: ControllerContext;
  #hash = "";

  constructor(found: DaemonSet, key: string, again: Again, backoff: Backoff, context: ControllerContext) {
    this.#set = found;
    this.#key = key;
    this.#again = again;
    this.#backoff = backoff;
    this.#context = context;
  }

  async run(): Promise<void> {
    const { client } = this.#context;
    const known = await revisionsOf(this.#set, this.#context);
    const collisionCount = this.#set.status?.collisionCount ?? 0;
    const { newest, collisions } = await newestRevision(this.#set, known, collisionCount, naming, client);
    this.#hash = newest.metadata.labels?.[revisionLabel] ?? "";
    const fault = await this.#reconcile().catch((error: unknown) => error);
    const places = await this.#places();
    await this.#count(places, collisions);
    if (fault !== undefined) throw fault;
    const live = new Set(places.flatMap(({ pods }) => pods).map(({ metadata }) => metadata.labels?.[revisionLabel]));
    const isLive = ({ metadata }: { metadata: { labels?: { readonly [key: string]: string } } }) =>
      metadata.labels?.[revisionLabel] === this.#hash || live.has(metadata.labels?.[revisionLabel]);
    await truncateHistory(this.#set, known, isLive, client);
  }

  async #places(): Promise<readonly Place[]> {
    const { cache } = this.#context;
    const resource = { group: "", resource: "pods" };
    const pods = await claim<Pod>(this.#set, this.#set.spec.selector, resource, this.#context);
    const byNode = new Map<string, Pod[]>();
    for (const node of cache.list("", "nodes")) byNode.set(node.metadata.name ?? "", []);
    for (const pod of pods) {
      const name = nodeOf(pod) ?? "";
      byNode.set(name, [...(byNode.get(name) ?? []), pod]);
    }
    return [...byNode].map(([name, there]) => {
      const node = cache.get("", "nodes", "", name) as Node | undefined;
      const sorted = [...there].sort((a, b) => createdAt(a) - createdAt(b));
      const place = node === undefined ? { shouldRun: false, mayStay: false } : placeOf(this.#set, node);
      return { name, node, pods: sorted, ...place };
    });
  }

  async #reconcile(): Promise<void> {
    await this.#do(this.#placement(await this.#places()));
    if (this.#set.spec.updateStrategy?.type === "OnDelete") return;
    await this.#do(this.#update(await this.#places()));
  }

  async #do(work: Work): Promise<void> {
    for (const pod of work.delete.slice(0, maxBurst)) await deletePod(pod, this.#set, this.#context);
    await slowStart(Math.min(work.create.length, maxBurst), (index) => this.#create(work.create[index] ?? ""));
  }

  async #create(node: string): Promise<void> {
    const { client, record } = this.#context;
    try {
      const pod = await client.create(daemonPod(this.#set, node, this.#hash));
      record(this.#set, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      record(this.#set, "Warning", "FailedCreate", `Error creating: ${(error as Error).message}`);
      throw error;
    }
  }

  /** One daemon where there should be one, none where none may stay. */
  #placement(places: readonly Place[]): Work {
    const create = places.filter(({ shouldRun, pods }) => shouldRun && pods.length === 0).map(({ name }) => name);
    const surplus = places.flatMap((place) => {
      // Pods of nodes that are gone are the pod garbage collector's, unless they never ran.
      if (place.node === undefined) return place.pods.filter(({ spec }) => !spec?.nodeName).filter(isStaying);
      return place.mayStay ? this.#surplusAt(place) : place.pods.filter(isStaying);
    });
    return { create, delete: surplus };
  }

  #surplusAt({ name, pods }: Place): readonly Pod[] {
    const over = pods.filter(isStaying).filter((pod) => this.#isOver(pod, name));
    const running = pods.filter((pod) => isStaying(pod) && !isPhase(pod, "Failed", "Succeeded"));
    if (this.#maxSurge() === 0) return [...over, ...running.slice(1)];
    const isFresh = (pod: Pod) => isUpdated(pod, this.#set, this.#hash);
    const fresh = running.filter(isFresh);
    const old = running.filter((pod) => !isFresh(pod));
    return [...over, ...fresh.slice(1), ...(fresh[0] && this.#isAvailable(fresh[0]) ? old : old.slice(1))];
  }

  /** Done, and to be replaced now; told of. */
  #isOver(pod: Pod, node: string): boolean {
    if (!isPhase(pod, "Failed", "Succeeded")) return false;
    const { namespace, name, uid } = this.#set.metadata;
    const wait = this.#backoff.waitOf(`${uid}/${node}`, this.#context.clock.now());
    if (wait > 0) {
      this.#again.addAfter(this.#key, wait);
      return false;
    }
    const isFailed = isPhase(pod, "Failed");
    const [type, reason, end] = isFailed
      ? (["Warning", "FailedDaemonPod", "kill"] as const)
      : (["Normal", "SucceededDaemonPod", "delete"] as const);
    const what = `Found ${isFailed ? "failed" : "succeeded"} daemon pod ${namespace ?? name}/${pod.metadata.name}`;
    this.#context.record(this.#set, type, reason, `${what} on node ${node}, will try to ${end} it`);
    return true;
  }

  /** Replaces daemons of older templates: those that do not serve anyway at once, others a few at a time. */
  #update(places: readonly Place[]): Work {
    const wanted = places.filter(({ shouldRun }) => shouldRun);
    return this.#maxSurge(wanted.length) > 0 ? this.#surge(wanted) : this.#replace(wanted);
  }

  #replace(places: readonly Place[]): Work {
    const broken: Pod[] = [];
    const serving: Pod[] = [];
    let unavailable = 0;
    for (const { pods } of places) {
      const [pod, ...more] = pods.filter(isStaying);
      const isServing = pod !== undefined && more.length === 0 && this.#isAvailable(pod);
      if (!isServing) unavailable++;
      if (pod === undefined || more.length > 0 || isUpdated(pod, this.#set, this.#hash)) continue;
      (isServing ? serving : broken).push(pod);
    }
    const { maxUnavailable = 1 } = this.#set.spec.updateStrategy?.rollingUpdate ?? {};
    const budget = Math.max(0, portion(maxUnavailable, places.length, Math.ceil) - unavailable);
    return { create: [], delete: [...broken, ...serving.slice(0, budget)] };
  }

  #surge(places: readonly Place[]): Work {
    const urgent: string[] = [];
    const later: string[] = [];
    const outlived: Pod[] = [];
    let surging = 0;
    for (const { name, pods } of places) {
      const staying = pods.filter(isStaying);
      const fresh = staying.find((pod) => isUpdated(pod, this.#set, this.#hash));
      const old = staying.find((pod) => pod !== fresh);
      if (old === undefined) continue;
      if (fresh === undefined) (this.#isAvailable(old) ? later : urgent).push(name);
      else if (this.#isAvailable(fresh)) outlived.push(old);
      else surging++;
    }
    const budget = Math.max(0, this.#maxSurge(places.length) - surging);
    return { create: [...urgent, ...later.slice(0, budget)], delete: outlived };
  }

  #maxSurge(nodes = 1): number {
    return portion(this.#set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, nodes, Math.ceil);
  }

  #isAvailable(pod: Pod): boolean {
    return isAvailable(pod, this.#set.spec.minReadySeconds ?? 0, this.#context.clock.now());
  }

  async #count(places: readonly Place[], collisions: number): Promise<void> {
    const wanted = places.filter(({ shouldRun }) => shouldRun);
    const oldest = wanted.flatMap(({ pods }) => pods.slice(0, 1));
    const ready = oldest.filter(isReady).length;
    const available = oldest.filter((pod) => this.#isAvailable(pod)).length;
    const updated = oldest.filter((pod) => isUpdated(pod, this.#set, this.#hash)).length;
    const isMisplaced = ({ node, shouldRun, pods }: Place) => node !== undefined && !shouldRun && pods.length > 0;
    const { generation } = this.#set.metadata;
    const { conditions } = this.#set.status ?? {};
    const status = {
      currentNumberScheduled: oldest.length,
      numberMisscheduled: places.filter(isMisplaced).length,
      desiredNumberScheduled: wanted.length,
      numberReady: ready,
      ...(generation !== undefined && { observedGeneration: generation }),
      ...(updated > 0 && { updatedNumberScheduled: updated }),
      ...(available > 0 && { numberAvailable: available }),
      ...(wanted.length > available && { numberUnavailable: wanted.length - available }),
      ...(collisions > 0 && { collisionCount: collisions }),
      ...(conditions && { conditions }),
    };
    await this.#context.client.updateStatus(this.#set, (fresh) => ({ ...fresh, status }));
    if (ready > available) this.#again.addAfter(this.#key, (this.#set.spec.minReadySeconds ?? 0) * 1000);
  }
}

function isStaying({ metadata }: Pod): boolean {
  return !metadata.deletionTimestamp;
}

function isPhase({ status }: Pod, ...phases: readonly string[]): boolean {
  return phases.includes(status?.phase ?? "");
}
