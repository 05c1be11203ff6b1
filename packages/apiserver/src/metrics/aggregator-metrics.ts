import { Gauge, type KubeObject, type Rendered } from "@sallyport/kube";

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** The APIServices, by kube-aggregator's names. */
export class AggregatorMetrics {
  #unavailable = this.#gauge();

  #gauge(): Gauge {
    return new Gauge(
      "aggregator_unavailable_apiservice",
      "[ALPHA] Gauge of APIServices which are marked as unavailable broken down by APIService name.",
      ["name"],
    );
  }

  /** Those that there are now: one that was deleted is told of no more. */
  holds(services: readonly KubeObject[]): void {
    this.#unavailable = this.#gauge();
    for (const service of services) {
      const { conditions = [] } = (service["status"] ?? {}) as { readonly conditions?: readonly Condition[] };
      const isAvailable = conditions.some(({ type, status }) => type === "Available" && status === "True");
      this.#unavailable.set([service.metadata.name ?? ""], isAvailable ? 0 : 1);
    }
  }

  get all(): readonly Rendered[] {
    return [this.#unavailable];
  }
}
