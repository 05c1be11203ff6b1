import {
  compileModules,
  equal,
  isObject,
  type JsonObject,
  parseJson,
  RegoError,
  RegoPolicy,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import { goJson } from "../answers/json-text.ts";
import type { Bundle } from "../bundle/bundle.ts";
import { type BundleSource, sourceOf } from "./bundle-source.ts";
import type { BundleStatus } from "./bundle-status.ts";
import { WatchedBundle, type WatchedWords } from "./bundles.ts";
import { fieldOf, PluginConfigError, stringAt } from "./config-fields.ts";
import type { PluginHost } from "./plugin.ts";
import type { Service } from "./services/service.ts";
import { verificationKeys } from "./verification-keys.ts";

export interface DiscoveryOptions {
  /** The configuration that the process was started with. */
  readonly boot: JsonObject;
  readonly services: ReadonlyMap<string, Service>;
  readonly regoVersion: RegoVersion;
  readonly folder: string;
  readonly host: PluginHost;
  readonly onChange: (status: BundleStatus) => void;
  /** Puts a configuration in force. Rejects with `PluginConfigError` for one that cannot be. */
  readonly configure: (config: JsonObject) => Promise<void>;
}

const words: WatchedWords = {
  plugin: "discovery",
  done: "Discovery update processed successfully.",
  failed: "Discovery download failed",
  unchanged: "Discovery update skipped, server replied with not modified.",
};

/** Configures the rest from a bundle, whose policies make the configuration. https://www.openpolicyagent.org/docs/management-discovery */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #watched: WatchedBundle;
  readonly #decision: string;
  /** The name of the service that it is asked for of. */
  readonly #service: string | undefined;

  private constructor(options: DiscoveryOptions, source: BundleSource, decision: string) {
    const { regoVersion, folder, host, onChange } = options;
    this.#options = options;
    this.#decision = decision;
    this.#service =
      source.service && (stringAt(options.boot["discovery"] as Value, "service") ?? [...options.services.keys()][0]);
    const activate = (_: string, bundle: Bundle) => this.#activate(bundle);
    this.#watched = new WatchedBundle(source, { regoVersion, folder, host, onChange, activate, words });
  }

  /** Undefined where nothing is to be discovered. Throws `PluginConfigError`. */
  static of(options: DiscoveryOptions): Discovery | undefined {
    const { boot, services } = options;
    const given = boot["discovery"];
    if (given === undefined || given === null) return undefined;
    const name = stringAt(given, "name");
    const resource = stringAt(given, "resource") ?? (name && `bundles/${name}`);
    if (resource === undefined) throw new PluginConfigError("missing required discovery.resource field");
    if (fieldOf(given, "service") === undefined && services.size !== 1 && !resource.startsWith("file://"))
      throw new PluginConfigError("invalid configuration for discovery service: more than one service is defined");
    const decision = stringAt(given, "decision") ?? name ?? "";
    const source = sourceOf("discovery", { ...(given as JsonObject), resource }, verificationKeys(boot), services);
    return new Discovery(options, source, decision.split("/").filter(Boolean).join("/"));
  }

  get status(): BundleStatus {
    return this.#watched.status;
  }

  start(): Promise<void> {
    return this.#watched.start();
  }

  stop(): Promise<void> {
    return this.#watched.stop();
  }

  async #activate({ modules, data }: Bundle): Promise<void> {
    const { compiled, diagnostics } = compileModules(modules.map(({ module }) => module));
    if (compiled === undefined) throw new RegoError(diagnostics);
    const found = await new RegoPolicy(compiled, { regoVersion: this.#options.regoVersion }).evaluateAsync(
      this.#decision,
      { data },
    );
    if (found === undefined) throw new PluginConfigError("undefined configuration");
    if (!isObject(found)) throw new PluginConfigError("the discovered configuration is no object");
    const overridden: string[] = [];
    const discovered = parseJson(goJson(found, "")) as JsonObject;
    checkUnchanged(discovered, this.#options.boot, this.#service);
    const config = withBoot(discovered, this.#options.boot, "", overridden) as JsonObject;
    await this.#options.configure(config);
    this.status.message =
      overridden.length === 0
        ? undefined
        : `Keys in the discovered configuration overridden by boot configuration: ${overridden.join(", ")}`;
  }
}

/** Whoever can change a configuration may not change where it comes from, nor who signs it. Throws `PluginConfigError`. */
function checkUnchanged(found: JsonObject, boot: JsonObject, service: string | undefined): void {
  const differs = (section: string, name: string): boolean => {
    const [ours, theirs] = [entryOf(boot[section], name), entryOf(found[section], name)];
    return ours !== undefined && theirs !== undefined && !equal(ours, theirs);
  };
  if (service !== undefined && differs("services", service))
    throw new PluginConfigError("updates to the discovery service are not allowed");
  if (fieldOf(boot["discovery"] as Value, "signing") === undefined) return;
  const { keys = {} } = boot;
  if (isObject(keys) && Object.keys(keys).some((name) => differs("keys", name)))
    throw new PluginConfigError("updates to keys specified in the boot configuration are not allowed");
}

/** Services are listed by name, or with their names. */
function entryOf(section: Value | undefined, name: string): Value | undefined {
  if (section === undefined || section === null) return undefined;
  if (isObject(section)) return fieldOf(section, name);
  if (!Array.isArray(section)) return undefined;
  const found = (section as readonly Value[]).find((each) => fieldOf(each, "name") === name);
  if (found === undefined) return undefined;
  const { name: _, ...rest } = found as JsonObject;
  return rest;
}

/** What was found, and over it what the process was started with; `overridden` takes what that has hidden. */
function withBoot(found: Value, boot: Value, path: string, overridden: string[]): Value {
  if (!isObject(found) || !isObject(boot)) {
    if (JSON.stringify(found) !== JSON.stringify(boot)) overridden.push(path);
    return boot;
  }
  const merged: { [name: string]: Value } = { ...(found as JsonObject) };
  for (const [name, value] of Object.entries(boot as JsonObject)) {
    const at = path === "" ? name : `${path}.${name}`;
    merged[name] = Object.hasOwn(merged, name) ? withBoot(merged[name] as Value, value, at, overridden) : value;
  }
  return merged;
}
