import type { GroupVersionResource, KubeObject } from "@sallyport/kube";
import { apiVersionOf } from "@sallyport/kube";
import type { Client } from "./client.ts";
import { Reflector } from "./reflector.ts";

/** One change of what is followed. `object` is undefined when it was deleted. */
export interface FollowedChange {
  readonly resource: GroupVersionResource;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
}

export interface FollowOptions {
  readonly client: Client;
  readonly resource: GroupVersionResource;
  /** All namespaces when absent. */
  readonly namespace?: string;
  /** `spec.nodeName=a`: these alone. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** In their order; a list that was read anew tells all at once. */
  readonly onChanges: (changes: readonly FollowedChange[]) => void;
  /** Why something could not be listed or watched; it is tried again. */
  readonly onFault: (error: Error) => void;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** A resource that a reflector keeps up with; what is missing in a list anew was deleted while nobody watched, and is told as such. */
export class FollowedResource {
  readonly #options: FollowOptions;
  readonly #reflector: Reflector;
  readonly #known = new Map<string, KubeObject>();

  constructor(options: FollowOptions) {
    this.#options = options;
    const { client, resource, namespace, fieldSelector, labelSelector, onFault, random, onChanges } = options;
    const root = resource.group === "" ? "/api" : "/apis";
    const inside = namespace === undefined ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
    this.#reflector = new Reflector({
      client,
      path: `${root}/${apiVersionOf(resource)}/${inside}${resource.resource}`,
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(labelSelector !== undefined && { labelSelector }),
      onReplace: (objects) => this.#replace(objects),
      onChange: ({ type, object }) => onChanges([this.#take(object, type === "DELETED")]),
      onFault,
      random,
      sleep: sleepUnlessStopped,
    });
    void this.#reflector.run();
  }

  /** Resolves when everything was listed once. */
  get synced(): Promise<void> {
    return this.#reflector.synced;
  }

  stop(): void {
    this.#reflector.stop();
  }

  #replace(objects: readonly KubeObject[]): void {
    const now = new Set(objects.map(keyOf));
    const gone = [...this.#known].filter(([key]) => !now.has(key)).map(([, object]) => object);
    const changes = [...gone.map((each) => this.#take(each, true)), ...objects.map((each) => this.#take(each, false))];
    this.#options.onChanges(changes);
  }

  #take(object: KubeObject, isGone: boolean): FollowedChange {
    if (isGone) this.#known.delete(keyOf(object));
    else this.#known.set(keyOf(object), object);
    const { namespace = "", name = "" } = object.metadata;
    return { resource: this.#options.resource, namespace, name, object: isGone ? undefined : object };
  }
}

function keyOf({ metadata: { namespace = "", name = "" } }: KubeObject): string {
  return `${namespace}/${name}`;
}

/** Rejects when the signal ends the wait. */
export function sleepUnlessStopped(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
