import type { RestartPolicy, Terminated } from "./pod.ts";

/** kubelet's: doubled with each restart; forgotten by a container that ran twice as long as the longest. */
export const [firstBackOffMs, maxBackOffMs] = [10_000, 300_000];

/** Whether a container that has ended begins again. */
export function restarts(policy: RestartPolicy, { exitCode }: Pick<Terminated, "exitCode">): boolean {
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/** How long a container waits that ends again and again: not at all the first time. */
export class BackOff {
  #delayMs = 0;

  /** The wait before the next start, after a run of so many milliseconds. */
  after(ranMs: number): number {
    if (ranMs > 2 * maxBackOffMs) this.#delayMs = 0;
    const delay = this.#delayMs;
    this.#delayMs = delay === 0 ? firstBackOffMs : Math.min(delay * 2, maxBackOffMs);
    return delay;
  }
}
