import type { JsonObject, RegoVersion } from "@sallyport/rego";
import type { PolicyState } from "../server/policy-state.ts";
import type { PluginsView } from "../server/serving.ts";
import { bundleSources } from "./bundle-source.ts";
import { Bundles } from "./bundles.ts";
import type { PluginHost, PluginState } from "./plugin.ts";
import { servicesOf } from "./services.ts";

export interface PluginsOptions {
  readonly config: JsonObject;
  readonly state: PolicyState;
  readonly regoVersion: RegoVersion;
  readonly host: PluginHost;
}

/** Parts of a configuration that nothing is done about yet: who asks for them has to know. */
const missing = ["decision_logs", "discovery", "status"];

/** What a configuration has beside the server itself. */
export class Plugins implements PluginsView {
  readonly #bundles: Bundles | undefined;

  /** Throws `PluginConfigError`. */
  constructor({ config, state, regoVersion, host }: PluginsOptions) {
    for (const name of missing.filter((each) => config[each] !== undefined))
      host.log("error", "This part of the configuration is not supported yet, and does nothing.", { plugin: name });
    const services = servicesOf(config);
    const sources = bundleSources(config, services);
    const folder = typeof config["persistence_directory"] === "string" ? config["persistence_directory"] : ".opa";
    this.#bundles =
      sources.length === 0 ? undefined : new Bundles({ sources, state, regoVersion, folder, host, onChange: () => {} });
  }

  states(): { readonly [plugin: string]: PluginState } {
    return this.#bundles === undefined ? {} : { bundle: this.#bundles.isReady ? "OK" : "NOT_READY" };
  }

  areBundlesReady(): boolean {
    return this.#bundles?.isReady ?? true;
  }

  /** Resolves when each has done its first work. */
  async start(): Promise<void> {
    await this.#bundles?.start();
  }

  /** Resolves when nothing is left to do. */
  async stop(): Promise<void> {
    await this.#bundles?.stop();
  }
}
