import { limitCases } from "./limits.ts";
import type { PluginCase } from "./plugin-case.ts";
import { podCases } from "./pods.ts";

/** Cases of all plugins, each in namespaces of its own. */
export async function pluginCases(): Promise<readonly PluginCase[]> {
  return [...limitCases, ...podCases];
}
