import { createHash } from "node:crypto";

/** How many requests may run and wait at once. */
export interface Limits {
  readonly seats: number;
  /** Absent for levels that refuse instead of letting wait. */
  readonly queuing?: { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number };
}

type Start = () => void;

/**
 * The requests of one priority level. A flow is dealt a hand of queues and waits in the shortest of them, so that one flow can
 * fill its own queues and hardly those of others; queues are served in turn.
 */
export class FairQueues {
  #limits: Limits;
  readonly #onDemand: (seats: number) => void;
  #running = 0;
  #waiting = 0;
  readonly #queues = new Map<number, Start[]>();
  /** The queue that was served last. */
  #last = -1;

  /** `onDemand` is told how many seats could be used whenever that changes. */
  constructor(limits: Limits, onDemand: (seats: number) => void = () => {}) {
    this.#limits = limits;
    this.#onDemand = onDemand;
  }

  /** Queues count from the next request on; seats at once. */
  set limits(limits: Limits) {
    this.#limits = limits;
    this.#fill();
  }

  set seats(seats: number) {
    this.limits = { ...this.#limits, seats };
  }

  /** A seat that is there in any case, also where there is none. Answers what to call at the end. */
  enterAlways(): () => void {
    this.#begin();
    return this.#leaver();
  }

  /** What to call at the end, later where the request has to wait; undefined when there is no room to wait. `flow` is asked for where there is no seat. `onWait` is told how long the queue is then. */
  enter(
    flow: () => string,
    onWait: (length: number) => void = () => {},
  ): (() => void) | undefined | Promise<() => void> {
    if (this.#running < this.#limits.seats) return this.enterAlways();
    const queue = this.#queueOf(flow());
    if (queue === undefined) return undefined;
    return new Promise<void>((start) => {
      onWait(queue.push(start));
      this.#waiting++;
      this.#onDemand(this.#running + this.#waiting);
    }).then(() => this.#leaver());
  }

  /** False where who finds no seat is refused. */
  get isQueuing(): boolean {
    return this.#limits.queuing !== undefined;
  }

  /** How many may wait in all queues together. */
  get places(): number {
    const { queues = 0, queueLengthLimit = 0 } = this.#limits.queuing ?? {};
    return queues * queueLengthLimit;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting;
  }

  #begin(): void {
    this.#running++;
    this.#onDemand(this.#running + this.#waiting);
  }

  #leaver(): () => void {
    let isLeft = false;
    return () => {
      if (isLeft) return;
      isLeft = true;
      this.#running--;
      this.#fill();
      this.#onDemand(this.#running + this.#waiting);
    };
  }

  /** Seats that are free go to those that wait. There may be fewer of them than are taken. */
  #fill(): void {
    while (this.#running < this.#limits.seats) {
      const next = this.#next();
      if (next === undefined) return;
      this.#waiting--;
      this.#running++;
      next();
    }
  }

  #queueOf(flow: string): Start[] | undefined {
    const { queuing } = this.#limits;
    if (queuing === undefined) return undefined;
    const hand = handOf(flow, queuing.queues, queuing.handSize);
    const lengthOf = (index: number) => this.#queues.get(index)?.length ?? 0;
    const shortest = hand.reduce((best, index) => (lengthOf(index) < lengthOf(best) ? index : best));
    if (lengthOf(shortest) >= queuing.queueLengthLimit) return undefined;
    const queue = this.#queues.get(shortest) ?? [];
    this.#queues.set(shortest, queue);
    return queue;
  }

  #next(): Start | undefined {
    const indices = [...this.#queues.keys()].sort((a, b) => a - b);
    const index = indices.find((each) => each > this.#last) ?? indices[0];
    if (index === undefined) return undefined;
    const queue = this.#queues.get(index) as Start[];
    const start = queue.shift();
    if (queue.length === 0) this.#queues.delete(index);
    this.#last = index;
    return start;
  }
}

/** Shuffle sharding: the queues of a flow, always the same ones. */
export function handOf(flow: string, queues: number, handSize: number): readonly [number, ...number[]] {
  const deck = Array.from({ length: queues }, (_, i) => i);
  let entropy = BigInt(`0x${createHash("sha256").update(flow).digest("hex")}`);
  const hand: number[] = [];
  for (let i = 0; i < Math.min(handSize, queues); i++) {
    const left = BigInt(deck.length);
    hand.push(deck.splice(Number(entropy % left), 1)[0] as number);
    entropy /= left;
  }
  return hand as [number, ...number[]];
}
