import type { Plugin } from "../plugin.ts";
import { skip } from "../refusals.ts";

/** A plugin whose feature gate is off: it stands in the chain and does nothing, as in a kube-apiserver with default gates. */
export function createGated(name: string, phase: "mutate" | "validate", gate: string): Plugin {
  return { name, operations: ["CREATE", "UPDATE"], [phase]: () => skip(`feature gate ${gate} is off`) };
}
