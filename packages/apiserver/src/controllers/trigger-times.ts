import type { KubeObject } from "@sallyport/kube";
import { findCondition } from "./conditions.ts";
import type { Pod } from "./pods.ts";

/** Tells when that happened for which endpoints are as they are: proxies measure by it how long they take. */
export const triggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

interface Seen {
  readonly service: string;
  readonly pods: ReadonlyMap<string, string>;
}

/** What each Service was last seen with: the oldest change since then is what its endpoints are written for. */
export class TriggerTimes {
  readonly #seen = new Map<string, Seen>();

  /** A time of RFC 3339, of the service itself when it was not seen before; undefined when nothing with a time has changed. */
  next(service: KubeObject, pods: readonly Pod[]): string | undefined {
    const { namespace, name } = service.metadata;
    const creationTimestamp = service.metadata.creationTimestamp ?? "";
    const key = `${namespace}/${name}`;
    const before = this.#seen.get(key);
    const times = new Map(pods.map((pod) => [pod.metadata.name ?? "", readyAt(pod)]));
    this.#seen.set(key, { service: creationTimestamp, pods: times });
    if (before === undefined) return creationTimestamp;
    const changed = [...times].filter(([pod, time]) => time > (before.pods.get(pod) ?? "")).map(([, time]) => time);
    if (creationTimestamp > before.service) changed.push(creationTimestamp);
    return changed.toSorted()[0];
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}

function readyAt({ status }: Pod): string {
  return findCondition(status?.conditions, "Ready")?.lastTransitionTime ?? "";
}

/** Annotations with this time, or without any. */
export function withTrigger(
  { [triggerTime]: _, ...others }: { readonly [name: string]: string },
  time: string | undefined,
): { readonly [name: string]: string } | undefined {
  const annotations = time === undefined ? others : { ...others, [triggerTime]: time };
  return Object.keys(annotations).length === 0 ? undefined : annotations;
}
