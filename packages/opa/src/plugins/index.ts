export { PluginConfigError } from "./config-fields.ts";
export type { PluginHost, PluginLog, PluginState } from "./plugin.ts";
export { Plugins, type PluginsOptions } from "./plugins.ts";
