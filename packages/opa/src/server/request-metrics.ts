import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Upper bounds in seconds, as OPA's. */
const bounds = [1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 0.01, 0.1, 1];

/** Durations of requests by OPA's names, and what Node tells of its process. https://www.openpolicyagent.org/docs/monitoring#prometheus */
export class RequestMetrics {
  readonly #registry = new Registry();
  readonly #durations: Histogram<"code" | "handler" | "method">;

  constructor(version: string, buckets: readonly number[] = bounds) {
    this.#durations = new Histogram({
      name: "http_request_duration_seconds",
      help: "A histogram of duration for requests.",
      labelNames: ["code", "handler", "method"],
      buckets: [...buckets],
      registers: [this.#registry],
    });
    const info = new Gauge({
      name: "opa_info",
      help: "Information about the environment.",
      labelNames: ["version"],
      registers: [this.#registry],
    });
    info.set({ version }, 1);
    collectDefaultMetrics({ register: this.#registry });
  }

  observe(handler: string, method: string, code: number, seconds: number): void {
    this.#durations.observe({ code, handler, method: method.toLowerCase() }, seconds);
  }

  /** Where others add what they count. */
  get registry(): Registry {
    return this.#registry;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
