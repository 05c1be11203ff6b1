import { limitCases } from "./limits.ts";
import { nodeCases } from "./nodes.ts";
import { otherCases } from "./others.ts";
import type { PluginCase } from "./plugin-case.ts";
import { podCases } from "./pods.ts";
import { quotaCases } from "./quotas.ts";

/** Cases of all plugins, each in namespaces of its own. */
export async function pluginCases(): Promise<readonly PluginCase[]> {
  return [...limitCases, ...podCases, ...quotaCases, ...(await nodeCases()), ...otherCases];
}
