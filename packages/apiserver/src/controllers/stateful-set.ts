import type { ControllerContext, ControllerKind } from "./controller.ts";
import { portion } from "./deployment-sizes.ts";
import { claim, managerKeys } from "./owners.ts";
import { isAvailable, isFinished, type Pod, type PodTemplate } from "./pods.ts";
import { type Again, ownKey, partsOf, reconciler } from "./reconciler.ts";
import {
  type ControllerRevision,
  newestRevision,
  type RevisionNaming,
  revisionsOf,
  templateOf,
  truncateHistory,
} from "./revision-history.ts";
import { slowStart } from "./slow-start.ts";
import { createClaims, retainClaims } from "./stateful-set-claims.ts";
import {
  identified,
  isHealthy,
  isIdentified,
  isOrdered,
  isRunning,
  ordinalOf,
  ordinalsOf,
  revisionNameOf,
  type StatefulSet,
  type StatefulSetStatus,
  statefulPod,
} from "./stateful-set-objects.ts";
import { revisionHash } from "./template-hash.ts";

/** Keeps pods that have names, and volumes, of their own: made one after another, and the last one first to go. */
export const statefulSet: ControllerKind = {
  name: "statefulset-controller",
  alias: "statefulset",
  account: "statefulset-controller",
  create: (context) => {
    const { cache } = context;
    const candidates = (namespace: string) => () =>
      (cache.list("apps", "statefulsets", namespace) as readonly StatefulSet[]).map(
        (each) => [each, each.spec.selector] as const,
      );
    return reconciler(
      {
        name: statefulSet.name,
        follows: [
          { group: "apps", resource: "statefulsets", keys: ownKey },
          {
            group: "",
            resource: "pods",
            keys: (event) => managerKeys(event, "StatefulSet", candidates(event.namespace)),
          },
        ],
        sync: async (key, again) => {
          const found = cache.get("apps", "statefulsets", ...partsOf(key)) as StatefulSet | undefined;
          if (found !== undefined) await new StatefulSync(found, key, again, context).run();
        },
      },
      context,
    );
  },
};

const naming: RevisionNaming = { label: "controller.kubernetes.io/hash", hashOf: revisionHash };

interface Revisions {
  readonly all: readonly ControllerRevision[];
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly collisions: number;
}

/** One look at one StatefulSet. */
class StatefulSync {
  readonly #set: StatefulSet;
  readonly #key: string;
  readonly #again: Again;
  readonly #context: ControllerContext;

  constructor(found: StatefulSet, key: string, again: Again, context: ControllerContext) {
    this.#set = found;
    this.#key = key;
    this.#again = again;
    this.#context = context;
  }

