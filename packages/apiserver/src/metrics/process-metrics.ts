import { Counter, Gauge, type Rendered } from "@sallyport/kube";

/** What the operating system says of the process. Bytes and seconds. */
export interface ProcessStats {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly startTimeSeconds: number;
  /** Where the operating system tells them. */
  readonly virtualBytes?: number;
  readonly maxVirtualBytes?: number;
  readonly openFiles?: number;
  readonly maxFiles?: number;
  /** Of the whole network namespace, as Prometheus' clients have it. */
  readonly receivedBytes?: number;
  readonly transmittedBytes?: number;
}

/** The process, by the names that Prometheus' clients give it. */
export class ProcessMetrics {
  readonly #cpu = new Counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");
  readonly #received = new Counter(
    "process_network_receive_bytes_total",
    "Number of bytes received by the process over the network.",
  );
  readonly #transmitted = new Counter(
    "process_network_transmit_bytes_total",
    "Number of bytes sent by the process over the network.",
  );
  readonly #gauges: readonly (readonly [Gauge, keyof ProcessStats])[] = [
    [new Gauge("process_resident_memory_bytes", "Resident memory size in bytes."), "residentBytes"],
    [new Gauge("process_virtual_memory_bytes", "Virtual memory size in bytes."), "virtualBytes"],
    [
      new Gauge("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes."),
      "maxVirtualBytes",
    ],
    [new Gauge("process_open_fds", "Number of open file descriptors."), "openFiles"],
    [new Gauge("process_max_fds", "Maximum number of open file descriptors."), "maxFiles"],
    [
      new Gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds."),
      "startTimeSeconds",
    ],
  ];
  #last: Partial<ProcessStats> = {};

  /** The process as it is now. */
  is(stats: ProcessStats): void {
    this.#grown(this.#cpu, stats, "cpuSeconds");
    this.#grown(this.#received, stats, "receivedBytes");
    this.#grown(this.#transmitted, stats, "transmittedBytes");
    for (const [gauge, field] of this.#gauges) if (stats[field] !== undefined) gauge.set([], stats[field]);
    this.#last = stats;
  }

  #grown(counter: Counter, stats: ProcessStats, field: keyof ProcessStats): void {
    const now = stats[field];
    if (now !== undefined) counter.add([], now - (this.#last[field] ?? 0));
  }

  get all(): readonly Rendered[] {
    return [this.#cpu, this.#received, this.#transmitted, ...this.#gauges.map(([gauge]) => gauge)];
  }
}
