import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { BundleStatus } from "../bundle-status.ts";
import { bundleFault } from "../bundle-status.ts";
import type { DecisionCounter } from "../decisions/decision-log.ts";
import type { PluginState } from "../plugin.ts";

/** OPA's upper bounds of durations, in nanoseconds. */
const bounds = Array.from({ length: 20 }, (_, i) => 1000 * 2 ** i);

/** What the status tells, for Prometheus: `status.prometheus`. https://www.openpolicyagent.org/docs/monitoring#prometheus */
export class StatusMetrics {
  readonly #registry: Registry;
  readonly #loaded: Counter<"name">;
  readonly #failed: Counter<"name" | "code" | "message">;
  readonly #durations: Histogram<"name" | "stage">;
  readonly #states: Gauge<"name" | "status">;
  readonly #times: { readonly [name in keyof typeof times]: Gauge };
  readonly #lost = new Map<DecisionCounter, number>();
  readonly #counters: { readonly [name in DecisionCounter]: Counter };

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registry = registry;
    this.#loaded = new Counter({
      name: "bundle_loaded_counter",
      help: "Counter for the bundle loaded.",
      labelNames: ["name"],
      registers,
    });
    this.#failed = new Counter({
      name: "bundle_failed_load_counter",
      help: "Counter for the failed bundle load.",
      labelNames: ["name", "code", "message"],
      registers,
    });
    this.#durations = new Histogram({
      name: "bundle_loading_duration_ns",
      help: "Histogram for the bundle loading duration by stage.",
      labelNames: ["name", "stage"],
      buckets: bounds,
      registers,
    });
    this.#states = new Gauge({
      name: "plugin_status_gauge",
      help: "Gauge for the plugin by status.",
      labelNames: ["name", "status"],
      registers,
    });
    const gauge = (name: string, help: string, labelNames: readonly string[]) =>
      new Gauge({ name, help, labelNames: [...labelNames], registers });
    this.#times = {
      last_bundle_request: gauge("last_bundle_request", times.last_bundle_request, ["name"]),
      last_success_bundle_activation: gauge("last_success_bundle_activation", times.last_success_bundle_activation, [
        "name",
        "active_revision",
      ]),
      last_success_bundle_download: gauge("last_success_bundle_download", times.last_success_bundle_download, ["name"]),
      last_success_bundle_request: gauge("last_success_bundle_request", times.last_success_bundle_request, ["name"]),
    };
    const counter = (name: DecisionCounter, help: string) => new Counter({ name, help, registers });
    this.#counters = {
      decision_logs_dropped_buffer_size_limit_exceeded: counter(
        "decision_logs_dropped_buffer_size_limit_exceeded",
        "Counter for decisions dropped because the buffer was full.",
      ),
      decision_logs_dropped_rate_limit_exceeded: counter(
        "decision_logs_dropped_rate_limit_exceeded",
        "Counter for decisions dropped because of the rate limit.",
      ),
      decision_logs_encoding_failure: counter(
        "decision_logs_encoding_failure",
        "Counter for decisions that were too long for an upload.",
      ),
      decision_logs_nd_builtin_cache_dropped: counter(
        "decision_logs_nd_builtin_cache_dropped",
        "Counter for decisions sent without their nd_builtin_cache.",
      ),
    };
  }

  bundle(status: BundleStatus): void {
    const { name, revision, error, activated, downloaded, succeeded, requested, requestMs } = status;
    if (error === undefined) this.#loaded.inc({ name });
    else this.#failed.inc({ name, code: "bundle_error", message: bundleFault(error) });
    this.#durations.observe({ name, stage: "timer_bundle_request_ns" }, Math.round(requestMs * 1e6));
    const put = (gauge: Gauge, labels: { readonly [label: string]: string }, time: string | undefined) => {
      if (time !== undefined) gauge.set(labels, Date.parse(time) * 1e6);
    };
    put(this.#times.last_bundle_request, { name }, requested);
    put(this.#times.last_success_bundle_activation, { name, active_revision: revision }, activated);
    put(this.#times.last_success_bundle_download, { name }, downloaded);
    put(this.#times.last_success_bundle_request, { name }, succeeded);
  }

  plugins(states: { readonly [plugin: string]: PluginState }): void {
    this.#states.reset();
    for (const [name, status] of Object.entries(states)) this.#states.set({ name, status }, 1);
  }

  /** `counts`: so many until now. */
  decisions(counts: ReadonlyMap<DecisionCounter, number>): void {
    for (const [name, count] of counts) {
      this.#counters[name].inc(Math.max(0, count - (this.#lost.get(name) ?? 0)));
      this.#lost.set(name, count);
    }
  }

  /** Another configuration may make its own. */
  remove(): void {
    const names = [...Object.keys(times), ...Object.keys(this.#counters)];
    const others = [
      "bundle_loaded_counter",
      "bundle_failed_load_counter",
      "bundle_loading_duration_ns",
      "plugin_status_gauge",
    ];
    for (const name of [...names, ...others]) this.#registry.removeSingleMetric(name);
  }
}

const times = {
  last_bundle_request: "Gauge for the last bundle request.",
  last_success_bundle_activation: "Gauge for the last success bundle activation.",
  last_success_bundle_download: "Gauge for the last success bundle download.",
  last_success_bundle_request: "Gauge for the last success bundle request.",
} as const;
