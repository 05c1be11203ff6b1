import { countOf } from "./amounts.ts";
import type { Evaluator } from "./evaluator.ts";

const names = ["count/services", "services", "services.nodeports", "services.loadbalancers"];

interface ServiceSpec {
  readonly type?: string;
  readonly ports?: readonly { readonly nodePort?: number }[];
  readonly allocateLoadBalancerNodePorts?: boolean;
}

/** Services, the node ports that they take, and load balancers. */
export const services: Evaluator = {
  matches: (name) => names.includes(name),
  usage: (object) => {
    const spec = (object["spec"] ?? {}) as ServiceSpec;
    const balancers = spec.type === "LoadBalancer" ? 1 : 0;
    const counts = [1, 1, nodePorts(spec), balancers];
    return new Map(names.map((name, at) => [name, countOf(counts[at] ?? 0)]));
  },
  inScope: () => false,
  handles: ({ operation, subresource }) => subresource === "" && ["CREATE", "UPDATE"].includes(operation),
};

function nodePorts({ type, ports = [], allocateLoadBalancerNodePorts }: ServiceSpec): number {
  if (type === "NodePort") return ports.length;
  if (type !== "LoadBalancer") return 0;
  return allocateLoadBalancerNodePorts === false
    ? ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0).length
    : ports.length;
}
