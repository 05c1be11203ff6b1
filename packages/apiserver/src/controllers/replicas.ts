import { type KubeObject, type LabelSelectorObject, StatusError, timestampOf } from "@sallyport/kube";
import { type Condition, findCondition, withCondition, withoutCondition } from "./conditions.ts";
import type { Controller, ControllerContext } from "./controller.ts";
import { claim, managerKeys } from "./owners.ts";
import { byWorth, isActive, isAvailable, isReady, isTerminating, type Pod, type PodTemplate, podOf } from "./pods.ts";
import { type Again, ownKey, partsOf, reconciler } from "./reconciler.ts";
import { slowStart } from "./slow-start.ts";

/** As many pods are made or deleted in one go; kube-controller-manager's burst. */
const maxBurst = 500;

/** A ReplicaSet, or a ReplicationController, whose selector is a map. */
export interface ReplicaOwner extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly template?: PodTemplate;
    readonly selector?: unknown;
  };
  readonly status?: ReplicaStatus;
}

interface ReplicaStatus {
  readonly replicas?: number;
  readonly fullyLabeledReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

/** What tells the two kinds apart. */
export interface ReplicaKind {
  readonly name: string;
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly selectorOf: (owner: ReplicaOwner) => LabelSelectorObject;
  /** Whether the status has a count of pods that are about to end. */
  readonly countsTerminating: boolean;
}

/** Keeps as many pods as `spec.replicas` says, and counts them in the status. */
export function replicaController(kind: ReplicaKind, context: ControllerContext): Controller {
  const { group, resource, selectorOf } = kind;
  const { cache } = context;
  const candidates = (namespace: string) => () =>
    (cache.list(group, resource, namespace) as readonly ReplicaOwner[]).map(
      (each) => [each, selectorOf(each)] as const,
    );
  return reconciler(
    {
      name: kind.name,
      follows: [
        { group, resource, keys: ownKey },
        {
          group: "",
          resource: "pods",
          keys: (event) => managerKeys(event, kind.kind, candidates(event.namespace)),
        },
      ],
      sync: async (key, again) => {
        const owner = cache.get(group, resource, ...partsOf(key)) as ReplicaOwner | undefined;
        if (owner !== undefined) await sync(owner, key, again, kind, context);
      },
    },
    context,
  );
}

async function sync(
  owner: ReplicaOwner,
  key: string,
  again: Again,
  kind: ReplicaKind,
  context: ControllerContext,
): Promise<void> {
  const claimed = () => claim<Pod>(owner, kind.selectorOf(owner), pods, context);
  const before = (await claimed()).filter(isActive);
  const fault = owner.metadata.deletionTimestamp
    ? undefined
    : await scale(owner, before, context).catch((error) => error);
  await count(owner, await claimed(), kind, before.length, fault, key, again, context);
  if (fault !== undefined) throw fault;
}

const pods = { group: "", resource: "pods" };

/** Makes what is missing, deletes what is too much. */
async function scale(owner: ReplicaOwner, found: readonly Pod[], context: ControllerContext): Promise<void> {
  const missing = (owner.spec.replicas ?? 1) - found.length;
  if (missing > 0) await slowStart(Math.min(missing, maxBurst), () => createPod(owner, context));
  const surplus = [...found].sort(byWorth).slice(0, Math.min(Math.max(-missing, 0), maxBurst));
  await Promise.all(surplus.map((pod) => deletePod(pod, owner, context)));
}

async function createPod(owner: ReplicaOwner, { client, record }: ControllerContext): Promise<void> {
  try {
    const pod = await client.create(podOf(owner.spec.template ?? {}, owner));
    record(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
  } catch (error) {
    record(owner, "Warning", "FailedCreate", `Error creating: ${(error as Error).message}`);
    throw error;
  }
}

/** Deletes a pod of an owner, and tells of it. */
export async function deletePod(pod: Pod, owner: KubeObject, { client, record }: ControllerContext): Promise<void> {
  await client.delete(pod);
  record(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
}

async function count(
  owner: ReplicaOwner,
  all: readonly Pod[],
  { countsTerminating }: ReplicaKind,
  before: number,
  fault: unknown,
  key: string,
  again: Again,
  { client, clock }: ControllerContext,
): Promise<void> {
  const { minReadySeconds = 0, template } = owner.spec;
  const found = all.filter(isActive);
  const labels = Object.entries(template?.metadata?.labels ?? {});
  const ready = found.filter(isReady).length;
  const available = found.filter((pod) => isAvailable(pod, minReadySeconds, clock.now())).length;
  const counts = {
    replicas: found.length,
    fullyLabeledReplicas: found.filter(({ metadata }) =>
      labels.every(([name, value]) => metadata.labels?.[name] === value),
    ).length,
    readyReplicas: ready,
    availableReplicas: available,
  };
  await client.updateStatus(owner, (fresh) => {
    const conditions = conditionsOf(
      (fresh as ReplicaOwner).status?.conditions,
      fault,
      (owner.spec.replicas ?? 1) > before,
      timestampOf(clock.now()),
    );
    const status = {
      replicas: counts.replicas,
      ...Object.fromEntries(Object.entries(counts).filter(([, value]) => value > 0)),
      ...(countsTerminating && { terminatingReplicas: all.filter(isTerminating).length }),
      ...(owner.metadata.generation !== undefined && { observedGeneration: owner.metadata.generation }),
      ...(conditions.length > 0 && { conditions }),
    };
    return { ...fresh, status };
  });
  if (minReadySeconds > 0 && ready > available) again.addAfter(key, minReadySeconds * 1000);
}

/** Tells of pods that could not be made or deleted, until they can. */
function conditionsOf(
  conditions: readonly Condition[] | undefined,
  fault: unknown,
  isGrowing: boolean,
  now: string,
): readonly Condition[] {
  if (fault === undefined) return withoutCondition(conditions, "ReplicaFailure");
  // The message names a pod that never was, another one each time: it is no news.
  if (findCondition(conditions, "ReplicaFailure") !== undefined) return conditions ?? [];
  const message = fault instanceof StatusError ? fault.message : String(fault);
  const reason = isGrowing ? "FailedCreate" : "FailedDelete";
  return withCondition(conditions, { type: "ReplicaFailure", status: "True", reason, message }, now);
}
