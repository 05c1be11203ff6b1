import { Histogram, type Rendered } from "@sallyport/kube";
import { TimedRatio } from "./timed-ratio.ts";

type Phase = "waiting" | "executing";

/** How much of what a priority level has is in use. */
interface LevelUsage {
  readonly demand: TimedRatio;
  readonly seats: TimedRatio;
  readonly requests: { readonly [phase in Phase]: TimedRatio };
}

/** A level without seats is told as if it had a tenth of all. */
const ofAllSeats = 0.1;

/** How much of the seats and queues is in use, over time, by kube-apiserver's names. */
export class UsageMetrics {
  readonly #demands = new Histogram(
    "apiserver_flowcontrol_demand_seats",
    "[ALPHA] Observations, at the end of every nanosecond, of (the number of seats each priority level could use) / (nominal number of seats for that level)",
    ["priority_level"],
    [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6],
  );
  readonly #seats = new Histogram(
    "apiserver_flowcontrol_priority_level_seat_utilization",
    "[ALPHA] Observations, at the end of every nanosecond, of utilization of seats for any stage of execution (but only initial stage for WATCHes)",
    ["phase", "priority_level"],
    [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1],
  );
  readonly #requests = new Histogram(
    "apiserver_flowcontrol_priority_level_request_utilization",
    "[ALPHA] Observations, at the end of every nanosecond, of number of requests (as a fraction of the relevant limit) waiting or in any stage of execution (but only initial stage for WATCHes)",
    ["phase", "priority_level"],
    [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1],
  );
  readonly #kinds = new Histogram(
    "apiserver_flowcontrol_read_vs_write_current_requests",
    "[ALPHA] Observations, at the end of every nanosecond, of the number of requests (as a fraction of the relevant limit) waiting or in regular stage of execution",
    ["phase", "request_kind"],
    [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1],
  );
  readonly #now: () => number;
  readonly #levels = new Map<string, LevelUsage>();
  readonly #byKind = new Map<string, TimedRatio>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    for (const phase of ["waiting", "executing"])
      for (const kind of ["mutating", "readOnly"])
        this.#byKind.set(`${phase} ${kind}`, new TimedRatio(this.#kinds.observer([phase, kind]), 1, now));
  }

  /** So many requests more or fewer of a level and a kind wait, or run; each has one seat. */
  changed(level: string, kind: string, phase: Phase, amount: number): void {
    const usage = this.#levelOf(level);
    usage.demand.add(amount);
    usage.requests[phase].add(amount);
    if (phase === "executing") usage.seats.add(amount);
    this.#byKind.get(`${phase} ${kind}`)?.add(amount);
  }

  /** What a level has now, of so many seats that there are: seats, and places in its queues. */
  limited(level: string, seats: number, places: number, allSeats: number): void {
    const { demand, seats: used, requests } = this.#levelOf(level);
    const shown = seats > 0 ? seats : Math.max(1, Math.round(allSeats * ofAllSeats));
    for (const each of [demand, used, requests.executing]) each.denominator = shown;
    requests.waiting.denominator = Math.max(1, places);
  }

  /** What all levels have together. */
  limitedAll(seats: number, places: number): void {
    for (const [name, ratio] of this.#byKind)
      ratio.denominator = Math.max(1, name.startsWith("waiting") ? places : seats);
  }

  #levelOf(name: string): LevelUsage {
    let usage = this.#levels.get(name);
    if (usage === undefined) {
      const of = (histogram: Histogram, ...labels: readonly string[]) =>
        new TimedRatio(histogram.observer([...labels, name]), 1, this.#now);
      usage = {
        demand: of(this.#demands),
        seats: of(this.#seats, "executing"),
        requests: { waiting: of(this.#requests, "waiting"), executing: of(this.#requests, "executing") },
      };
      this.#levels.set(name, usage);
    }
    return usage;
  }

  /** As of now. */
  get all(): readonly Rendered[] {
    for (const { demand, seats, requests } of this.#levels.values())
      for (const each of [demand, seats, requests.waiting, requests.executing]) each.settle();
    for (const each of this.#byKind.values()) each.settle();
    return [this.#demands, this.#seats, this.#requests, this.#kinds];
  }
}
