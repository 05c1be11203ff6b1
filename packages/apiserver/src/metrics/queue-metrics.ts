import { Counter, Gauge, Histogram, type Rendered } from "@sallyport/kube";
import type { QueueObserver } from "../controllers/work-queue.ts";

/** client-go's 12 buckets from ten nanoseconds on, each ten times as wide. */
const seconds = Array.from({ length: 12 }, (_, i) => Number(`1e${i - 8}`));

interface Running {
  readonly name: string;
  readonly since: number;
}

/** The queues of controllers, by client-go's names. */
export class QueueMetrics {
  readonly #adds = new Counter("workqueue_adds_total", "[BETA] Total number of adds handled by workqueue", ["name"]);
  readonly #depth = new Gauge("workqueue_depth", "[BETA] Current depth of workqueue", ["name"]);
  readonly #longest = new Gauge(
    "workqueue_longest_running_processor_seconds",
    "[BETA] How many seconds has the longest running processor for workqueue been running.",
    ["name"],
  );
  readonly #waits = new Histogram(
    "workqueue_queue_duration_seconds",
    "[BETA] How long in seconds an item stays in workqueue before being requested.",
    ["name"],
    seconds,
  );
  readonly #retries = new Counter("workqueue_retries_total", "[BETA] Total number of retries handled by workqueue", [
    "name",
  ]);
  readonly #unfinished = new Gauge(
    "workqueue_unfinished_work_seconds",
    "[BETA] How many seconds of work has done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
    ["name"],
  );
  readonly #works = new Histogram(
    "workqueue_work_duration_seconds",
    "[BETA] How long in seconds processing an item from workqueue takes.",
    ["name"],
    seconds,
  );
  readonly #running = new Map<symbol, Running>();

  /** What the queue of one controller tells. */
  observerOf(name: string): QueueObserver {
    const labels = [name];
    for (const metric of [this.#adds, this.#depth, this.#retries, this.#longest, this.#unfinished])
      metric.add(labels, 0);
    const [waited, worked] = [this.#waits.observer(labels), this.#works.observer(labels)];
    return {
      added: () => {
        this.#adds.add(labels);
        this.#depth.add(labels);
      },
      began: (waitedMs) => {
        this.#depth.add(labels, -1);
        waited(waitedMs / 1000);
        const [work, since] = [Symbol(name), performance.now()];
        this.#running.set(work, { name, since });
        return () => {
          this.#running.delete(work);
          worked((performance.now() - since) / 1000);
        };
      },
      dropped: (count) => this.#depth.add(labels, -count),
      retried: () => this.#retries.add(labels),
    };
  }

  /** As of now. */
  get all(): readonly Rendered[] {
    const now = performance.now();
    const sums = new Map<string, number[]>();
    for (const { name, since } of this.#running.values())
      sums.set(name, [...(sums.get(name) ?? []), (now - since) / 1000]);
    for (const metric of [this.#longest, this.#unfinished]) metric.setAll(0);
    for (const [name, times] of sums) {
      this.#longest.set([name], Math.max(...times));
      this.#unfinished.set(
        [name],
        times.reduce((sum, each) => sum + each, 0),
      );
    }
    return [this.#adds, this.#depth, this.#longest, this.#waits, this.#retries, this.#unfinished, this.#works];
  }
}
