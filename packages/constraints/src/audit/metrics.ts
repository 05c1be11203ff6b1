import { Gauge, Histogram } from "@sallyport/kube";

/** Seconds; an audit that takes minutes is no surprise. Gatekeeper's. */
const bounds = [1, 3, 5, 10, 15, 20, 40, 80, 160, 320].map((minutes) => minutes * 60);

const actions = ["deny", "dryrun", "scoped", "warn", "unrecognized"] as const;

/** Audits as Prometheus reads them, by Gatekeeper's names. https://open-policy-agent.github.io/gatekeeper/website/docs/metrics */
export class AuditMetrics {
  readonly #violations = new Gauge("gatekeeper_violations", "Violations that the last audit has found.", [
    "enforcement_action",
  ]);
  readonly #durations = new Histogram("gatekeeper_audit_duration_seconds", "Time of an audit.", [], bounds);
  readonly #lastBegin = new Gauge("gatekeeper_audit_last_run_time", "When the last audit began.");
  readonly #lastEnd = new Gauge("gatekeeper_audit_last_run_end_time", "When the last audit ended.");
  readonly #observe = this.#durations.observer([]);
  #began: number | undefined;

  constructor() {
    for (const action of actions) this.#violations.set([action], 0);
  }

  /** Milliseconds since the epoch. */
  began(at: number): void {
    this.#began = at;
    this.#lastBegin.set([], at / 1000);
  }

  /** With the violations that were found, by enforcement action. */
  ended(at: number, violations: ReadonlyMap<string, number>): void {
    this.#lastEnd.set([], at / 1000);
    this.#observe((at - (this.#began ?? at)) / 1000);
    this.#violations.setAll(0);
    const known: readonly string[] = actions;
    for (const [action, count] of violations)
      this.#violations.add([known.includes(action) ? action : "unrecognized"], count);
  }

  /** Times only once there are any. */
  render(): string {
    return [this.#violations, this.#durations, this.#lastBegin, this.#lastEnd]
      .map((metric) => metric.render())
      .join("");
  }
}
