import type { Plugin } from "../plugin.ts";
import { skip } from "../refusals.ts";

/**
 * A plugin whose feature gate is off in 1.37, or whose resource a server without a scheduler does not serve: it stands in the
 * chain and does nothing, as it does in a kube-apiserver with default gates.
 */
export function createGated(name: string, gate: string): Plugin {
  const idle = () => skip(`feature gate ${gate} is off`);
  return { name, operations: ["CREATE", "UPDATE"], mutate: idle, validate: idle };
}
