import { Counter, Gauge, Histogram } from "@sallyport/kube";

/** Seconds; Gatekeeper's. */
const templateBounds: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((cs) => cs / 100),
  ...[0.1, 0.2, 0.3, 0.4, 0.5, 1, 2, 3, 4, 5],
];
const mutatorBounds: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((ms) => ms / 1000),
  ...[0.01, 0.02, 0.03, 0.04, 0.05],
];
const syncBounds: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenths) => tenths / 10_000),
  ...[0.001, 0.002, 0.003, 0.004, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05],
];
/** Rounds of mutators. */
const roundBounds: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50, 100, 200, 500];

/** What is so now. */
export interface PolicyState {
  /** Mutators that do not agree with others. */
  readonly conflictingMutators: number;
  readonly celTemplates: number;
  /** Objects that are replicated, by kind. */
  readonly replicated: ReadonlyMap<string, number>;
  /** Kinds that are to be replicated, whether or not there are objects of them. */
  readonly wantedKinds: number;
  /** Requests to Providers that came to nothing, so far. */
  readonly providerErrors: number;
}

/** What becomes of Gatekeeper's objects as they come, by its names. https://open-policy-agent.github.io/gatekeeper/website/docs/metrics */
export class PolicyMetrics {
  readonly #templates = ingestion("constraint_template", "Templates", templateBounds);
  readonly #mutators = ingestion("mutator", "Mutators", mutatorBounds);
  readonly #rounds = new Histogram(
    "gatekeeper_mutation_system_iterations",
    "Rounds of mutators until nothing changed, or until they were given up.",
    ["success"],
    roundBounds,
  );
  readonly #syncSeconds = new Histogram("gatekeeper_sync_duration_seconds", "Time to replicate.", [], syncBounds);
  readonly #lastSync = new Gauge("gatekeeper_sync_last_run_time", "When something was replicated last; seconds.");

  /** A template or a mutator came, and is in force or not. */
  ingested(what: "template" | "mutator", isActive: boolean, seconds: number): void {
    const { count, duration } = what === "template" ? this.#templates : this.#mutators;
    const status = [isActive ? "active" : "error"];
    count.add(status);
    duration.observe(status, seconds);
  }

  /** An object was mutated. */
  mutated(isSettled: boolean, rounds: number): void {
    this.#rounds.observe([String(isSettled)], rounds);
  }

  /** An object was replicated, or is no longer; `at` in seconds since the epoch. */
  synced(seconds: number, at: number): void {
    this.#syncSeconds.observe([], seconds);
    this.#lastSync.set([], at);
  }

  render(state: PolicyState): string {
    const synced = new Gauge("gatekeeper_sync", "Objects that are replicated.", ["kind", "status"]);
    for (const [kind, count] of state.replicated) synced.set([kind, "active"], count);
    const providerErrors = new Counter("gatekeeper_provider_error_count_total", "Providers that did not answer.");
    providerErrors.add([], state.providerErrors);
    return [
      ...[this.#templates, this.#mutators].flatMap(({ count, duration }) => [count, duration]),
      this.#rounds,
      number("mutator_conflicting_count", "Mutators that do not agree with others.", state.conflictingMutators),
      number("constraint_templates_with_cel", "Templates that are asked in CEL.", state.celTemplates),
      synced,
      this.#syncSeconds,
      this.#lastSync,
      number("watch_manager_watched_gvk", "Kinds of objects that are replicated.", state.replicated.size),
      number("watch_manager_intended_watch_gvk", "Kinds that are to be replicated.", state.wantedKinds),
      providerErrors,
    ]
      .map((metric) => metric.renderAlways())
      .join("");
  }
}

function ingestion(name: string, what: string, bounds: readonly number[]) {
  return {
    count: new Counter(`gatekeeper_${name}_ingestion_count_total`, `${what} that came.`, ["status"]),
    duration: new Histogram(
      `gatekeeper_${name}_ingestion_duration_seconds`,
      "Time until they were in force.",
      ["status"],
      bounds,
    ),
  };
}

function number(name: string, help: string, value: number): Gauge {
  const made = new Gauge(`gatekeeper_${name}`, help);
  made.set([], value);
  return made;
}
