/** Work that is asked for several times at once and done once. It is given up when all who asked have. */
export class SharedPulls<Result> {
  readonly #running = new Map<string, Shared<Result>>();

  async share(key: string, signal: AbortSignal, run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    const shared = this.#running.get(key) ?? this.#begin(key, run);
    shared.waiting++;
    return await new Promise<Result>((resolve, reject) => {
      const giveUp = () => {
        if (--shared.waiting === 0) {
          this.#end(key, shared);
          shared.controller.abort(signal.reason);
        }
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      const done = () => signal.removeEventListener("abort", giveUp);
      shared.result.then(resolve, reject).finally(done);
    });
  }

  #begin(key: string, run: (signal: AbortSignal) => Promise<Result>): Shared<Result> {
    const controller = new AbortController();
    const shared = { controller, waiting: 0, result: run(controller.signal) };
    this.#running.set(key, shared);
    const end = () => this.#end(key, shared);
    shared.result.then(end, end);
    return shared;
  }

  /** Who asks from now on begins anew. */
  #end(key: string, shared: Shared<Result>): void {
    if (this.#running.get(key) === shared) this.#running.delete(key);
  }
}

interface Shared<Result> {
  readonly controller: AbortController;
  readonly result: Promise<Result>;
  waiting: number;
}
