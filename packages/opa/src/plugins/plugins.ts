import { isObject, type JsonObject, type RegoVersion } from "@sallyport/rego";
import type { DecisionLogger } from "../server/decision.ts";
import type { PolicyState } from "../server/policy-state.ts";
import type { PluginsView } from "../server/serving.ts";
import { bundleSources } from "./bundle-source.ts";
import { Bundles } from "./bundles.ts";
import { DecisionLog } from "./decisions/decision-log.ts";
import { decisionLogConfig } from "./decisions/decision-log-config.ts";
import type { PluginHost, PluginState } from "./plugin.ts";
import { PluginConfigError, servicesOf } from "./services.ts";

export interface PluginsOptions {
  readonly config: JsonObject;
  readonly state: PolicyState;
  readonly regoVersion: RegoVersion;
  readonly host: PluginHost;
}

/** Parts of a configuration that nothing is done about yet: who asks for them has to know. */
const missing = ["discovery", "status"];

/** What a configuration has beside the server itself. */
export class Plugins implements PluginsView {
  readonly #bundles: Bundles | undefined;
  readonly #decisionLog: DecisionLog | undefined;

  /** Throws `PluginConfigError`. */
  constructor({ config, state, regoVersion, host }: PluginsOptions) {
    for (const name of missing.filter((each) => config[each] !== undefined))
      host.log("error", "This part of the configuration is not supported yet, and does nothing.", { plugin: name });
    const services = servicesOf(config);
    const sources = bundleSources(config, services);
    const folder = typeof config["persistence_directory"] === "string" ? config["persistence_directory"] : ".opa";
    const labels = isObject(config["labels"] ?? null) ? (config["labels"] as JsonObject) : {};
    const decisions = decisionLogConfig(config, services, (message) =>
      host.log("warning", message, { plugin: "discovery" }),
    );
    this.#decisionLog = decisions && new DecisionLog({ config: decisions, labels, folder, host, onChange: () => {} });
    this.#bundles =
      sources.length === 0 ? undefined : new Bundles({ sources, state, regoVersion, folder, host, onChange: () => {} });
  }

  states(): { readonly [plugin: string]: PluginState } {
    return {
      ...(this.#bundles && { bundle: this.#bundles.isReady ? "OK" : "NOT_READY" }),
      ...(this.#decisionLog && { decision_logs: "OK" }),
    };
  }

  areBundlesReady(): boolean {
    return this.#bundles?.isReady ?? true;
  }

  get decisions(): DecisionLogger | undefined {
    return this.#decisionLog;
  }

  /** Before the first request. Rejects with `PluginConfigError` when something that is needed cannot be had. */
  async open(): Promise<void> {
    try {
      await this.#decisionLog?.open();
    } catch (error) {
      throw new PluginConfigError(`decision logs cannot be kept on disk: ${(error as Error).message}`);
    }
  }

  /** Resolves when each has done its first work. */
  async start(): Promise<void> {
    await Promise.all([this.#bundles?.start(), this.#decisionLog?.start()]);
  }

  /** Resolves when nothing is left to do; what is still to be sent is tried for `graceMs`. */
  async stop(graceMs: number = 0): Promise<void> {
    await Promise.all([this.#bundles?.stop(), this.#decisionLog?.stop(graceMs)]);
  }
}
