import { isObject, type JsonObject, jsonText, type RegoVersion, type Value } from "@sallyport/rego";
import { Registry } from "prom-client";
import type { Struct } from "../answers/json-text.ts";
import type { DecisionLogger } from "../server/decision.ts";
import type { PolicyState } from "../server/policy-state.ts";
import type { PluginsView } from "../server/serving.ts";
import { bundleSources } from "./bundle-source.ts";
import type { BundleStatus } from "./bundle-status.ts";
import { Bundles } from "./bundles.ts";
import { checkSections, fieldOf, PluginConfigError } from "./config-fields.ts";
import { DecisionLog } from "./decisions/decision-log.ts";
import { decisionLogConfig } from "./decisions/decision-log-config.ts";
import { Discovery } from "./discovery.ts";
import { FileLogger } from "./file-logger/file-logger.ts";
import { fileLoggerConfig, fileLoggerName } from "./file-logger/file-logger-config.ts";
import type { PluginHost, PluginState } from "./plugin.ts";
import { servicesOf } from "./services/service.ts";
import { statusConfig } from "./status/status-config.ts";
import { type StatusCause, StatusReporter, type StatusSubject } from "./status/status-reporter.ts";

export interface PluginsOptions {
  readonly config: JsonObject;
  readonly state: PolicyState;
  readonly regoVersion: RegoVersion;
  readonly host: PluginHost;
  /** Metrics of the process, which the status tells and adds to. */
  readonly registry?: Registry;
  /** Is told of a configuration that was discovered before it is in force. Throws for one that cannot be. */
  readonly onConfig?: (config: JsonObject) => void;
}

/** What one configuration has beside the server itself. Parts that another one leaves as they are go on in it. */
interface Parts {
  readonly fileLogger: Part<FileLogger>;
  readonly bundles: Part<Bundles>;
  readonly decisionLog: Part<DecisionLog>;
  readonly status: Part<StatusReporter>;
}

interface Part<T> {
  /** The configuration that it was made of. */
  readonly key: string;
  readonly it: T | undefined;
}

/** Parts that go for others have so long to send what they hold. */
const replacementGraceMs = 1000;

/** Bundles, decision logs, status and discovery, as the configuration wants them. */
export class Plugins implements PluginsView {
  readonly #options: PluginsOptions;
  readonly #registry: Registry;
  readonly #discovery: Discovery | undefined;
  #config: JsonObject;
  #parts: Parts;

