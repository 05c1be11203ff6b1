import type { Answer } from "./ask.ts";
import type { KubeletClock } from "./context.ts";
import type { Probe } from "./pod.ts";

export interface ProbeWorkerOptions {
  readonly probe: Probe;
  readonly clock: KubeletClock;
  /** Asks once. */
  readonly ask: (seconds: number) => Promise<Answer>;
  /** Each answer that is no success. */
  readonly onFault: (output: string) => void;
  /** The probe's word has changed: `successThreshold` or `failureThreshold` answers alike, one after another. */
  readonly onResult: (isOk: boolean) => void;
  /** Startup probes end with their first word. */
  readonly isOnce: boolean;
}

/** Asks a container again and again until the signal, by the probe's times. core/v1 Probe's defaults are the API server's. */
export async function runProbe(
  { probe, clock, ask, onFault, onResult, isOnce }: ProbeWorkerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { initialDelaySeconds = 0, timeoutSeconds = 1, periodSeconds = 10 } = probe;
  const { successThreshold = 1, failureThreshold = 3 } = probe;
  await clock.sleep(initialDelaySeconds * 1000, signal);
  let last: boolean | undefined;
  let run = 0;
  while (!signal.aborted) {
    const begun = clock.now();
    const { isOk, output } = await ask(timeoutSeconds);
    if (signal.aborted) return;
    if (!isOk) onFault(output);
    run = last === isOk ? run + 1 : 1;
    last = isOk;
    if (run === (isOk ? successThreshold : failureThreshold)) {
      onResult(isOk);
      if (isOnce) return;
    }
    await clock.sleep(Math.max(0, begun + periodSeconds * 1000 - clock.now()), signal);
  }
}
