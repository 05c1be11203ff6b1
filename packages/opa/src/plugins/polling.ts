import type { Value } from "@sallyport/rego";
import { fieldOf, PluginConfigError, stringAt } from "./config-fields.ts";

/** How often something is done, in milliseconds: at a random moment between both after the one before. */
export interface Polling {
  readonly minMs: number;
  readonly maxMs: number;
}

/** `min_delay_seconds` and `max_delay_seconds`. Throws `PluginConfigError`. */
export function pollingOf(config: Value | undefined, defaults: Polling): Polling {
  const [min, max] = ["min_delay_seconds", "max_delay_seconds"].map((name) => {
    const value = config === undefined ? undefined : fieldOf(config, name);
    return typeof value === "number" ? value * 1000 : undefined;
  });
  if (min === undefined && max === undefined) return defaults;
  if (min === undefined || max === undefined)
    throw new PluginConfigError(`polling configuration missing '${min === undefined ? "min" : "max"}_delay_seconds'`);
  if (max < min) throw new PluginConfigError("max polling delay must be >= min polling delay");
  return { minMs: min, maxMs: max };
}

/** The same of what is reported; `section` is the part of the configuration. Throws `PluginConfigError`. */
export function reportingOf(config: Value, section: string, defaults: Polling): Polling {
  const [min, max] = ["min_delay_seconds", "max_delay_seconds"].map((name) => fieldOf(config, name));
  if (typeof min !== "number" && typeof max !== "number") return defaults;
  if (typeof min !== "number" || typeof max !== "number") {
    const missing = typeof min === "number" ? "max_delay_seconds" : "min_delay_seconds";
    throw new PluginConfigError(`reporting configuration missing '${missing}' in ${section}`);
  }
  if (max < min) throw new PluginConfigError(`max reporting delay must be >= min reporting delay in ${section}`);
  return { minMs: min * 1000, maxMs: max * 1000 };
}

/** When something is sent: every so often, as soon as there is enough, or never by itself. */
export type Trigger = "periodic" | "immediate" | "manual";

/** `what` is the part of the configuration. Throws `PluginConfigError`. */
export function triggerOf(config: Value, what: string): Trigger {
  const trigger = stringAt(config, "trigger") ?? "periodic";
  if (trigger === "periodic" || trigger === "immediate" || trigger === "manual") return trigger;
  throw new PluginConfigError(
    `invalid ${what}: invalid trigger mode ${JSON.stringify(trigger)} (want "periodic", "manual" or "immediate")`,
  );
}

/** The first retry of what failed comes after this, each further one twice as late, up to the usual delay. */
const firstRetryMs = 100;

/** Runs something again and again until it is stopped. What it answers says whether it has worked. */
export class Loop {
  readonly #run: (signal: AbortSignal) => Promise<boolean>;
  readonly #polling: Polling;
  readonly #stopping = new AbortController();
  #wake: () => void = () => {};
  #done: Promise<void> = Promise.resolve();

  constructor(polling: Polling, run: (signal: AbortSignal) => Promise<boolean>) {
    this.#polling = polling;
    this.#run = run;
  }

  /** Resolves after the first run. */
  async start(): Promise<void> {
    let retries = (await this.#run(this.#stopping.signal)) ? 0 : 1;
    this.#done = (async () => {
      while (!this.#stopping.signal.aborted) {
        await this.#pause(retries);
        if (this.#stopping.signal.aborted) return;
        retries = (await this.#run(this.#stopping.signal)) ? 0 : retries + 1;
      }
    })();
  }

  /** Runs at once instead of when it is time. */
  hurry(): void {
    this.#wake();
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#done;
  }

  #pause(retries: number): Promise<void> {
    const { minMs, maxMs } = this.#polling;
    const usual = minMs + Math.random() * (maxMs - minMs);
    const ms = retries === 0 ? usual : Math.min(firstRetryMs * 2 ** (retries - 1), usual);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
