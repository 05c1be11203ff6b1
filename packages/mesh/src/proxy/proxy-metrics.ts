import { Counter, Gauge, Histogram } from "@sallyport/kube";
import type { AccessEntry } from "./access-log.ts";

const labels = [
  "reporter",
  "source_principal",
  "destination_principal",
  "destination_port",
  "connection_security_policy",
] as const;

/** Milliseconds: those of Envoy. */
const durations = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** What Prometheus is told, by Istio's names: https://istio.io/latest/docs/reference/config/metrics/ */
export class ProxyMetrics {
  readonly #opened = new Counter("istio_tcp_connections_opened_total", "Connections that were opened.", labels);
  readonly #closed = new Counter("istio_tcp_connections_closed_total", "Connections that have ended.", labels);
  readonly #received = new Counter("istio_tcp_received_bytes_total", "Bytes that came from who connected.", labels);
  readonly #sent = new Counter("istio_tcp_sent_bytes_total", "Bytes that went to who connected.", labels);
  readonly #requests = new Counter("istio_requests_total", "Requests, where they are read.", [
    ...labels,
    "response_code",
  ]);
  readonly #times = new Histogram(
    "istio_request_duration_milliseconds",
    "From a request to the end of its answer, where they are read.",
    ["reporter"],
    durations,
  );
  readonly #refused = new Counter("sallyport_mesh_refused_total", "Connections that were refused or failed.", [
    "direction",
    "decision",
  ]);
  readonly #active = new Gauge("sallyport_mesh_connections", "Connections that are open.", ["direction"]);
  readonly #expiry = new Gauge(
    "sallyport_mesh_certificate_expiry_seconds",
    "When our certificate ends, since the epoch.",
  );

  /** A connection came; told again when it ends, by `ended`. */
  began(direction: AccessEntry["direction"]): void {
    this.#active.add([direction], 1);
  }

  /** It was allowed, and has another end. */
  opened(entry: AccessEntry): void {
    this.#opened.add(valuesOf(entry));
  }

  ended(entry: AccessEntry): void {
    this.#active.add([entry.direction], -1);
    if (entry.decision !== "allowed") {
      this.#refused.add([entry.direction, entry.decision]);
      return;
    }
    const values = valuesOf(entry);
    this.#closed.add(values);
    this.#received.add(values, entry.bytesIn);
    this.#sent.add(values, entry.bytesOut);
  }

  /** A request was answered. */
  requested(entry: AccessEntry): void {
    this.#requests.add([...valuesOf(entry), String(entry.request?.status ?? 0)]);
    this.#times.observe([reporterOf(entry)], entry.durationMs);
  }

  /** Milliseconds since the epoch. */
  certificateEnds(notAfter: number): void {
    this.#expiry.set([], notAfter / 1000);
  }

  /** Prometheus' text format 0.0.4. */
  render(): string {
    const all = [
      this.#opened,
      this.#closed,
      this.#received,
      this.#sent,
      this.#requests,
      this.#times,
      this.#refused,
      this.#active,
      this.#expiry,
    ];
    return all.map((metric) => metric.render()).join("");
  }
}

function reporterOf({ direction }: AccessEntry): string {
  return direction === "inbound" ? "destination" : "source";
}

function valuesOf(entry: AccessEntry): readonly string[] {
  return [
    reporterOf(entry),
    entry.source.principal ?? "unknown",
    entry.destination.principal ?? "unknown",
    String(entry.destination.port),
    entry.tls === "mutual" ? "mutual_tls" : "none",
  ];
}
