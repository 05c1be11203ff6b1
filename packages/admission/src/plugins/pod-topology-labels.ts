import type { Plugin } from "../plugin.ts";
import { isCore, pass, skip } from "../refusals.ts";
import { specOf } from "./pod-spec.ts";

const topologyLabels = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/**
 * PodTopologyLabels: a pod that lands on a node gets the node's zone and region as labels, on binding or when it is created on the
 * node; its own values are overwritten. KEP-4742.
 */
export const podTopologyLabels: Plugin = {
  name: "PodTopologyLabels",
  operations: ["CREATE", "UPDATE"],
  mutate: ({ request, snapshot }) => {
    const { object } = request;
    const isBinding = isCore(request, "pods", "binding");
    if (object === null || !(isBinding || isCore(request, "pods"))) return skip("neither pod nor binding");
    const target = object["target"] as { readonly kind?: string; readonly name?: string } | undefined;
    if (isBinding && target?.kind !== "Node") return skip("not bound to a node");
    const name = isBinding ? target?.name : specOf(object).nodeName;
    if (!name) return pass("on no node yet");
    const node = snapshot.objects.get("", "nodes", "", name);
    const labels = Object.entries(node?.metadata.labels ?? {}).filter(([key]) => topologyLabels.includes(key));
    if (labels.length === 0) return pass("the node has no topology labels");
    const metadata = { ...object.metadata, labels: { ...object.metadata.labels, ...Object.fromEntries(labels) } };
    return { outcome: "mutated", why: `labels of node ${name}`, object: { ...object, metadata } };
  },
};
