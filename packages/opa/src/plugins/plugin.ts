/** What plugins need of the process around them. */
export interface PluginHost {
  readonly log: PluginLog;
  /** Wall clock, as RFC 3339 with nanoseconds. */
  readonly timestamp: () => string;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** `Open-Policy-Agent/1.19.1 (linux, amd64)`: what services see. */
  readonly agent: string;
}

export type PluginLog = (
  level: "debug" | "info" | "error",
  message: string,
  fields: { readonly [name: string]: string },
) => void;

/** As `/health` and the status tell it. */
export type PluginState = "OK" | "NOT_READY";
