import { createHash } from "node:crypto";
import { Counter, Gauge, Histogram, type Rendered } from "@sallyport/kube";
import { statusCodeOf } from "../kms/service.ts";
import type { ObserveTransform, TransformType } from "./transformer.ts";

/** Each twice as long as the one before. */
const doubled = (first: number, count: number) => Array.from({ length: count }, (_, i) => first * 2 ** i);

const key = ["apiserver_id_hash", "key_id_hash", "provider_name", "transformation_type"];

/** So many keys are told of at once: those that were used last. */
const shownKeys = 100;

/** Sealing, opening, and what KMS plugins are asked, by kube-apiserver's names. No name of a key is told, but its hash. */
export class EncryptionMetrics {
  readonly #durations = new Histogram(
    "apiserver_storage_transformation_duration_seconds",
    "[ALPHA] Latencies in seconds of value transformation operations.",
    ["transformation_type", "transformer_prefix"],
    doubled(5e-6, 25),
  );
  readonly #operations = new Counter(
    "apiserver_storage_transformation_operations_total",
    "[ALPHA] Total number of transformations. Successful transformation will have a status 'OK' and a varied status string when the transformation fails. The status, resource, and transformation_type fields can be used for alerting purposes. For example, you can monitor for encryption/decryption failures using the transformation_type (e.g., from_storage for decryption and to_storage for encryption). Additionally, these fields can be used to ensure that the correct transformers are applied to each resource.",
    ["resource", "status", "transformation_type", "transformer_prefix"],
  );
  readonly #misses = new Counter(
    "apiserver_storage_envelope_transformation_cache_misses_total",
    "[ALPHA] Total number of cache misses while accessing key decryption key(KEK).",
  );
  readonly #dataKeys = new Histogram(
    "apiserver_storage_data_key_generation_duration_seconds",
    "[ALPHA] Latencies in seconds of data encryption key(DEK) generation operations.",
    [],
    doubled(5e-6, 14),
  );
  readonly #dataKeyFailures = new Counter(
    "apiserver_storage_data_key_generation_failures_total",
    "[ALPHA] Total number of failed data encryption key(DEK) generation operations.",
  );
  readonly #filled = new Gauge(
    "apiserver_envelope_encryption_dek_cache_fill_percent",
    "[ALPHA] Percent of the cache slots currently occupied by cached DEKs.",
  );
  readonly #arrivals = new Histogram(
    "apiserver_envelope_encryption_dek_cache_inter_arrival_time_seconds",
    "[ALPHA] Time (in seconds) of inter arrival of transformation requests.",
    ["transformation_type"],
    doubled(60, 10),
  );
  readonly #kept = new Gauge(
    "apiserver_envelope_encryption_dek_source_cache_size",
    "[ALPHA] Number of records in data encryption key (DEK) source cache. On a restart, this value is an approximation of the number of decrypt RPC calls the server will make to the KMS plugin.",
    ["provider_name"],
  );
  readonly #invalid = new Counter(
    "apiserver_envelope_encryption_invalid_key_id_from_status_total",
    "[ALPHA] Number of times an invalid keyID is returned by the Status RPC call split by error.",
    ["error", "provider_name"],
  );
  readonly #calls = new Histogram(
    "apiserver_envelope_encryption_kms_operations_latency_seconds",
    "[ALPHA] KMS operation duration with gRPC error code status total.",
    ["grpc_status_code", "method_name", "provider_name"],
    doubled(0.0001, 20),
  );
  readonly #used = new Recent();
  readonly #told = new Recent();
  readonly #observers = new Map<string, ObserveTransform>();
  readonly #arrived = new Map<TransformType, number>();
  readonly #serverIdHash: string;
  readonly #now: () => number;

  /** `serverIdHash` stands for this server; `now` in milliseconds since 1970. */
  constructor(serverIdHash = "", now: () => number = Date.now) {
    this.#serverIdHash = serverIdHash;
    this.#now = now;
    for (const each of [this.#misses, this.#dataKeyFailures, this.#filled]) each.add([], 0);
    this.#dataKeys.observer([]);
  }

  /** Counts what becomes of values of a resource: `deployments.apps`. */
  observerOf(resource: string): ObserveTransform {
    const known = this.#observers.get(resource);
    if (known !== undefined) return known;
    const observe: ObserveTransform = (type, prefix, seconds, fault) => {
      this.#operations.add([resource, statusCodeOf(fault), type, prefix]);
      if (fault === undefined) this.#durations.observe([type, prefix], seconds);
    };
    this.#observers.set(resource, observe);
    return observe;
  }

  /** A plugin has answered, or not, at a path of its service. */
  kmsCalled(provider: string, path: string, seconds: number, code: string): void {
    this.#calls.observe([code, path, provider], seconds);
  }

  /** A value was sealed or opened under a key of a KMS. */
  keyUsed(type: TransformType, provider: string, keyId: string): void {
    this.#used.saw(keyId, [provider, type], this.#now());
  }

  /** A plugin has told which key seals, by a name that is one or not. */
  statusTold(provider: string, keyId: string, isValid: boolean): void {
    if (isValid) this.#told.saw(keyId, [provider], this.#now());
    else this.#invalid.add([keyId === "" ? "empty" : "too_long", provider]);
  }

  /** A plugin must open a data key. */
  keyMissed(): void {
    this.#misses.add();
  }

  /** So many opened data keys are kept. */
  keysKept(provider: string, count: number): void {
    this.#kept.set([provider], count);
  }

  /** The same for KMS v1, of which so many are kept for all that fit, as 0 to 1. */
  cacheFilled(part: number): void {
    this.#filled.set([], part);
  }

  /** A value comes to KMS v1. */
  arrived(type: TransformType): void {
    const now = this.#now();
    this.#arrivals.observe([type], (now - (this.#arrived.get(type) ?? now)) / 1000);
    this.#arrived.set(type, now);
  }

  /** Makes a data key. */
  dataKey(make: () => Uint8Array): Uint8Array {
    const since = performance.now();
    try {
      const made = make();
      this.#dataKeys.observe([], (performance.now() - since) / 1000);
      return made;
    } catch (error) {
      this.#dataKeyFailures.add();
      throw error;
    }
  }

  get all(): readonly Rendered[] {
    return [
      this.#filled,
      this.#arrivals,
      this.#kept,
      this.#invalid,
      ...this.#keys(),
      this.#calls,
      this.#dataKeys,
      this.#dataKeyFailures,
      this.#misses,
      this.#durations,
      this.#operations,
    ];
  }

  render(): string {
    return this.all.map((metric) => metric.render()).join("");
  }

  /** Made anew each time: series of keys that nobody uses any more are gone. */
  #keys(): readonly Rendered[] {
    const used = new Counter(
      "apiserver_envelope_encryption_key_id_hash_total",
      "[ALPHA] Number of times a keyID is used split by transformation type, provider, and apiserver identity.",
      key,
    );
    const last = new Gauge(
      "apiserver_envelope_encryption_key_id_hash_last_timestamp_seconds",
      "[ALPHA] The last time in seconds when a keyID was used.",
      key,
    );
    const told = new Gauge(
      "apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds",
      "[ALPHA] The last time in seconds when a keyID was returned by the Status RPC call.",
      key.slice(0, 3),
    );
    const full = ({ keyId, labels }: Seen) => [this.#serverIdHash, hashOf(keyId), ...labels];
    for (const each of this.#used.series) {
      used.add(full(each), each.times);
      last.set(full(each), each.at / 1000);
    }
    for (const each of this.#told.series) told.set(full(each), each.at / 1000);
    return [last, told, used];
  }
}

interface Seen {
  readonly keyId: string;
  readonly labels: readonly string[];
  readonly times: number;
  /** In milliseconds. */
  readonly at: number;
}

/** The series that were seen last, the latest at the end. */
class Recent {
  readonly #seen = new Map<string, Seen>();

  saw(keyId: string, labels: readonly string[], at: number): void {
    const name = [keyId, ...labels].join("\0");
    const { times = 0 } = this.#seen.get(name) ?? {};
    this.#seen.delete(name);
    this.#seen.set(name, { keyId, labels, times: times + 1, at });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > shownKeys && oldest !== undefined) this.#seen.delete(oldest);
  }

  get series(): Iterable<Seen> {
    return this.#seen.values();
  }
}

/** Names of keys may tell what they should not. */
function hashOf(keyId: string): string {
  return keyId === "" ? "" : `sha256:${createHash("sha256").update(keyId).digest("hex")}`;
}
