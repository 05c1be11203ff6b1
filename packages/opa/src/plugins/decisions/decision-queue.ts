import type { Chunk } from "./chunks.ts";

/** Sends a chunk; rejects when the service has not taken it. */
export type SendChunk = (chunk: Chunk) => Promise<void>;

/** Decisions that wait for their upload. */
export interface DecisionQueue {
  /** Resolves when the event is kept as well as this queue can; rejects when it cannot be. */
  readonly push: (event: string) => Promise<void>;
  /** True when there is enough for a whole chunk. */
  readonly isFull: () => boolean;
  /** Sends what waits, oldest first. Answers how many chunks went; rejects with the first failure, and keeps what was not sent. */
  readonly upload: (send: SendChunk) => Promise<number>;
  /** Resolves when nothing is written any more. */
  readonly close: () => Promise<void>;
}

/** Is told of what a queue had to let go. */
export interface QueueFaults {
  readonly dropped: (what: "chunks" | "events", count: number, events: number) => void;
}
