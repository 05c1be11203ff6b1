import type { PluginContext, PluginResult } from "../plugin.ts";
import { deny } from "../refusals.ts";

/** A kubelet's write, and the node that it speaks for. */
export interface NodeContext extends PluginContext {
  readonly node: string;
}

/** Undefined lets the write pass. */
export type NodeRule = (context: NodeContext) => PluginResult | undefined | Promise<PluginResult | undefined>;

export function refuse({ request }: NodeContext, message: string, fieldPath = ""): PluginResult {
  return deny(request, "node-restriction", message, fieldPath);
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}
