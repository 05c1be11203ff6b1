/** Seconds; an audit that takes minutes is no surprise. Gatekeeper's. */
const bounds = [1, 3, 5, 10, 15, 20, 40, 80, 160, 320].map((minutes) => minutes * 60);

const actions = ["deny", "dryrun", "scoped", "warn", "unrecognized"] as const;

/** Audits as Prometheus reads them, by Gatekeeper's names. https://open-policy-agent.github.io/gatekeeper/website/docs/metrics */
export class AuditMetrics {
  readonly #buckets = bounds.map(() => 0);
  #sum = 0;
  #count = 0;
  #began: number | undefined;
  #ended: number | undefined;
  #violations: ReadonlyMap<string, number> = new Map();

  /** Milliseconds since the epoch. */
  began(at: number): void {
    this.#began = at;
  }

  /** With the violations that were found, by enforcement action. */
  ended(at: number, violations: ReadonlyMap<string, number>): void {
    const seconds = (at - (this.#began ?? at)) / 1000;
    this.#ended = at;
    this.#violations = violations;
    this.#sum += seconds;
    this.#count++;
    for (const [i, bound] of bounds.entries()) if (seconds <= bound) this.#buckets[i] = (this.#buckets[i] ?? 0) + 1;
  }

  render(): string {
    const duration = "gatekeeper_audit_duration_seconds";
    return `${[
      "# HELP gatekeeper_violations Violations that the last audit has found.",
      "# TYPE gatekeeper_violations gauge",
      ...actions.map((action) => `gatekeeper_violations{enforcement_action="${action}"} ${this.#of(action)}`),
      `# HELP ${duration} Time of an audit.`,
      `# TYPE ${duration} histogram`,
      ...bounds.map((bound, i) => `${duration}_bucket{le="${bound}"} ${this.#buckets[i]}`),
      `${duration}_bucket{le="+Inf"} ${this.#count}`,
      `${duration}_sum ${this.#sum}`,
      `${duration}_count ${this.#count}`,
      ...timeLines("gatekeeper_audit_last_run_time", "When the last audit began.", this.#began),
      ...timeLines("gatekeeper_audit_last_run_end_time", "When the last audit ended.", this.#ended),
    ].join("\n")}\n`;
  }

  #of(action: (typeof actions)[number]): number {
    if (action !== "unrecognized") return this.#violations.get(action) ?? 0;
    const known: readonly string[] = actions;
    return [...this.#violations].reduce((sum, [name, count]) => (known.includes(name) ? sum : sum + count), 0);
  }
}

/** Seconds since the epoch; nothing before the first time. */
function timeLines(name: string, help: string, at: number | undefined): readonly string[] {
  if (at === undefined) return [];
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${at / 1000}`];
}
