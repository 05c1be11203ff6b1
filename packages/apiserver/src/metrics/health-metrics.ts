import { Counter, Gauge, type Rendered } from "@sallyport/kube";

/** What came of the checks of `/healthz`, `/livez` and `/readyz`, as `/metrics/slis` tells it. */
export class HealthMetrics {
  readonly #last = new Gauge(
    "kubernetes_healthcheck",
    "[STABLE] This metric records the result of a single healthcheck.",
    ["name", "type"],
  );
  readonly #total = new Counter(
    "kubernetes_healthchecks_total",
    "[STABLE] This metric records the results of all healthcheck.",
    ["name", "status", "type"],
  );
  readonly #started = new Gauge(
    "process_start_time_seconds",
    "[ALPHA] Start time of the process since unix epoch in seconds.",
  );

  /** Somebody asked for all checks of a kind. */
  checked(kind: string, faults: ReadonlyMap<string, string | undefined>): void {
    for (const [name, fault] of faults) {
      this.#last.set([name, kind], fault === undefined ? 1 : 0);
      this.#total.add([name, fault === undefined ? "success" : "error", kind]);
    }
  }

  /** What `/metrics/slis` answers. */
  text(startTimeSeconds: number | undefined): string {
    if (startTimeSeconds !== undefined) this.#started.set([], startTimeSeconds);
    return this.all.map((each) => each.render()).join("");
  }

  get all(): readonly Rendered[] {
    return [this.#last, this.#total, this.#started];
  }
}
