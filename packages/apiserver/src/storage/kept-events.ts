import type { StoreEvent } from "./store.ts";

/** How many events stay for watchers that resume. kube-apiserver's watch cache keeps some thousands as well. */
export const keptEvents = 10_000;

/**
 * Bytes of values that kept events hold: 10,000 pods of usual size are a quarter of it. Values may be of 1.5 MiB, and 10,000 of those would be
 * the machine's memory.
 */
const keptBytes = 96 * 1024 * 1024;

/** The newest events of a store, in order of revisions. What is too old is forgotten in one go, now and then. */
export class KeptEvents {
  #events: StoreEvent[] = [];
  #bytes = 0;
  #compacted: number;

  /** Nothing is known of what was up to `compacted`. */
  constructor(compacted: number) {
    this.#compacted = compacted;
  }

  /** All events behind this revision are here. */
  get compacted(): number {
    return this.#compacted;
  }

  add(event: StoreEvent): void {
    this.#events.push(event);
    this.#bytes += bytesOf(event);
    if (this.#events.length > keptEvents * 2) this.#forgetFirst(this.#events.length - keptEvents);
    if (this.#bytes > keptBytes) this.#forgetFirst(this.#countOver(keptBytes / 2));
  }

  /** Those behind a revision that is not forgotten, the oldest first. */
  behind(revision: number): readonly StoreEvent[] {
    const first = this.#events.findIndex((event) => event.revision > revision);
    return first < 0 ? [] : this.#events.slice(first);
  }

  /** Forgets what was up to a revision. */
  forget(revision: number): void {
    this.#events = this.#events.filter((event) => event.revision > revision);
    this.#bytes = this.#events.reduce((sum, event) => sum + bytesOf(event), 0);
    this.#compacted = Math.max(this.#compacted, revision);
  }

  #forgetFirst(count: number): void {
    // Events of one revision, as other writers of an etcd make them, go together.
    if (count > 0) this.forget((this.#events[count - 1] as StoreEvent).revision);
  }

  /** How many of the oldest have to go so that no more than so many bytes stay. */
  #countOver(bytes: number): number {
    let [count, left] = [0, this.#bytes];
    while (left > bytes) left -= bytesOf(this.#events[count++] as StoreEvent);
    return count;
  }
}

/** What one event wrote is what the next one of its key replaced: it is there once. */
function bytesOf({ value, previous }: StoreEvent): number {
  return Math.max(value?.value.length ?? 0, previous?.value.length ?? 0);
}
