import { gzipSync } from "node:zlib";
import { type JsonObject, parseJson } from "@sallyport/rego";
import { goJson, Struct } from "../../answers/json-text.ts";

/** Decisions as they are sent: a compressed array of JSON, no longer than the service takes. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly events: number;
}

export interface ChunkFaults {
  /** Is told of decisions that are alone too long; bytes. */
  readonly tooLong: (size: number, hadNondeterministic: boolean) => void;
  /** Is told of each decision whose answers of builtins had to go. */
  readonly shortened: () => void;
}

/** How much of a chunk is left free by the guess of how well events compress. */
const safety = 0.9;
/** Compression is seldom better than this, and a chunk that is made in one go is to take milliseconds. */
const maxRatio = 40;

/** Packs events into chunks of at most `limit` compressed bytes; how well events compress is learnt on the way. */
export class ChunkPacker {
  readonly #limit: number;
  readonly #faults: ChunkFaults;
  #ratio = 1;

  constructor(limit: number, faults: ChunkFaults) {
    this.#limit = limit;
    this.#faults = faults;
  }

  /** As many bytes of events should make one chunk. */
  get wantedBytes(): number {
    return this.#limit * this.#ratio * safety;
  }

  /** All events, in their order. */
  pack(events: readonly string[]): readonly Chunk[] {
    if (events.length === 0) return [];
    const text = `[${events.join(",")}]`;
    const bytes = gzipSync(text);
    if (bytes.length <= this.#limit) {
      this.#ratio = Math.min(Math.max(text.length / bytes.length, 1), maxRatio);
      return [{ bytes, events: events.length }];
    }
    if (events.length === 1) return this.#packLong(events[0] as string, bytes.length);
    const middle = Math.ceil(events.length / 2);
    this.#ratio = Math.max(1, this.#ratio / 2);
    return [...this.pack(events.slice(0, middle)), ...this.pack(events.slice(middle))];
  }

  /** As OPA: what builtins answered is the first to go. */
  #packLong(event: string, size: number): readonly Chunk[] {
    const { nd_builtin_cache: dropped, ...rest } = parseJson(event) as JsonObject;
    if (dropped !== undefined) {
      const bytes = gzipSync(`[${goJson(new Struct(rest), "")}]`);
      if (bytes.length <= this.#limit) {
        this.#faults.shortened();
        return [{ bytes, events: 1 }];
      }
    }
    this.#faults.tooLong(size, dropped !== undefined);
    return [];
  }
}
