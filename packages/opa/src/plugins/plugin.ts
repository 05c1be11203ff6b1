import type { JsonObject } from "@sallyport/rego";
import type { Environment } from "./services/credentials.ts";

/** What plugins need of the process around them. */
export interface PluginHost {
  readonly log: PluginLog;
  /** Tells of a log that cannot be written, wherever logs go. */
  readonly fault: (message: string, fields: { readonly [name: string]: string }) => void;
  /** Tells of decisions and status, whatever level the log has. */
  readonly console: (message: string, fields: JsonObject) => void;
  /** Wall clock, as RFC 3339 with nanoseconds. */
  readonly timestamp: () => string;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Variables of the process: credentials and proxies are named there. */
  readonly environment: Environment;
  /** `Open-Policy-Agent/1.19.1 (linux, amd64)`: what services see. */
  readonly agent: string;
}

export type PluginLog = (
  level: "debug" | "info" | "warning" | "error",
  message: string,
  fields: { readonly [name: string]: string },
) => void;

/** As `/health` and the status tell it. */
export type PluginState = "OK" | "NOT_READY";
