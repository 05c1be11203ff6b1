import { createHash } from "node:crypto";
import { Counter, Gauge } from "@sallyport/kube";

/** Which EncryptionConfiguration is in force, and what became of those that were looked at later, by kube-apiserver's names. */
export class EncryptionConfigMetrics {
  readonly #reloads = new Counter(
    "apiserver_encryption_config_controller_automatic_reloads_total",
    "[ALPHA] Total number of reload successes and failures of encryption configuration split by apiserver identity.",
    ["apiserver_id_hash", "status"],
  );
  readonly #last = new Gauge(
    "apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds",
    "[ALPHA] Timestamp of the last successful or failed automatic reload of encryption configuration split by apiserver identity.",
    ["apiserver_id_hash", "status"],
  );
  readonly #now: () => number;
  readonly #serverIdHash: string;
  #hash = "";

  /** `now` in milliseconds since 1970; `serverIdHash` stands for this server. */
  constructor(now: () => number, serverIdHash = "") {
    this.#now = now;
    this.#serverIdHash = serverIdHash;
  }

  /** This text is in force, of which the hash alone is told: it holds keys. */
  applied(text: string): void {
    this.#hash = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  }

  reloaded(status: "success" | "failure"): void {
    this.#reloads.add([this.#serverIdHash, status]);
    this.#last.set([this.#serverIdHash, status], this.#now() / 1000);
  }

  render(): string {
    const info = new Gauge(
      "apiserver_encryption_config_controller_last_config_info",
      "[ALPHA] Information about the last applied encryption configuration with hash as label, split by apiserver identity.",
      ["apiserver_id_hash", "hash"],
    );
    // One series: that of the hash before is gone.
    info.set([this.#serverIdHash, this.#hash], 1);
    return [this.#last, this.#reloads, info].map((metric) => metric.render()).join("");
  }
}
