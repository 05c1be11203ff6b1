import { Counter, Histogram, type Rendered } from "@sallyport/kube";
import type { Converted } from "../custom/conversion.ts";
import type { RulesObserver } from "../custom/rules.ts";

/** Prometheus' own buckets, for who names none. */
const usual = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const called = ["failure_type", "result"];

/** Custom resources: the rules of their schemas, and webhooks that convert them, by kube-apiserver's names. */
export class CustomMetrics implements RulesObserver {
  readonly #compiled = new Histogram(
    "apiserver_cel_compilation_duration_seconds",
    "[BETA] CEL compilation time in seconds.",
    [],
    usual,
  );
  readonly #evaluated = new Histogram(
    "apiserver_cel_evaluation_duration_seconds",
    "[BETA] CEL evaluation time in seconds.",
    [],
    usual,
  );
  readonly #calls = new Counter(
    "apiserver_conversion_webhook_request_total",
    "[ALPHA] Counter for conversion webhook requests with success/failure and failure error type",
    called,
  );
  readonly #took = new Histogram(
    "apiserver_conversion_webhook_duration_seconds",
    "[ALPHA] Conversion webhook request latency",
    called,
    [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60],
  );
  readonly #converted = new Histogram(
    "apiserver_crd_conversion_webhook_duration_seconds",
    "[ALPHA] CRD webhook conversion duration in seconds",
    ["crd_name", "from_version", "succeeded", "to_version"],
    Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i),
  );

  constructor() {
    for (const histogram of [this.#compiled, this.#evaluated]) histogram.observer([]);
  }

  /** The rules of one place in a schema were made ready. */
  readonly compiled = (seconds: number): void => this.#compiled.observe([], seconds);

  /** They were asked of one value. */
  readonly evaluated = (seconds: number): void => this.#evaluated.observe([], seconds);

  converted({ definition, from, to, seconds, fault }: Converted): void {
    const labels = [fault, fault === "" ? "success" : "failure"];
    this.#calls.add(labels);
    this.#took.observe(labels, seconds);
    this.#converted.observe([definition, from, String(fault === ""), to], seconds);
  }

  get all(): readonly Rendered[] {
    return [this.#compiled, this.#evaluated, this.#calls, this.#took, this.#converted];
  }
}
