export type { PluginHost, PluginLog, PluginState } from "./plugin.ts";
export { Plugins, type PluginsOptions } from "./plugins.ts";
export { PluginConfigError } from "./services.ts";
