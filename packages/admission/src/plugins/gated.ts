import type { Plugin } from "../plugin.ts";
import { skip } from "../refusals.ts";
import type { Operation } from "../request.ts";

/** A plugin whose feature gate is off: it stands in the chain and does nothing, as in a kube-apiserver with default gates. */
export function createGated(
  name: string,
  operation: Operation,
  phase: "mutate" | "validate",
  featureGate: string,
): Plugin {
  return { name, operations: [operation], [phase]: () => skip(`feature gate ${featureGate} is off`) };
}
