import type { KubeObject } from "@sallyport/kube";
import { timestampOf } from "../timestamp.ts";
import { isReason } from "./client.ts";
import { findCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind, Machine } from "./controller.ts";
import type { Node } from "./nodes.ts";
import { ownKey, reconciler } from "./reconciler.ts";

/** As many pods as kubelets take unless told otherwise. */
const maxPods = "110";

/** Keeps a Node for this machine, so that pods have somewhere to be assigned to. It runs none of them. */
export const localNode: ControllerKind = {
  name: "local-node",
  alias: "localnode",
  account: "node-controller",
  isOptional: true,
  create: (context) => {
    const { machine } = context;
    return reconciler(
      {
        name: localNode.name,
        follows: [
          { group: "", resource: "nodes", keys: (event) => (event.name === machine?.name ? ownKey(event) : []) },
        ],
        first: machine === undefined ? [] : [machine.name],
        sync: async () => {
          if (machine !== undefined) await keep(machine, context);
        },
      },
      context,
    );
  },
};

async function keep(machine: Machine, { cache, client, clock }: ControllerContext): Promise<void> {
  const found = cache.get("", "nodes", "", machine.name) ?? (await register(machine, client));
  if (found === undefined || found.metadata.deletionTimestamp) return;
  const node = found as Node;
  if (findCondition(node.status?.conditions, "Ready")?.status !== "True")
    await client.updateStatus(node, (fresh) => ({ ...fresh, status: statusOf(machine, timestampOf(clock.now())) }));
}

async function register(
  { name, architecture, operatingSystem }: Machine,
  client: ControllerContext["client"],
): Promise<KubeObject | undefined> {
  const system = { "kubernetes.io/arch": architecture, "kubernetes.io/os": operatingSystem };
  const labels = { "kubernetes.io/hostname": name, ...system };
  try {
    return await client.create({ apiVersion: "v1", kind: "Node", metadata: { name, labels } });
  } catch (error) {
    if (isReason(error, "AlreadyExists")) return undefined;
    throw error;
  }
}

function statusOf(
  { name, cpus, memoryBytes, architecture, operatingSystem, kernelVersion }: Machine,
  now: string,
): object {
  const capacity = { cpu: String(cpus), memory: `${Math.floor(memoryBytes / 1024)}Ki`, pods: maxPods };
  const ready = {
    type: "Ready",
    status: "True",
    reason: "SallyportReady",
    message: "pods are assigned to this node, and do not run",
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  return {
    addresses: [
      { type: "InternalIP", address: "127.0.0.1" },
      { type: "Hostname", address: name },
    ],
    capacity,
    allocatable: capacity,
    conditions: [ready],
    nodeInfo: {
      architecture,
      operatingSystem,
      kernelVersion,
      bootID: "",
      containerRuntimeVersion: "",
      kubeProxyVersion: "",
      kubeletVersion: "",
      machineID: "",
      osImage: "",
      systemUUID: "",
    },
  };
}
