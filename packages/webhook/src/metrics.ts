import { Counter, Gauge, Histogram } from "@sallyport/kube";

/** Upper bounds in seconds. */
const bounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a webhook server has done, as Prometheus reads it. */
export class Metrics {
  readonly #reviews = new Histogram(
    "sallyport_webhook_review_duration_seconds",
    "Time from the whole body to the answer.",
    ["phase", "operation", "allowed"],
    bounds,
  );
  readonly #refused = new Counter(
    "sallyport_webhook_refused_total",
    "Requests that were no review that could be answered.",
    ["code"],
  );
  readonly #ready = new Gauge("sallyport_webhook_ready", "Whether reviews are answered.");

  review(phase: string, operation: string, allowed: boolean, seconds: number): void {
    this.#reviews.observe([phase, operation, String(allowed)], seconds);
  }

  /** A body that was no review, by its HTTP code. */
  refused(code: number): void {
    this.#refused.add([String(code)]);
  }

  render(ready: boolean): string {
    this.#ready.set([], ready ? 1 : 0);
    return [this.#reviews, this.#refused, this.#ready].map((metric) => metric.renderAlways()).join("");
  }
}
