import type { EtcdClient } from "./client.ts";
import { GrpcError, type GrpcStream, grpcCodes } from "./grpc.ts";
import { readWatch, type WatchResponse, writeWatch, writeWatchProgress } from "./messages.ts";

export interface WatchHandlers {
  /** Events in order; several of one revision come as one, where etcd took keys together, as a lease does when it ends. */
  readonly onAnswer: (answer: WatchResponse) => void;
  /** How far etcd has come, asked for by `askProgress`; old servers tell it before the events that it counts. */
  readonly onAsked: (revision: number) => void;
  /** The events to go on with are gone: everything has to be read again. Answers the revision that it was read at. */
  readonly onCompacted: () => Promise<number>;
  /** Undefined when the watch runs. */
  readonly onState: (fault: GrpcError | undefined) => void;
}

/** How long a lost watch waits before it is begun again; the client waits longer when no server answers. */
const againMs = 200;

/** A watch of a range of keys that never ends: when it is lost, it is begun again behind the last event. */
export class EtcdWatch {
  readonly #client: EtcdClient;
  readonly #range: readonly [key: string, end: string];
  readonly #handlers: WatchHandlers;
  #behind: number;
  #stream: GrpcStream | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Which stream counts: one that was given up may still end, or tell something. */
  #turn = 0;
  #isStopped = false;

  /** All events of keys from `key` to `end` behind a revision. */
  constructor(client: EtcdClient, range: readonly [string, string], behind: number, handlers: WatchHandlers) {
    this.#client = client;
    this.#range = range;
    this.#behind = behind;
    this.#handlers = handlers;
    void this.#begin();
  }

  askProgress(): void {
    this.#stream?.send(writeWatchProgress());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#stream?.finish();
  }

  async #begin(): Promise<void> {
    const turn = ++this.#turn;
    const ifCurrent = (run: () => void) => {
      if (turn === this.#turn) run();
    };
    try {
      const stream = await this.#client.watch({
        onMessage: (message) => ifCurrent(() => this.#read(readWatch(message))),
        onEnd: (error) => ifCurrent(() => this.#lost(error)),
      });
      if (this.#isStopped) return stream.finish();
      this.#stream = stream;
      stream.send(writeWatch(...this.#range, this.#behind + 1));
    } catch (error) {
      ifCurrent(() => this.#lost(error as GrpcError));
    }
  }

  #read(answer: WatchResponse): void {
    if (answer.created && !answer.canceled) this.#handlers.onState(undefined);
    if (answer.compactRevision > 0) void this.#readAgain();
    else if (answer.canceled)
      this.#lost(new GrpcError(grpcCodes.unavailable, answer.cancelReason || "etcd ended the watch"));
    else if (answer.watchId < 0) this.#handlers.onAsked(answer.revision);
    else {
      this.#handlers.onAnswer(answer);
      const last = answer.events.at(-1)?.value.modRevision ?? (answer.created ? 0 : answer.revision);
      if (!answer.fragment) this.#behind = Math.max(this.#behind, last);
    }
  }

  async #readAgain(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#turn++;
    try {
      this.#behind = await this.#handlers.onCompacted();
      stream?.finish();
      await this.#begin();
    } catch (error) {
      this.#lost(error as GrpcError);
    }
  }

  #lost(error: GrpcError | undefined): void {
    if (this.#isStopped) return;
    this.#stream = undefined;
    this.#turn++;
    if (error !== undefined) {
      this.#handlers.onState(error);
      // Another member may still have what this one lost, its leader.
      void this.#client.reconnect();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#begin(), againMs).unref();
  }
}
