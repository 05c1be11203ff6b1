import type { KubeObject } from "@sallyport/kube";
import type { FlowMetrics } from "../metrics/flow-metrics.ts";
import { allocate } from "./concurrency-allocation.ts";
import { FairQueues, type Limits } from "./fair-queues.ts";
import type { LevelSpec } from "./schemas.ts";
import { type Demand, noDemand, SeatDemand } from "./seat-demand.ts";

/** One priority level: its seats by its shares, what it may lend and borrow, and what it has now. */
interface Level {
  readonly name: string;
  readonly isExempt: boolean;
  readonly queues: FairQueues;
  readonly demand: SeatDemand;
  nominal: number;
  lower: number;
  upper: number;
  current: number;
  used: Demand;
}

const defaultShares = 30;

/**
 * The priority levels, which divide all seats by their shares, and lend each other those that are not used: every ten seconds each has
 * as many as it needed of late, within what it may lend and borrow.
 */
export class PriorityLevels {
  readonly #seats: number;
  readonly #metrics: FlowMetrics;
  readonly #now: () => number;
  #levels: ReadonlyMap<string, Level> = new Map();
  /** The list that the levels are as in: it is another one when one of them has changed. */
  #all: readonly KubeObject[] = [];

  constructor(seats: number, metrics: FlowMetrics, now: () => number = () => performance.now()) {
    this.#seats = seats;
    this.#metrics = metrics;
    this.#now = now;
  }

  /** Where requests of a level wait. */
  queuesOf(name: string, all: readonly KubeObject[]): FairQueues | undefined {
    if (this.#all !== all) this.#digest(all);
    return this.#levels.get(name)?.queues;
  }

  #digest(all: readonly KubeObject[]): void {
    this.#all = all;
    const shares = all.reduce((sum, level) => sum + shareOf(level), 0);
    this.#levels = new Map(all.map((level) => [level.metadata.name ?? "", this.#levelOf(level, shares)]));
    this.adjust();
  }

  #levelOf(object: KubeObject, allShares: number): Level {
    const spec = object["spec"] as LevelSpec;
    const name = object.metadata.name ?? "";
    const { lendablePercent = 0 } = spec.limited ?? spec.exempt ?? {};
    const nominal = Math.ceil((this.#seats * shareOf(object)) / Math.max(1, allShares));
    const lendable = Math.round((nominal * lendablePercent) / 100);
    const borrowed = spec.limited?.borrowingLimitPercent;
    const mayBorrow = borrowed == null ? this.#seats : Math.round((nominal * borrowed) / 100);
    const level = this.#levels.get(name) ?? this.#begin(name, spec, nominal - Math.trunc(lendable / 2));
    Object.assign(level, { nominal, lower: nominal - lendable, upper: nominal + mayBorrow });
    level.queues.limits = limitsOf(spec, level.current);
    this.#metrics.levels.configured(name, nominal, level.lower, level.upper);
    return level;
  }

  #begin(name: string, spec: LevelSpec, current: number): Level {
    const demand = new SeatDemand(this.#now);
    const queues = new FairQueues(limitsOf(spec, current), (seats) => demand.set(seats));
    const limits = { nominal: 0, lower: 0, upper: 0, current };
    return { name, isExempt: spec.type === "Exempt", queues, demand, ...limits, used: noDemand };
  }

  /** Gives each level the seats that it needed of late, and takes them where they were not needed. */
  adjust(): void {
    const levels = [...this.#levels.values()];
    for (const level of levels) level.used = level.demand.endPeriod();
    const limited = levels.filter(({ isExempt }) => !isExempt);
    const [nominal, exempt] = [sumOf(levels, ({ nominal }) => nominal), levels.filter(({ isExempt }) => isExempt)];
    const left = nominal - sumOf(exempt, neededBy);
    const fair = this.#divide(limited, nominal, left);
    for (const level of exempt) level.current = neededBy(level);
    this.#metrics.levels.adjusted(fair);
    this.#metrics.usage.limitedAll(nominal, sumOf(levels, placesOf));
    for (const level of levels) {
      level.queues.seats = level.current;
      this.#metrics.usage.limited(level.name, level.current, placesOf(level), this.#seats);
      this.#metrics.levels.demanded(level.name, level.used, targetOf(level), level.current);
    }
  }

  /** Answers the fair fraction, which is 0 where those that are exempt leave too little. */
  #divide(levels: readonly Level[], nominal: number, left: number): number {
    const [lowest, needed] = [sumOf(levels, ({ lower }) => lower), sumOf(levels, neededBy)];
    if (left <= needed) {
      const part = left <= lowest ? 0 : (left - lowest) / (needed - lowest);
      for (const level of levels) level.current = level.lower + Math.round((neededBy(level) - level.lower) * part);
      return 0;
    }
    const classes = levels.map((level) => ({
      lowerBound: neededBy(level),
      upperBound: level.upper,
      target: targetOf(level),
    }));
    const found = allocate(nominal, classes);
    levels.forEach((level, i) => {
      level.current = Math.round(found?.amounts[i] ?? level.current);
    });
    return found?.fairFraction ?? 0;
  }
}

/** What a level keeps: no less than it has to, and what it used where that is its own. */
function neededBy({ isExempt, lower, nominal, used: { highWatermark } }: Level): number {
  return Math.max(lower, isExempt ? highWatermark : Math.min(nominal, highWatermark));
}

function placesOf({ queues }: Level): number {
  return queues.places;
}

function targetOf(level: Level): number {
  return Math.max(neededBy(level), level.used.smoothed);
}

function sumOf(levels: readonly Level[], amountOf: (level: Level) => number): number {
  return levels.reduce((sum, level) => sum + amountOf(level), 0);
}

function shareOf({ spec }: KubeObject): number {
  const { type, limited, exempt } = spec as LevelSpec;
  if (type === "Exempt") return exempt?.nominalConcurrencyShares ?? 0;
  return limited?.nominalConcurrencyShares ?? defaultShares;
}

function limitsOf({ type, limited }: LevelSpec, seats: number): Limits {
  if (type === "Exempt" || limited?.limitResponse?.type !== "Queue") return { seats };
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = limited.limitResponse.queuing ?? {};
  return { seats, queuing: { queues, handSize, queueLengthLimit } };
}
