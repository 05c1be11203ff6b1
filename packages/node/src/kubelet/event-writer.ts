import type { Client } from "@sallyport/cluster";
import type { KubeletClock, Tell } from "./context.ts";
import type { Pod } from "./pod.ts";
import { secondsOf } from "./times.ts";

interface Told {
  readonly name: string;
  count: number;
}

/** So many are known, to be counted instead of written again. */
const maxKnown = 4096;
/** Of one pod so many are written at once, and another one each so many milliseconds. client-go's limits. */
const [burst, refillMs] = [25, 300_000];

export interface EventWriterOptions {
  readonly client: Client;
  readonly clock: KubeletClock;
  readonly node: string;
  /** Makes names of events unique. */
  readonly suffix: () => string;
}

/** Writes events of pods one after another; the same one again is counted. One that is refused is lost: nothing depends on them. */
export class EventWriter {
  readonly #options: EventWriterOptions;
  readonly #known = new Map<string, Told>();
  readonly #fullAt = new Map<string, number>();
  #written: Promise<void> = Promise.resolve();

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  readonly tell: Tell = (pod, type, reason, message, fieldPath) => {
    const event = { pod, type, reason, message, fieldPath };
    this.#written = this.#written.then(() => this.#write(event)).catch(() => {});
  };

  /** Resolves when all that was told is written. */
  async drained(): Promise<void> {
    await this.#written;
  }

  async #write(event: EventText): Promise<void> {
    const { pod, type, reason, message, fieldPath = "" } = event;
    if (this.#isSpam(`${pod.metadata.uid}/${type}`)) return;
    const key = [pod.metadata.uid, type, reason, message, fieldPath].join("\n");
    const known = this.#known.get(key);
    if (known !== undefined && (await this.#again(pod, known))) return;
    const name = `${pod.metadata.name}.${this.#options.suffix()}`;
    await this.#options.client.ask(pathOf(pod), { method: "POST", body: this.#eventOf(event, name) });
    this.#known.delete(key);
    this.#known.set(key, { name, count: 1 });
    bound(this.#known);
  }

  async #again(pod: Pod, known: Told): Promise<boolean> {
    known.count += 1;
    const body = { count: known.count, lastTimestamp: secondsOf(this.#options.clock.now()) };
    const call = { method: "PATCH", body, type: "application/merge-patch+json" };
    return this.#options.client.ask(`${pathOf(pod)}/${known.name}`, call).then(
      () => true,
      () => false,
    );
  }

  #isSpam(of: string): boolean {
    const now = this.#options.clock.now();
    const fullAt = Math.max(now, this.#fullAt.get(of) ?? now) + refillMs;
    if (fullAt - now > burst * refillMs) return true;
    this.#fullAt.delete(of);
    this.#fullAt.set(of, fullAt);
    bound(this.#fullAt);
    return false;
  }

  #eventOf({ pod, type, reason, message, fieldPath }: EventText, name: string): object {
    const { apiVersion, kind, metadata } = pod;
    const { uid, resourceVersion, namespace } = metadata;
    const now = secondsOf(this.#options.clock.now());
    const component = "kubelet";
    const host = this.#options.node;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace },
      involvedObject: {
        ...{ apiVersion, kind, name: metadata.name, namespace, uid, resourceVersion },
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component, host },
      reportingComponent: component,
      reportingInstance: host,
    };
  }
}

interface EventText {
  readonly pod: Pod;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly fieldPath: string | undefined;
}

function pathOf({ metadata: { namespace = "" } }: Pod): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
}

function bound(known: Map<string, unknown>): void {
  const [oldest] = known.keys();
  if (known.size > maxKnown && oldest !== undefined) known.delete(oldest);
}