  async run(): Promise<void> {
    const revisions = await this.#revisions();
    const pods = await this.#pods();
    let fault: unknown;
    if (!this.#set.metadata.deletionTimestamp)
      fault = await this.#reconcile(pods, revisions).catch((error: unknown) => error);
    await this.#count(await this.#pods(), revisions);
    if (fault !== undefined) throw fault;
    const live = new Set([
      ...pods.map(revisionNameOf),
      revisions.current.metadata.name,
      revisions.update.metadata.name,
    ]);
    await truncateHistory(this.#set, revisions.all, ({ metadata }) => live.has(metadata.name), this.#context.client);
  }

  async #revisions(): Promise<Revisions> {
    const { status, metadata } = this.#set;
    const found = await revisionsOf(this.#set, this.#context);
    const known = status?.collisionCount ?? 0;
    const last = found.at(-1);
    const { newest, collisions } =
      metadata.deletionTimestamp && last !== undefined
        ? { newest: last, collisions: known }
        : await newestRevision(this.#set, found, known, naming, this.#context.client);
    const current = found.find((each) => each.metadata.name === status?.currentRevision) ?? newest;
    return { all: found, current, update: newest, collisions };
  }

  /** By their ordinals. */
  async #pods(): Promise<readonly Pod[]> {
    const isMember = (pod: Pod) => ordinalOf(pod, this.#set) !== undefined;
    const resource = { group: "", resource: "pods" };
    const found = await claim<Pod>(this.#set, this.#set.spec.selector, resource, this.#context, isMember);
    return [...found].sort((a, b) => this.#ordinal(a) - this.#ordinal(b));
  }

  #ordinal(pod: Pod): number {
    return ordinalOf(pod, this.#set) ?? -1;
  }

  async #reconcile(pods: readonly Pod[], revisions: Revisions): Promise<void> {
    const { start, end } = ordinalsOf(this.#set);
    const byOrdinal = new Map(pods.map((pod) => [this.#ordinal(pod), pod]));
    const isWanted = (pod: Pod) => this.#ordinal(pod) >= start && this.#ordinal(pod) < end;
    if (await this.#fill(byOrdinal, revisions)) return;
    if (await this.#condemn(pods.filter((pod) => !isWanted(pod)))) return;
    await this.#roll(pods.filter(isWanted), revisions);
  }

  /** Makes the pods that are missing. True when a pod must be waited for before anything else is done. */
  async #fill(byOrdinal: ReadonlyMap<number, Pod>, revisions: Revisions): Promise<boolean> {
    const { start, end } = ordinalsOf(this.#set);
    if (isOrdered(this.#set)) {
      for (let ordinal = start; ordinal < end; ordinal++)
        if (await this.#fillOne(ordinal, byOrdinal.get(ordinal), revisions)) return true;
      return false;
    }
    let waits = false;
    await slowStart(end - start, async (index) => {
      if (await this.#fillOne(start + index, byOrdinal.get(start + index), revisions)) waits = true;
    });
    return waits;
  }

  async #fillOne(ordinal: number, pod: Pod | undefined, revisions: Revisions): Promise<boolean> {
    if (pod === undefined) {
      await this.#create(ordinal, revisions);
      return isOrdered(this.#set);
    }
    if (isFinished(pod)) {
      if (!pod.metadata.deletionTimestamp) await this.#delete(pod);
      return true;
    }
    if (pod.status?.phase === "Pending") await createClaims(this.#set, ordinal, this.#context);
    const { minReadySeconds = 0 } = this.#set.spec;
    const isUp = isHealthy(pod) && isAvailable(pod, minReadySeconds, this.#context.clock.now());
    if (isOrdered(this.#set) && !isUp) return true;
    await retainClaims(this.#set, pod, ordinal, this.#context);
    if (!isIdentified(pod, ordinal))
      await this.#context.client.update(pod, (fresh) => identified(fresh as Pod, ordinal));
    return false;
  }

  async #create(ordinal: number, revisions: Revisions): Promise<void> {
    const { client, record } = this.#context;
    const { name } = this.#set.metadata;
    const { revision, template } = this.#templateFor(ordinal, revisions);
    const pod = statefulPod(this.#set, template, revision, ordinal);
    await createClaims(this.#set, ordinal, this.#context);
    try {
      const made = (await client.create(pod)) as Pod;
      record(
        this.#set,
        "Normal",
        "SuccessfulCreate",
        `Create Pod ${pod.metadata.name} in StatefulSet ${name} successful`,
      );
      await retainClaims(this.#set, made, ordinal, this.#context);
    } catch (error) {
      const why = `Create Pod ${pod.metadata.name} in StatefulSet ${name} failed error: ${(error as Error).message}`;
      record(this.#set, "Warning", "FailedCreate", why);
      throw error;
    }
  }

  /** Pods below the partition stay what they were. */
  #templateFor(ordinal: number, { current, update }: Revisions): { revision: string; template: PodTemplate } {
    const { type, rollingUpdate } = this.#set.spec.updateStrategy ?? {};
    const isKept = type === "RollingUpdate" && ordinal < ordinalsOf(this.#set).start + (rollingUpdate?.partition ?? 0);
    const { metadata } = isKept ? current : update;
    return { revision: metadata.name ?? "", template: isKept ? templateOf(current) : this.#set.spec.template };
  }

  /** Deletes pods that are too many, the last one first. True when one must be waited for. */
  async #condemn(condemned: readonly Pod[]): Promise<boolean> {
    const firstUnhealthy = condemned.find((pod) => !isHealthy(pod));
    for (const pod of [...condemned].reverse()) {
      const isBlocked = Boolean(pod.metadata.deletionTimestamp) || (!this.#isUp(pod) && pod !== firstUnhealthy);
      if (isOrdered(this.#set) && isBlocked) return true;
      if (pod.metadata.deletionTimestamp) continue;
      await retainClaims(this.#set, pod, this.#ordinal(pod), this.#context);
      await this.#delete(pod);
      if (isOrdered(this.#set)) return true;
    }
    return false;
  }

  #isUp(pod: Pod): boolean {
    return isRunning(pod) && isAvailable(pod, this.#set.spec.minReadySeconds ?? 0, this.#context.clock.now());
  }

  /** Deletes pods of old templates, the last one first, as long as not too many are away; those in parallel that are away themselves at any rate. */
  async #roll(replicas: readonly Pod[], { update }: Revisions): Promise<void> {
    const { type, rollingUpdate } = this.#set.spec.updateStrategy ?? {};
    if (type === "OnDelete") return;
    const { start, end } = ordinalsOf(this.#set);
    const first = start + (rollingUpdate?.partition ?? 0);
    const isOld = (pod: Pod) => revisionNameOf(pod) !== update.metadata.name && !pod.metadata.deletionTimestamp;
    const old = [...replicas].reverse().filter((pod) => this.#ordinal(pod) >= first && isOld(pod));
    const isAway = (pod: Pod) => !isHealthy(pod) || !this.#isUp(pod);
    // Pods that were made in this round are none of `replicas`, and away.
    const away = end - start - replicas.filter((pod) => !isAway(pod)).length;
    const budget = Math.max(0, maxUnavailableOf(this.#set) - away);
    const chosen = isOrdered(this.#set)
      ? old.slice(0, budget)
      : [...old.filter(isAway), ...old.filter((pod) => !isAway(pod)).slice(0, budget)];
    for (const pod of chosen) await this.#delete(pod);
  }

  async #delete(pod: Pod): Promise<void> {
    const { client, record } = this.#context;
    await client.delete(pod);
    const message = `Delete Pod ${pod.metadata.name} in StatefulSet ${this.#set.metadata.name} successful`;
    record(this.#set, "Normal", "SuccessfulDelete", message);
  }

  async #count(pods: readonly Pod[], revisions: Revisions): Promise<void> {
    const { clock, client } = this.#context;
    const { minReadySeconds = 0 } = this.#set.spec;
    const ready = pods.filter(isRunning);
    const available = ready.filter((pod) => isAvailable(pod, minReadySeconds, clock.now())).length;
    const status = this.#statusOf(pods, ready.length, available, revisions);
    await client.updateStatus(this.#set, (fresh) => {
      const { conditions } = (fresh as StatefulSet).status ?? {};
      return { ...fresh, status: { ...status, ...(conditions && { conditions }) } };
    });
    if (ready.length > available) this.#again.addAfter(this.#key, minReadySeconds * 1000);
  }

  #statusOf(pods: readonly Pod[], ready: number, available: number, revisions: Revisions): StatefulSetStatus {
    const { current, update, collisions } = revisions;
    const { spec, metadata } = this.#set;
    const countOf = (revision: ControllerRevision) =>
      pods.filter((pod) => !pod.metadata.deletionTimestamp && revisionNameOf(pod) === revision.metadata.name).length;
    const updated = countOf(update);
    const replicas = spec.replicas ?? 1;
    const isDone =
      spec.updateStrategy?.type !== "OnDelete" && [updated, ready, pods.length].every((count) => count === replicas);
    const currentReplicas = isDone ? updated : countOf(current);
    return {
      ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
      replicas: pods.length,
      ...(ready > 0 && { readyReplicas: ready }),
      ...(currentReplicas > 0 && { currentReplicas }),
      ...(updated > 0 && { updatedReplicas: updated }),
      currentRevision: (isDone ? update : current).metadata.name ?? "",
      updateRevision: update.metadata.name ?? "",
      collisionCount: collisions,
      availableReplicas: available,
    };
  }
}

/** How many pods of a rolling update may be away at a time; percents are rounded up. */
function maxUnavailableOf({ spec }: StatefulSet): number {
  const { maxUnavailable = 1 } = spec.updateStrategy?.rollingUpdate ?? {};
  return Math.max(1, portion(maxUnavailable, spec.replicas ?? 1, Math.ceil));
}
