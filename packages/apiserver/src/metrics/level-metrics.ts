import { Gauge, type Rendered } from "@sallyport/kube";
import type { Demand } from "../flowcontrol/seat-demand.ts";

const byLevel = ["priority_level"];

/** The seats of priority levels, by kube-apiserver's names. */
export class LevelMetrics {
  readonly #nominal = new Gauge(
    "apiserver_flowcontrol_nominal_limit_seats",
    "[BETA] Nominal number of execution seats configured for each priority level",
    byLevel,
  );
  readonly #limits = new Gauge(
    "apiserver_flowcontrol_current_limit_seats",
    "[ALPHA] current derived number of execution seats available to each priority level",
    byLevel,
  );
  readonly #lower = new Gauge(
    "apiserver_flowcontrol_lower_limit_seats",
    "[ALPHA] Configured lower bound on number of execution seats available to each priority level",
    byLevel,
  );
  readonly #upper = new Gauge(
    "apiserver_flowcontrol_upper_limit_seats",
    "[ALPHA] Configured upper bound on number of execution seats available to each priority level",
    byLevel,
  );
  readonly #highest = new Gauge(
    "apiserver_flowcontrol_demand_seats_high_watermark",
    "[ALPHA] High watermark, over last adjustment period, of demand_seats",
    byLevel,
  );
  readonly #average = new Gauge(
    "apiserver_flowcontrol_demand_seats_average",
    "[ALPHA] Time-weighted average, over last adjustment period, of demand_seats",
    byLevel,
  );
  readonly #deviation = new Gauge(
    "apiserver_flowcontrol_demand_seats_stdev",
    "[ALPHA] Time-weighted standard deviation, over last adjustment period, of demand_seats",
    byLevel,
  );
  readonly #smoothed = new Gauge(
    "apiserver_flowcontrol_demand_seats_smoothed",
    "[ALPHA] Smoothed seat demands",
    byLevel,
  );
  readonly #targets = new Gauge("apiserver_flowcontrol_target_seats", "[ALPHA] Seat allocation targets", byLevel);
  readonly #fair = new Gauge(
    "apiserver_flowcontrol_seat_fair_frac",
    "[ALPHA] Fair fraction of server's concurrency to allocate to each priority level that can use it",
  );

  /** How many seats a level has by its shares, keeps at least, and has at most. */
  configured(level: string, nominal: number, lower: number, upper: number): void {
    this.#nominal.set([level], nominal);
    this.#lower.set([level], lower);
    this.#upper.set([level], upper);
  }

  /** Levels have lent each other seats: each that no bound holds back has this part of its target. */
  adjusted(fairFraction: number): void {
    this.#fair.set([], fairFraction);
  }

  /** What a level could have used, and has now. */
  demanded(level: string, demand: Demand, target: number, current: number): void {
    this.#highest.set([level], demand.highWatermark);
    this.#average.set([level], demand.average);
    this.#deviation.set([level], demand.deviation);
    this.#smoothed.set([level], demand.smoothed);
    this.#targets.set([level], target);
    this.#limits.set([level], current);
  }

  get all(): readonly Rendered[] {
    return [
      this.#nominal,
      this.#limits,
      this.#lower,
      this.#upper,
      this.#highest,
      this.#average,
      this.#deviation,
      this.#smoothed,
      this.#targets,
      this.#fair,
    ];
  }
}
