import type { Plugin } from "../plugin.ts";
import { deny, pass, skip } from "../refusals.ts";
import { podOf, specOf } from "./pod-spec.ts";

const hostname = "kubernetes.io/hostname";

interface Affinity {
  readonly podAntiAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly { readonly topologyKey?: string }[];
  };
}

/**
 * LimitPodHardAntiAffinityTopology: required anti-affinity may keep pods off a node, not off a whole zone or cluster.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#limitpodhardantiaffinitytopology
 */
export const limitPodHardAntiAffinityTopology: Plugin = {
  name: "LimitPodHardAntiAffinityTopology",
  operations: ["CREATE", "UPDATE"],
  validate: ({ request }) => {
    const pod = podOf(request);
    if (pod === undefined) return skip("not a pod");
    const { podAntiAffinity } = (specOf(pod)["affinity"] ?? {}) as Affinity;
    const terms = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const at = terms.findIndex(({ topologyKey }) => topologyKey !== hostname);
    if (at < 0) return pass();
    const message = `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${terms[at]?.topologyKey ?? ""} but only key ${hostname} is allowed`;
    const field = "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution";
    return deny(request, "anti-affinity-topology", message, `${field}[${at}].topologyKey`);
  },
};
