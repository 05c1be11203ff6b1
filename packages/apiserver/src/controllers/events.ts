import type { KubeObject } from "@sallyport/kube";
import { timestampOf } from "../timestamp.ts";
import type { Client } from "./client.ts";
import type { Clock } from "./work-queue.ts";

/** How many events are known by what they say, to be counted instead of written again; client-go's limit. */
const maxKnown = 4096;

/** Tells of an object what a person may want to see. */
export type Record = (object: KubeObject, type: "Normal" | "Warning", reason: string, message: string) => void;

/** Writes events one after another; the same one again is counted. One that is refused is lost: nothing depends on them. */
export class EventRecorder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #component: string;
  readonly #suffix: () => string;
  readonly #known = new Map<string, KubeObject>();
  #written: Promise<void> = Promise.resolve();

  constructor(client: Client, clock: Clock, component: string, suffix: () => string) {
    this.#client = client;
    this.#clock = clock;
    this.#component = component;
    this.#suffix = suffix;
  }

  readonly record: Record = (object, type, reason, message) => {
    this.#written = this.#written
      .then(() => this.#write(object, type, reason, message))
      .catch(() => {
        // Its namespace is going, or a policy forbids it.
      });
  };

  /** Resolves when all that was told is written. */
  async drained(): Promise<void> {
    await this.#written;
  }

  async #write(object: KubeObject, type: string, reason: string, message: string): Promise<void> {
    const key = [object.metadata.uid, type, reason, message].join("\n");
    const known = this.#known.get(key);
    this.#known.delete(key);
    const now = timestampOf(this.#clock.now());
    const event =
      (known && (await this.#again(known, now))) ??
      (await this.#client.create(this.#eventOf(object, type, reason, message, now)));
    this.#known.set(key, event);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
  }

  async #again(event: KubeObject, lastTimestamp: string): Promise<KubeObject | undefined> {
    try {
      return await this.#client.update(event, (fresh) => ({
        ...fresh,
        count: Number(fresh["count"] ?? 1) + 1,
        lastTimestamp,
      }));
    } catch {
      return undefined;
    }
  }

  #eventOf(object: KubeObject, type: string, reason: string, message: string, now: string): KubeObject {
    const { apiVersion, kind, metadata } = object;
    const { name = "", namespace, uid, resourceVersion } = metadata;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${this.#suffix()}`, namespace: namespace ?? "default" },
      involvedObject: { apiVersion, kind, name, ...(namespace && { namespace }), uid, resourceVersion },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component: this.#component },
      reportingComponent: this.#component,
    };
  }
}
