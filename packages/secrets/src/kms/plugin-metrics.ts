import { createHash } from "node:crypto";
import { Gauge, Histogram } from "@sallyport/kube";
import type { ObservedCall } from "./observed.ts";

/** Upper bounds in seconds: a ring answers in less than a millisecond, an API server waits for three seconds. */
const bounds: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 10];

/** What a plugin has done, as Prometheus reads it. */
export class PluginMetrics {
  readonly #calls = new Histogram(
    "sallyport_kms_plugin_call_duration_seconds",
    "Time of a call of an API server.",
    ["method", "result"],
    bounds,
  );
  readonly #healthy = new Gauge("sallyport_kms_plugin_healthy", "Whether the last status was ok.");
  readonly #key = new Gauge(
    "sallyport_kms_plugin_key_info",
    "The key that seals now, by the hash that kube-apiserver's metrics have.",
    ["key_id_hash"],
  );
  #keyIdHash = "";

  tell({ method, seconds, fault, keyId }: ObservedCall): void {
    this.#calls.observe([method, fault === undefined ? "ok" : "error"], seconds);
    if (method !== "Status") return;
    this.#healthy.set([], fault === undefined ? 1 : 0);
    if (keyId === "") return;
    if (this.#keyIdHash !== "") this.#key.set([this.#keyIdHash], 0);
    this.#keyIdHash = `sha256:${createHash("sha256").update(keyId).digest("hex")}`;
    this.#key.set([this.#keyIdHash], 1);
  }

  render(): string {
    return [this.#calls, this.#healthy, this.#key].map((metric) => metric.render()).join("");
  }
}
