import type { JsonObject, Value } from "@sallyport/rego";
import { parseJson } from "@sallyport/rego";
import type { Registry } from "prom-client";
import { goJson, type Printable, Struct } from "../../answers/json-text.ts";
import { type BundleStatus, HttpStatusError } from "../bundle-status.ts";
import { type DecisionLog, uploadFault } from "../decisions/decision-log.ts";
import type { PluginHost, PluginState } from "../plugin.ts";
import { ask } from "../services/ask.ts";
import { metricFamilies } from "./metric-families.ts";
import type { StatusConfig } from "./status-config.ts";
import { StatusMetrics } from "./status-metrics.ts";

/** What has changed. */
export type StatusCause = "bundle" | "discovery" | "decision log" | "plugin";

export interface StatusReporterOptions {
  readonly config: StatusConfig;
  readonly host: PluginHost;
  readonly registry: Registry;
  readonly subject: StatusSubject;
}

/** Of what it tells, as it is now. */
export interface StatusSubject {
  readonly labels: () => JsonObject;
  readonly states: () => { readonly [plugin: string]: PluginState };
  readonly bundles: () => ReadonlyMap<string, BundleStatus>;
  readonly discovery: () => BundleStatus | undefined;
  readonly decisionLog: () => DecisionLog | undefined;
}

/** Tells a service, the console and Prometheus how it goes, each time that this changes. https://www.openpolicyagent.org/docs/management-status */
export class StatusReporter {
  readonly #options: StatusReporterOptions;
  readonly #metrics: StatusMetrics | undefined;
  readonly #stopping = new AbortController();
  #pending: StatusCause | undefined;
  #sending: Promise<void> | undefined;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
    this.#metrics = options.config.prometheus ? new StatusMetrics(options.registry) : undefined;
  }

  start(): void {
    this.#log("info", "Starting status reporter.");
    this.changed("plugin");
  }

  /** Changes that come while one is told are told together. */
  changed(cause: StatusCause, bundle?: BundleStatus): void {
    if (this.#stopping.signal.aborted) return;
    const { states, decisionLog } = this.#options.subject;
    if (bundle !== undefined) this.#metrics?.bundle(bundle);
    this.#metrics?.plugins(states());
    this.#metrics?.decisions(decisionLog()?.counters ?? new Map());
    if (!this.#options.config.isSent) return;
    this.#pending = cause;
    this.#sending ??= this.#sendAll();
  }

  async stop(): Promise<void> {
    this.#log("info", "Stopping status reporter.");
    this.#stopping.abort();
    await this.#sending;
    this.#metrics?.remove();
  }

  /** As `/v1/status` tells it. */
  async json(): Promise<Struct> {
    const { registry, subject } = this.#options;
    const { labels, states, bundles, discovery, decisionLog } = subject;
    const all = [...bundles()].filter(([, each]) => each.requested !== undefined || each.isReady);
    const plugins = Object.entries(states()).map(([name, state]) => [name, new Struct({ state })] as const);
    const log = decisionLog();
    return new Struct({
      labels: labels(),
      bundles: all.length === 0 ? undefined : sorted(all.map(([name, status]) => [name, status.json()] as const)),
      discovery: discovery()?.json(),
      decision_logs: log && decisionLogStatus(log),
      metrics: new Struct({ prometheus: await metricFamilies(registry) }),
      plugins: sorted(plugins),
    });
  }

  async #sendAll(): Promise<void> {
    // What changes in the same moment is one change.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending !== undefined && !this.#stopping.signal.aborted) {
      const cause = this.#pending;
      this.#pending = undefined;
      await this.#send(cause);
    }
    this.#sending = undefined;
  }

  async #send(cause: StatusCause): Promise<void> {
    const { config, host } = this.#options;
    const text = goJson(await this.json(), "");
    if (config.console) host.console("Status Log", { ...(parseJson(text) as JsonObject), type: consoleType });
    if (config.service === undefined) return;
    try {
      const answer = await ask(config.service, {
        method: "POST",
        path: config.resource,
        headers: { "Content-Type": "application/json" },
        body: new TextEncoder().encode(text),
        agent: host.agent,
        signal: this.#stopping.signal,
      });
      if (answer.status < 200 || answer.status > 299) throw new HttpStatusError(answer.status, answer.statusText);
      this.#log("info", `Status update sent successfully in response to ${cause} update.`);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const why =
        error instanceof HttpStatusError ? `server replied with HTTP ${error.line}` : (error as Error).message;
      this.#log("error", `status update failed, ${why}.`);
    }
  }

  #log(level: "info" | "error", message: string): void {
    this.#options.host.log(level, message, { plugin: "status" });
  }
}

const consoleType = "openpolicyagent.org/status";

function sorted(entries: readonly (readonly [string, Printable])[]): Struct {
  return new Struct(Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function decisionLogStatus({ error, counters }: DecisionLog): Struct {
  const metrics = Object.fromEntries([...counters].map(([name, count]): [string, Value] => [`counter_${name}`, count]));
  return new Struct({
    code: error === undefined ? undefined : "decision_log_error",
    message: error === undefined ? undefined : uploadFault(error),
    http_code: error instanceof HttpStatusError ? error.status : undefined,
    metrics: counters.size === 0 ? undefined : metrics,
  });
}
