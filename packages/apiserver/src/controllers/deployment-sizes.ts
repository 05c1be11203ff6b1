import { annotationNames, type Deployment, type ReplicaSet, sum } from "./deployment-objects.ts";
import { createdAt } from "./pods.ts";

/** How many pods more and how many less than wanted there may be during a rolling update; at least one of both is not zero. */
export function fencepostsOf({ spec }: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (spec.strategy?.type === "Recreate") return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = 0, maxUnavailable = 0 } = spec.strategy?.rollingUpdate ?? {};
  const replicas = spec.replicas ?? 1;
  const surge = portion(maxSurge, replicas, Math.ceil);
  const unavailable = Math.min(portion(maxUnavailable, replicas, Math.floor), replicas);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** IntOrString: a number, or a percentage of a total. */
export function portion(value: number | string, total: number, round: (value: number) => number): number {
  return typeof value === "number" ? value : round((Number.parseInt(value, 10) * total) / 100);
}

/** How many pods the new ReplicaSet may have now. */
export function newSize(deployment: Deployment, own: number, all: readonly ReplicaSet[]): number {
  const replicas = deployment.spec.replicas ?? 1;
  if (deployment.spec.strategy?.type === "Recreate") return replicas;
  if (own >= replicas) return replicas;
  const room = replicas + fencepostsOf(deployment).maxSurge - sum(all, sizeOf);
  return room <= 0 ? own : own + Math.min(room, replicas - own);
}

/** How many pods each old ReplicaSet is left in a rolling update: what is not available goes first, then what may be missed. */
export function oldSizes(
  deployment: Deployment,
  fresh: ReplicaSet,
  old: readonly ReplicaSet[],
): ReadonlyMap<ReplicaSet, number> {
  const sizes = new Map(old.map((each) => [each, sizeOf(each)]));
  const minAvailable = (deployment.spec.replicas ?? 1) - fencepostsOf(deployment).maxUnavailable;
  const freshUnavailable = sizeOf(fresh) - availableOf(fresh);
  let broken = sum([...old, fresh], sizeOf) - minAvailable - freshUnavailable;
  if (broken <= 0) return sizes;
  const oldest = [...old].sort((a, b) => createdAt(a) - createdAt(b));
  for (const each of oldest) {
    const down = Math.max(0, Math.min(broken, sizeOf(each) - availableOf(each)));
    sizes.set(each, sizeOf(each) - down);
    broken -= down;
  }
  let spare = sum([...old, fresh], availableOf) - minAvailable;
  for (const each of oldest) {
    const down = Math.max(0, Math.min(spare, sizes.get(each) ?? 0));
    sizes.set(each, (sizes.get(each) ?? 0) - down);
    spare -= down;
  }
  return sizes;
}

/** How a change of `spec.replicas` in the middle of a rolling update is shared among the ReplicaSets that have pods. */
export function proportionalSizes(
  deployment: Deployment,
  active: readonly ReplicaSet[],
): ReadonlyMap<ReplicaSet, number> {
  const replicas = deployment.spec.replicas ?? 1;
  const allowed = replicas > 0 ? replicas + fencepostsOf(deployment).maxSurge : 0;
  const toAdd = allowed - sum(active, sizeOf);
  const age = (a: ReplicaSet, b: ReplicaSet) => (toAdd > 0 ? createdAt(b) - createdAt(a) : createdAt(a) - createdAt(b));
  const sorted = [...active].sort((a, b) => sizeOf(b) - sizeOf(a) || age(a, b));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const each of sorted) {
    const share = shareOf(each, deployment, allowed);
    const left = toAdd - added;
    const part = left > 0 ? Math.min(Math.max(share, 0), left) : Math.max(Math.min(share, 0), left);
    sizes.set(each, sizeOf(each) + part);
    added += part;
  }
  const [first] = sorted;
  if (first !== undefined) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + toAdd - added));
  return sizes;
}

function shareOf(each: ReplicaSet, { spec, status }: Deployment, allowed: number): number {
  if ((spec.replicas ?? 1) === 0) return -sizeOf(each);
  const before = Number(each.metadata.annotations?.[annotationNames.maxReplicas] ?? status?.replicas ?? 0);
  return before === 0 ? 0 : Math.round((sizeOf(each) * allowed) / before) - sizeOf(each);
}

export function sizeOf({ spec }: ReplicaSet): number {
  return spec.replicas ?? 1;
}

export function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0;
}
