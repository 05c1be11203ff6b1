import type { Plugin } from "../plugin.ts";
import { isCore, pass, skip } from "../refusals.ts";

interface NodeSpec {
  readonly taints?: readonly { readonly key: string; readonly effect: string }[];
}

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

/**
 * TaintNodesByCondition: a new node is tainted as not ready, so that nothing is scheduled on it before its controller has looked.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#taintnodesbycondition
 */
export const taintNodesByCondition: Plugin = {
  name: "TaintNodesByCondition",
  operations: ["CREATE"],
  mutate: ({ request }) => {
    if (!isCore(request, "nodes") || request.object === null) return skip("not a node");
    const spec = (request.object["spec"] ?? {}) as NodeSpec;
    const taints = spec.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return pass();
    const object = { ...request.object, spec: { ...spec, taints: [...taints, notReady] } };
    return { outcome: "mutated", why: `taint ${notReady.key}:${notReady.effect}`, object };
  },
};
