/** The time as controllers feel it: tests turn it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls later, unless what it answers is called before. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
}

/** Told of what a queue does. */
export interface QueueObserver {
  readonly added: () => void;
  /** Work on a key begins that waited so long, in milliseconds. Answers what is to be called at its end. */
  readonly began: (waitedMs: number) => () => void;
  /** So many keys will not be worked on. */
  readonly dropped: (count: number) => void;
  readonly retried: () => void;
}

const silent: QueueObserver = { added: () => {}, began: () => () => {}, dropped: () => {}, retried: () => {} };

/** How long after a first failure, doubled by each further one, up to the longest: client-go's default rate limiter. */
const firstRetryMs = 5;
const longestRetryMs = 1_000_000;

/** setTimeout fires at once when asked for more. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Keys to be worked on, one after another: a key that is added while it waits is worked on once, one that is added while it is being
 * worked on once more. Work that throws is tried again later, with growing pauses.
 */
export class WorkQueue {
  readonly #work: (key: string) => Promise<void>;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown, key: string) => void;
  readonly #observer: QueueObserver;
  /** Keys, and when each was added. */
  readonly #waiting = new Map<string, number>();
  readonly #timers = new Map<string, { readonly at: number; readonly cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    work: (key: string) => Promise<void>,
    clock: Clock,
    onFailure: (error: unknown, key: string) => void = () => {},
    observer: QueueObserver = silent,
  ) {
    this.#observer = observer;
    this.#work = work;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  add(key: string): void {
    if (this.#isStopped) return;
    if (!this.#waiting.has(key)) {
      this.#waiting.set(key, performance.now());
      this.#observer.added();
    }
    this.#running ??= this.#run();
  }

  /** Adds it then, unless it is to be added earlier anyway. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#isStopped) return;
    const at = this.#clock.now() + milliseconds;
    const timer = this.#timers.get(key);
    if (timer !== undefined && timer.at <= at) return;
    timer?.cancel();
    const cancel = this.#clock.after(Math.min(milliseconds, longestTimerMs), () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { at, cancel });
  }

  /** Resolves when nothing waits; what is to be added later is not waited for. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Resolves when the work at hand is done; what waits stays undone. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#observer.dropped(this.#waiting.size);
    this.#waiting.clear();
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    await this.#running;
  }

  async #run(): Promise<void> {
    // Not within the event that led here: the store is still telling others of it.
    await new Promise((resolve) => setImmediate(resolve));
    for (const [key, since] of this.#waiting) {
      this.#waiting.delete(key);
      const ended = this.#observer.began(performance.now() - since);
      await this.#attempt(key).finally(ended);
    }
    this.#running = undefined;
  }

  async #attempt(key: string): Promise<void> {
    try {
      await this.#work(key);
      this.#failures.delete(key);
    } catch (error) {
      if (this.#isStopped) return;
      this.#onFailure(error, key);
      this.#observer.retried();
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      this.addAfter(key, Math.min(firstRetryMs * 2 ** failures, longestRetryMs));
    }
  }
}
