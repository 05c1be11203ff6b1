import { Counter, Gauge, Histogram, type Rendered } from "@sallyport/kube";
import { LevelMetrics } from "./level-metrics.ts";
import { UsageMetrics } from "./usage-metrics.ts";

const seconds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

const flow = ["flow_schema", "priority_level"];

/** One request on its way through priority and fairness. */
export interface FlowTrace {
  /** It waits for a seat, in a queue that is so long now. */
  readonly waits: (length: number) => void;
  /** It has its seat, or needs none. */
  readonly runs: () => void;
  readonly ended: () => void;
  readonly refused: (reason: "concurrency-limit" | "queue-full") => void;
}

/** Requests on their way through priority and fairness, by kube-apiserver's names. */
export class FlowMetrics {
  readonly #executing = new Gauge(
    "apiserver_flowcontrol_current_executing_requests",
    "[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem",
    flow,
  );
  readonly #seats = new Gauge(
    "apiserver_flowcontrol_current_executing_seats",
    "[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem",
    flow,
  );
  readonly #waiting = new Gauge(
    "apiserver_flowcontrol_current_inqueue_requests",
    "[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem",
    flow,
  );
  readonly #dispatched = new Counter(
    "apiserver_flowcontrol_dispatched_requests_total",
    "[BETA] Number of requests executed by API Priority and Fairness subsystem",
    flow,
  );
  readonly #estimated = new Histogram(
    "apiserver_flowcontrol_work_estimated_seats",
    "[ALPHA] Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness",
    flow,
    [1, 2, 4, 8, 16, 32, 64, 100],
  );
  readonly #notAccommodated = new Counter(
    "apiserver_flowcontrol_request_dispatch_no_accommodation_total",
    "[ALPHA] Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats",
    flow,
  );
  readonly #waitingSeats = new Gauge(
    "apiserver_flowcontrol_current_inqueue_seats",
    "[ALPHA] Number of seats currently pending in queues of the API Priority and Fairness subsystem",
    flow,
  );
  readonly #lengths = new Histogram(
    "apiserver_flowcontrol_request_queue_length_after_enqueue",
    "[ALPHA] Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued",
    flow,
    [0, 10, 25, 50, 100, 250, 500, 1000],
  );
  readonly #rejected = new Counter(
    "apiserver_flowcontrol_rejected_requests_total",
    "[BETA] Number of requests rejected by API Priority and Fairness subsystem",
    [...flow, "reason"],
  );
  readonly #executions = new Histogram(
    "apiserver_flowcontrol_request_execution_seconds",
    "[ALPHA] Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem",
    [...flow, "type"],
    seconds,
  );
  readonly #waits = new Histogram(
    "apiserver_flowcontrol_request_wait_duration_seconds",
    "[BETA] Length of time a request spent waiting in its queue",
    ["execute", ...flow],
    seconds,
  );
  readonly #inqueue = new Gauge(
    "apiserver_current_inqueue_requests",
    "[ALPHA] Maximal number of queued requests in this apiserver per request kind in last second.",
    ["request_kind"],
  );

  readonly levels = new LevelMetrics();
  readonly usage = new UsageMetrics();

  constructor() {
    for (const kind of ["mutating", "readOnly"]) this.#inqueue.add([kind], 0);
  }

  /** Follows one request of a flow schema and a priority level. */
  trace(schema: string, level: string, isReading: boolean): FlowTrace {
    const labels = [schema, level];
    const kindName = isReading ? "readOnly" : "mutating";
    const kind = [kindName];
    const since = performance.now();
    // Each request has one seat here, however much it lists.
    this.#estimated.observe(labels, 1);
    for (const gauge of [this.#waiting, this.#waitingSeats]) gauge.add(labels, 0);
    let [isWaiting, began] = [false, since];
    const queue = (amount: number) => {
      for (const gauge of [this.#waiting, this.#waitingSeats]) gauge.add(labels, amount);
      this.#inqueue.add(kind, amount);
      this.usage.changed(level, kindName, "waiting", amount);
    };
    return {
      waits: (length) => {
        isWaiting = true;
        queue(1);
        this.#notAccommodated.add(labels);
        this.#lengths.observe(labels, length);
      },
      runs: () => {
        began = performance.now();
        if (isWaiting) queue(-1);
        this.#waits.observe(["true", ...labels], (began - since) / 1000);
        this.#dispatched.add(labels);
        for (const gauge of [this.#executing, this.#seats]) gauge.add(labels);
        this.usage.changed(level, kindName, "executing", 1);
      },
      ended: () => {
        for (const gauge of [this.#executing, this.#seats]) gauge.add(labels, -1);
        this.usage.changed(level, kindName, "executing", -1);
        this.#executions.observe([...labels, "regular"], (performance.now() - began) / 1000);
      },
      refused: (reason) => this.#rejected.add([...labels, reason]),
    };
  }

  get all(): readonly Rendered[] {
    return [
      this.#inqueue,
      this.#executing,
      this.#seats,
      this.#waiting,
      this.#dispatched,
      this.#waitingSeats,
      this.#estimated,
      this.#notAccommodated,
      this.#lengths,
      this.#rejected,
      this.#executions,
      this.#waits,
      ...this.levels.all,
      ...this.usage.all,
    ];
  }
}
