import type { KubeObject } from "@sallyport/kube";
import { timestampOf } from "../timestamp.ts";
import type { Client } from "./client.ts";
import type { Clock } from "./work-queue.ts";

/** How many events are known by what they say, to be counted instead of written again; client-go's limit. */
const maxKnown = 4096;

/** So many different messages of one reason are told; those that follow within the time are told as one, with the newest message. client-go's limits. */
const maxSimilar = 10;
const similarMs = 600_000;

/** Of one object so many events are taken at once, and another one each five minutes. client-go's limits. */
const burst = 25;
const refillMs = 300_000;

interface Similar {
  readonly messages: Set<string>;
  at: number;
}

/** Tells of an object what a person may want to see. */
export type Record = (object: KubeObject, type: "Normal" | "Warning", reason: string, message: string) => void;

/** Writes events one after another; the same one again is counted. One that is refused is lost: nothing depends on them. */
export class EventRecorder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #component: string;
  readonly #suffix: () => string;
  readonly #known = new Map<string, KubeObject>();
  readonly #similar = new Map<string, Similar>();
  /** When all that an object may tell will be there again. */
  readonly #fullAt = new Map<string, number>();
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
    const shown = this.#shown([object.metadata.uid, type, reason].join("\n"), message);
    if (this.#isSpam([object.metadata.uid, type].join("\n"))) return;
    const key = [object.metadata.uid, type, reason, shown.key].join("\n");
    const known = this.#known.get(key);
    this.#known.delete(key);
    const now = timestampOf(this.#clock.now());
    const event =
      (known && (await this.#again(known, shown.message, now))) ??
      (await this.#client.create(this.#eventOf(object, type, reason, shown.message, now)));
    this.#known.set(key, event);
    bound(this.#known);
  }

  /** A message as it is told: of too many different ones the newest stands for all. */
  #shown(of: string, message: string): { readonly key: string; readonly message: string } {
    const now = this.#clock.now();
    const known = this.#similar.get(of);
    const similar =
      known === undefined || now - known.at > similarMs ? { messages: new Set<string>(), at: now } : known;
    similar.messages.add(message);
    similar.at = now;
    this.#similar.delete(of);
    this.#similar.set(of, similar);
    bound(this.#similar);
    if (similar.messages.size < maxSimilar) return { key: message, message };
    const [any] = similar.messages;
    similar.messages.delete(any as string);
    return { key: "", message: `(combined from similar events): ${message}` };
  }

  #isSpam(of: string): boolean {
    const now = this.#clock.now();
    const fullAt = Math.max(now, this.#fullAt.get(of) ?? now) + refillMs;
    if (fullAt - now > burst * refillMs) return true;
    this.#fullAt.delete(of);
    this.#fullAt.set(of, fullAt);
    bound(this.#fullAt);
    return false;
  }

  async #again(event: KubeObject, message: string, lastTimestamp: string): Promise<KubeObject | undefined> {
    try {
      return await this.#client.update(event, (fresh) => ({
        ...fresh,
        message,
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

function bound(known: Map<string, unknown>): void {
  const [oldest] = known.keys();
  if (known.size > maxKnown && oldest !== undefined) known.delete(oldest);
}
