import type { ChunkPacker } from "./chunks.ts";
import type { DecisionQueue, QueueFaults, SendChunk } from "./decision-queue.ts";

/** Keeps so many decisions in memory, the oldest go first; they are packed when they are sent. */
export class EventQueue implements DecisionQueue {
  readonly #packer: ChunkPacker;
  readonly #limit: number;
  readonly #faults: QueueFaults;
  /** A ring: `#first` is the oldest. */
  readonly #ring: (string | undefined)[] = [];
  #first = 0;
  #size = 0;
  #bytes = 0;

  constructor(packer: ChunkPacker, limit: number, faults: QueueFaults) {
    this.#packer = packer;
    this.#limit = limit;
    this.#faults = faults;
  }

  async push(event: string): Promise<void> {
    if (this.#size === this.#limit) {
      this.#take();
      this.#faults.dropped("events", 1, 1);
    }
    this.#ring[(this.#first + this.#size) % this.#limit] = event;
    this.#size++;
    this.#bytes += event.length + 1;
  }

  isFull(): boolean {
    return this.#bytes >= this.#packer.wantedBytes;
  }

  async upload(send: SendChunk): Promise<number> {
    let sent = 0;
    while (this.#size > 0) {
      const events = this.#takeBatch();
      const chunks = this.#packer.pack(events);
      for (const [i, chunk] of chunks.entries()) {
        try {
          await send(chunk);
          sent++;
        } catch (error) {
          const unsent = chunks.slice(i).reduce((count, each) => count + each.events, 0);
          this.#putBack(events.slice(events.length - unsent));
          throw error;
        }
      }
    }
    return sent;
  }

  async close(): Promise<void> {}

  #takeBatch(): string[] {
    const events: string[] = [];
    for (let bytes = 0; this.#size > 0 && bytes < this.#packer.wantedBytes; ) {
      const event = this.#take();
      bytes += event.length + 1;
      events.push(event);
    }
    return events;
  }

  #take(): string {
    const event = this.#ring[this.#first] as string;
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#limit;
    this.#size--;
    this.#bytes -= event.length + 1;
    return event;
  }

  /** In front of those that came meanwhile, as far as there is room. */
  #putBack(events: readonly string[]): void {
    const kept = events.slice(Math.max(0, events.length - (this.#limit - this.#size)));
    for (const event of kept.toReversed()) {
      this.#first = (this.#first + this.#limit - 1) % this.#limit;
      this.#ring[this.#first] = event;
      this.#size++;
      this.#bytes += event.length + 1;
    }
    if (kept.length < events.length) {
      const lost = events.length - kept.length;
      this.#faults.dropped("events", lost, lost);
    }
  }
}
