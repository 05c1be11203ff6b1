export { PluginConfigError } from "./config-fields.ts";
export { type ConfiguredBundle, configuredBundles } from "./configured-bundles.ts";
export type { PluginHost, PluginLog, PluginState } from "./plugin.ts";
export { Plugins, type PluginsOptions } from "./plugins.ts";
export { verificationKeys } from "./verification-keys.ts";
