import type { GroupVersionResource, KubeObject } from "@sallyport/kube";
import { storageGroup } from "./keys.ts";

/** One change of an object, decoded. */
export interface CacheEvent {
  readonly revision: number;
  readonly resource: GroupVersionResource;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly previous: KubeObject | undefined;
  /** Why the object cannot be read: it is there, but who watches it has to end. Others are not told of such an event. */
  readonly fault?: string;
}

/** The first event that a reader wants, if there is one, and the position to go on from. */
export interface Step {
  readonly event: CacheEvent | undefined;
  readonly position: number;
}

export type Watched = Pick<GroupVersionResource, "group" | "resource">;

/** Events kept for watches that resume and lists at an older revision. As many as the store keeps. */
const keptEvents = 10_000;

/**
 * Stored bytes of kept events: 10,000 pods of usual size are a quarter of it. Objects may be of 1.5 MiB, and 10,000 of those
 * would be the machine's memory; decoded ones take some times their bytes.
 */
const keptBytes = 96 * 1024 * 1024;

/** What has happened lately, in order of revisions. Readers go through it at their own pace, so that none needs a queue. */
export class History {
  #events: CacheEvent[] = [];
  #sizes: number[] = [];
  #bytes = 0;
  /** How many events were forgotten. */
  #dropped = 0;
  #oldest: number;

  /** Nothing is known of what was before `oldest`. */
  constructor(oldest: number) {
    this.#oldest = oldest;
  }

  /** Where the next event will stand among all that ever were. */
  get position(): number {
    return this.#dropped + this.#events.length;
  }

  /** What lies there is known as of this revision and later ones. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Where the first event behind a revision stands; undefined when it is forgotten. */
  positionBehind(revision: number): number | undefined {
    return revision < this.#oldest ? undefined : this.#dropped + this.#firstBehind(revision);
  }

  /** The first event of a resource from a position on, if there is one, and where to go on; undefined when events from there are forgotten. */
  next(position: number, { group, resource }: Watched): Step | undefined {
    if (position < this.#dropped) return undefined;
    const owner = storageGroup(group, resource);
    for (let i = position - this.#dropped; i < this.#events.length; i++) {
      const event = this.#events[i] as CacheEvent;
      if (event.resource.resource === resource && event.resource.group === owner)
        return { event, position: this.#dropped + i + 1 };
    }
    return { event: undefined, position: this.position };
  }

  /** All events behind a revision that is not forgotten, the newest first. */
  *backTo(revision: number): Iterable<CacheEvent> {
    for (let i = this.#events.length - 1; i >= 0; i--) {
      const event = this.#events[i] as CacheEvent;
      if (event.revision <= revision) return;
      yield event;
    }
  }

  /** Adds the newest event, whose object is stored in so many bytes. What is too old is forgotten in one go, now and then. */
  add(event: CacheEvent, bytes: number): void {
    this.#events.push(event);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    if (this.#events.length > keptEvents * 2) this.#forget(this.#events.length - keptEvents);
    if (this.#bytes > keptBytes) this.#forget(this.#countOver(keptBytes / 2));
  }

  /** How many of the oldest have to go so that no more than so many bytes stay. */
  #countOver(bytes: number): number {
    let [count, left] = [0, this.#bytes];
    while (left > bytes) left -= this.#sizes[count++] as number;
    return count;
  }

  #forget(count: number): void {
    this.#oldest = this.#events[count - 1]?.revision ?? this.#oldest;
    this.#dropped += count;
    for (let i = 0; i < count; i++) this.#bytes -= this.#sizes[i] as number;
    this.#events = this.#events.slice(count);
    this.#sizes = this.#sizes.slice(count);
  }

  /** Events are ordered by revision. */
  #firstBehind(revision: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as CacheEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
