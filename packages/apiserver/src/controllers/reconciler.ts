import { StatusError } from "@sallyport/kube";
import type { CacheEvent } from "../registry/history.ts";
import type { Controller, ControllerContext } from "./controller.ts";
import { WorkQueue } from "./work-queue.ts";

/** One resource that a controller follows. Events with neither `previous` nor a change are what was there at the start. */
export interface Followed {
  readonly group: string;
  /** `*` is all of any group: then what was there at the start is not told. */
  readonly resource: string;
  /** What must be looked at when it changes. */
  readonly keys: (event: CacheEvent) => readonly string[];
}

/** A queue as the work itself may use it. */
export type Again = Pick<WorkQueue, "add" | "addAfter">;

export interface Reconciliation {
  readonly name: string;
  readonly follows: readonly Followed[];
  /** Keys that are looked at first, whether or not there is anything. */
  readonly first?: readonly string[];
  /** Makes the world as the object of the key says; it may be asked for the same one at any time, and again. */
  readonly sync: (key: string, again: Again) => Promise<void>;
}

/** A controller that looks at an object when it or something that belongs to it changes. */
export function reconciler(
  { name, follows, first = [], sync }: Reconciliation,
  { cache, clock, onFault, observeQueue }: Pick<ControllerContext, "cache" | "clock" | "onFault" | "observeQueue">,
): Controller {
  const queue: WorkQueue = new WorkQueue(
    (key) => sync(key, queue),
    clock,
    (error) => {
      // Refusals and lost races are tried again, as any client does.
      if (!(error instanceof StatusError)) onFault(error);
    },
    observeQueue?.(name),
  );
  const ends: (() => void)[] = [];
  return {
    name,
    start: async () => {
      for (const key of first) queue.add(key);
      for (const { group, resource, keys } of follows) {
        const add = (event: CacheEvent) => {
          for (const key of readableKeys(keys, event)) queue.add(key);
        };
        ends.push(resource === "*" ? cache.follow(add) : cache.follow(add, { group, resource }));
        for (const object of cache.readable(group, resource)) {
          const { namespace = "", name: own = "" } = object.metadata;
          add({
            revision: 0,
            resource: { group, version: "", resource },
            namespace,
            name: own,
            object,
            previous: undefined,
          });
        }
      }
      await queue.idle();
    },
    stop: async () => {
      for (const end of ends) end();
      await queue.stop();
    },
  };
}

/** None while what has to be looked up for them cannot be read: that comes as an event of its own as soon as it can be. */
function readableKeys(keys: Followed["keys"], event: CacheEvent): readonly string[] {
  try {
    return keys(event);
  } catch (error) {
    if (error instanceof StatusError) return [];
    throw error;
  }
}

/** The key of the changed object itself: `namespace/name`, or the name alone. */
export function ownKey({ namespace, name }: Pick<CacheEvent, "namespace" | "name">): readonly string[] {
  return [namespace === "" ? name : `${namespace}/${name}`];
}

/** Namespace and name of a key. */
export function partsOf(key: string): readonly [namespace: string, name: string] {
  const at = key.indexOf("/");
  return at < 0 ? ["", key] : [key.slice(0, at), key.slice(at + 1)];
}
