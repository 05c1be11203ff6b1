import type { PluginContext, PluginResult } from "../plugin.ts";

/** One policy's text, as a ConfigMap or a file holds it. */
export interface PolicySource {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** What policies do in the two phases of the chain. */
export interface PolicyDecisions {
  readonly mutate: (context: PluginContext) => PluginResult;
  readonly validate: (context: PluginContext) => PluginResult;
}

/** Loaded policies, compiled: one immutable generation. */
export interface PolicySet {
  readonly generation: number;
  /** Undefined when no policy is loaded. */
  readonly decisions: PolicyDecisions | undefined;
}

export const emptyPolicySet: PolicySet = { generation: 0, decisions: undefined };

/** Compiles policies together. All or nothing: an error says what and where, and nothing has changed. */
export type CreatePolicySet = (
  sources: readonly PolicySource[],
  generation: number,
) => { readonly set: PolicySet } | { readonly error: string };
