import type { Chunk, ChunkPacker } from "./chunks.ts";
import type { DecisionQueue, QueueFaults, SendChunk } from "./decision-queue.ts";

/** Keeps chunks that are ready to be sent in memory, up to so many bytes: the oldest go first. */
export class SizeQueue implements DecisionQueue {
  readonly #packer: ChunkPacker;
  readonly #limit: number;
  readonly #faults: QueueFaults;
  #chunks: Chunk[] = [];
  #chunkBytes = 0;
  #open: string[] = [];
  #openBytes = 0;

  constructor(packer: ChunkPacker, limit: number, faults: QueueFaults) {
    this.#packer = packer;
    this.#limit = limit;
    this.#faults = faults;
  }

  async push(event: string): Promise<void> {
    this.#open.push(event);
    this.#openBytes += event.length + 1;
    if (this.#openBytes >= this.#packer.wantedBytes) this.#seal();
  }

  isFull(): boolean {
    return this.#chunks.length > 0;
  }

  async upload(send: SendChunk): Promise<number> {
    this.#seal();
    let sent = 0;
    for (let [first] = this.#chunks; first !== undefined; [first] = this.#chunks) {
      await send(first);
      sent++;
      // It may have been let go meanwhile.
      if (this.#chunks[0] === first) this.#shift();
    }
    return sent;
  }

  async close(): Promise<void> {}

  #seal(): void {
    const chunks = this.#packer.pack(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.#chunkBytes += chunk.bytes.length;
    }
    let [count, events] = [0, 0];
    while (this.#chunkBytes > this.#limit && this.#chunks.length > 0) {
      events += this.#shift();
      count++;
    }
    if (count > 0) this.#faults.dropped("chunks", count, events);
  }

  #shift(): number {
    const chunk = this.#chunks.shift();
    this.#chunkBytes -= chunk?.bytes.length ?? 0;
    return chunk?.events ?? 0;
  }
}
