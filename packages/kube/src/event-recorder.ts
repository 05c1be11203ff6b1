import type { KubeObject } from "./object.ts";
import { timestampOf } from "./timestamp.ts";

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

/** Tells of an object what a person may want to see; of a part of it by the part's field path, as `spec.containers{web}`. */
export type RecordEvent = (
  object: KubeObject,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
  fieldPath?: string,
) => void;

export interface EventRecorderOptions {
  /** Writes a new event. */
  readonly create: (event: KubeObject) => Promise<KubeObject>;
  /** Changes one that was written; rejects when it is gone. */
  readonly count: (event: KubeObject, change: EventChange) => Promise<KubeObject>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly component: string;
  /** The node that the component is on, where it is on one. */
  readonly host?: string;
  /** Makes names unique. */
  readonly suffix: () => string;
}

export interface EventChange {
  readonly message: string;
  readonly count: number;
  readonly lastTimestamp: string;
}

interface Told {
  readonly object: KubeObject;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly fieldPath: string | undefined;
}

/** Writes events one after another; the same one again is counted. One that is refused is lost: nothing depends on them. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #known = new Map<string, KubeObject>();
  readonly #similar = new Map<string, Similar>();
  /** When all that an object may tell will be there again. */
  readonly #fullAt = new Map<string, number>();
  #written: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  readonly record: RecordEvent = (object, type, reason, message, fieldPath) => {
    this.#written = this.#written
      .then(() => this.#write({ object, type, reason, message, fieldPath }))
      .catch(() => {
        // Its namespace is going, or a policy forbids it.
      });
  };

  /** Resolves when all that was told is written. */
  async drained(): Promise<void> {
    await this.#written;
  }

  async #write(told: Told): Promise<void> {
    const { object, type, reason, message, fieldPath } = told;
    const shown = this.#shown([object.metadata.uid, type, reason, fieldPath].join("\n"), message);
    if (this.#isSpam([object.metadata.uid, type].join("\n"))) return;
    const key = [object.metadata.uid, type, reason, fieldPath, shown.key].join("\n");
    const known = this.#known.get(key);
    this.#known.delete(key);
    const now = timestampOf(this.#options.now());
    const event =
      (known && (await this.#again(known, shown.message, now))) ??
      (await this.#options.create(this.#eventOf({ ...told, message: shown.message }, now)));
    this.#known.set(key, event);
    bound(this.#known);
  }

  /** A message as it is told: of too many different ones the newest stands for all. */
  #shown(of: string, message: string): { readonly key: string; readonly message: string } {
    const now = this.#options.now();
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
    const now = this.#options.now();
    const fullAt = Math.max(now, this.#fullAt.get(of) ?? now) + refillMs;
    if (fullAt - now > burst * refillMs) return true;
    this.#fullAt.delete(of);
    this.#fullAt.set(of, fullAt);
    bound(this.#fullAt);
    return false;
  }

  async #again(event: KubeObject, message: string, lastTimestamp: string): Promise<KubeObject | undefined> {
    try {
      return await this.#options.count(event, { message, count: Number(event["count"] ?? 1) + 1, lastTimestamp });
    } catch {
      return undefined;
    }
  }

  #eventOf({ object, type, reason, message, fieldPath }: Told, now: string): KubeObject {
    const { apiVersion, kind, metadata } = object;
    const { component, host, suffix } = this.#options;
    const { name = "", namespace, uid, resourceVersion } = metadata;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${suffix()}`, namespace: namespace ?? "default" },
      involvedObject: {
        ...{ apiVersion, kind, name, ...(namespace && { namespace }), uid, resourceVersion },
        ...(fieldPath !== undefined && { fieldPath }),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component, ...(host !== undefined && { host }) },
      reportingComponent: component,
      ...(host !== undefined && { reportingInstance: host }),
    };
  }
}

function bound(known: Map<string, unknown>): void {
  const [oldest] = known.keys();
  if (known.size > maxKnown && oldest !== undefined) known.delete(oldest);
}