  /** Throws `PluginConfigError`. */
  constructor(options: PluginsOptions) {
    const { config, regoVersion, host } = options;
    this.#options = options;
    this.#registry = options.registry ?? new Registry();
    this.#config = config;
    checkSections(config);
    this.#discovery = Discovery.of({
      boot: config,
      services: servicesOf(config, host.environment),
      regoVersion,
      folder: folderOf(config),
      host,
      onChange: (status) => this.#changed("discovery", status),
      configure: (next) => this.#configure(next),
    });
    this.#parts = this.#partsOf(config);
  }

  states(): { readonly [plugin: string]: PluginState } {
    const { bundles, decisionLog, fileLogger, status } = this.#parts;
    const stateOf = (isReady: boolean): PluginState => (isReady ? "OK" : "NOT_READY");
    return {
      ...(bundles.it && { bundle: stateOf(bundles.it.isReady) }),
      ...(decisionLog.it && { decision_logs: "OK" }),
      ...(fileLogger.it && { [fileLoggerName]: "OK" as const }),
      discovery: stateOf(this.#discovery?.status.isReady ?? true),
      ...(status.it && { status: "OK" }),
    };
  }

  areBundlesReady(): boolean {
    // What is yet to be discovered may name bundles.
    const { discovery = "OK" } = this.states();
    return discovery === "OK" && (this.#parts.bundles.it?.isReady ?? true);
  }

  /** Where the server's log goes, `server.logger_plugin`; undefined for where it went. */
  get serverLog(): FileLogger | undefined {
    const named = fieldOf(this.#config["server"] ?? {}, "logger_plugin");
    return named === fileLoggerName ? this.#parts.fileLogger.it : undefined;
  }

  get decisions(): DecisionLogger | undefined {
    return this.#parts.decisionLog.it;
  }

  async status(): Promise<Struct | undefined> {
    return this.#parts.status.it?.json();
  }

  /** Before the first request. Rejects with `PluginConfigError` when something that is needed cannot be had. */
  async open(): Promise<void> {
    await openLog(this.#parts.decisionLog.it);
  }

  /** Resolves when each has done its first work. */
  async start(): Promise<void> {
    const { bundles, decisionLog, status } = this.#parts;
    status.it?.start();
    await Promise.all([this.#discovery?.start(), bundles.it?.start(), decisionLog.it?.start()]);
  }

  /** Resolves when nothing is left to do; what is still to be sent is tried for `graceMs`. */
  async stop(graceMs: number = 0): Promise<void> {
    await this.#discovery?.stop();
    const { bundles, decisionLog, status } = this.#parts;
    await Promise.all([bundles.it?.stop(), decisionLog.it?.stop(graceMs), status.it?.stop()]);
    await this.#parts.fileLogger.it?.close();
  }

  /** Throws `PluginConfigError`. */
  #partsOf(config: JsonObject, before?: Parts): Parts {
    const { state, regoVersion, host } = this.#options;
    checkSections(config);
    const services = servicesOf(config, host.environment);
    const folder = folderOf(config);
    const sources = bundleSources(config, services);
    const warn = (message: string) => host.log("warning", message, { plugin: "discovery" });
    const logger = fileLoggerConfig(config);
    const fileLogger = part(
      before?.fileLogger,
      keyOf(config, ["plugins"]),
      () => logger && new FileLogger(logger, host),
    );
    const decisions = decisionLogConfig(config, services, {
      warn,
      plugins: logger === undefined ? [] : [fileLoggerName],
    });
    const status = statusConfig(config, services);
    const labels = labelsOf(config);
    return {
      fileLogger,
      bundles: part(before?.bundles, keyOf(config, ["bundles", "keys"]), () =>
        sources.length === 0
          ? undefined
          : new Bundles({
              sources,
              state,
              regoVersion,
              folder,
              host,
              onChange: (each) => this.#changed("bundle", each),
            }),
      ),
      decisionLog: part(
        before?.decisionLog,
        keyOf(config, ["decision_logs", "labels", "nd_builtin_cache", "plugins"]),
        () =>
          decisions &&
          new DecisionLog({
            config: decisions,
            labels,
            folder,
            host,
            file: decisions.plugin === undefined ? undefined : fileLogger.it,
            onChange: () => this.#changed("decision log"),
          }),
      ),
      status: part(
        before?.status,
        keyOf(config, ["status"]),
        () =>
          status && new StatusReporter({ config: status, host, registry: this.#registry, subject: this.#subject() }),
      ),
    };
  }

  #subject(): StatusSubject {
    return {
      labels: () => labelsOf(this.#config),
      states: () => this.states(),
      bundles: () => this.#parts.bundles.it?.statuses ?? new Map(),
      discovery: () => this.#discovery?.status,
      decisionLog: () => this.#parts.decisionLog.it,
    };
  }

  /** A configuration that cannot be changes nothing. */
  async #configure(config: JsonObject): Promise<void> {
    const before = this.#parts;
    const next = this.#partsOf(config, before);
    this.#options.onConfig?.(config);
    if (next.decisionLog !== before.decisionLog) await openLog(next.decisionLog.it);
    this.#config = config;
    this.#parts = next;
    const { bundles, decisionLog, fileLogger, status } = next;
    if (status !== before.status) {
      await before.status.it?.stop();
      status.it?.start();
    }
    if (bundles !== before.bundles) {
      await before.bundles.it?.stop();
      await bundles.it?.start();
    }
    if (decisionLog !== before.decisionLog) {
      // It ends beside the one that takes over.
      void before.decisionLog.it?.stop(replacementGraceMs);
      await decisionLog.it?.start();
    }
    if (fileLogger !== before.fileLogger) await before.fileLogger.it?.close();
    this.#changed("plugin");
  }

  #changed(cause: StatusCause, bundle?: BundleStatus): void {
    this.#parts.status.it?.changed(cause, bundle);
  }
}

async function openLog(log: DecisionLog | undefined): Promise<void> {
  try {
    await log?.open();
  } catch (error) {
    throw new PluginConfigError(`decision logs cannot be kept on disk: ${(error as Error).message}`);
  }
}

function part<T>(before: Part<T> | undefined, key: string, make: () => T | undefined): Part<T> {
  return before?.key === key ? before : { key, it: make() };
}

function keyOf(config: JsonObject, sections: readonly string[]): string {
  const shared = ["services", "persistence_directory"];
  return jsonText(Object.fromEntries([...shared, ...sections].map((name) => [name, config[name] ?? null] as const)));
}

function folderOf({ persistence_directory: folder }: JsonObject): string {
  return typeof folder === "string" ? folder : ".opa";
}

function labelsOf({ labels }: JsonObject): JsonObject {
  return isObject((labels ?? null) as Value) ? (labels as JsonObject) : {};
}
