import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import type { PodRuntime } from "@sallyport/streaming";
import type { KubeletClock, Tell } from "../kubelet/context.ts";
import { Kubelet } from "../kubelet/kubelet.ts";
import { KubeletServer } from "../kubelet/kubelet-server.ts";
import { type LocalNode, NodeKeeper } from "../kubelet/local-node.ts";
import type { Pod } from "../kubelet/pod.ts";
import { podEvents } from "../kubelet/pod-events.ts";
import type { RunningNode } from "../kubelet/start-node.ts";
import { diskSpace } from "../stats/disk-usage.ts";
import { simulatedSandbox, withoutProbes } from "./simulated-sandbox.ts";

export interface SimulatedNodeOptions {
  /** Of this node alone. Nothing is written but what containers would have logged, and they log nothing. */
  readonly folder: string;
  readonly name: string;
  /** As the node: `system:node:NAME`. */
  readonly client: Client;
  readonly certificate: string;
  readonly key: string;
  /** What the API server shows a kubelet. */
  readonly apiServerCertificate: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly nodeInfo: { readonly [field: string]: string };
  readonly clock: KubeletClock;
  readonly random: () => number;
  readonly onFault: (error: Error) => void;
}

const [address, podCidr] = ["127.0.0.1", "10.244.0.0/24"];
const label = "sallyport.dev/simulated";
const nothingRuns = "pods of this node are shown as running, and nothing of them runs";

/** A Node whose pods are told as running. Nothing of them runs, and the Node, its events and its kubelet's doors say so. */
export async function startSimulatedNode(options: SimulatedNodeOptions): Promise<RunningNode> {
  const { client, name, clock, random, onFault, certificate, key, apiServerCertificate, folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const events = podEvents(client, name, clock, random);
  const logFolder = (pod: Pod, container = "") => join(folder, "logs", pod.metadata.uid ?? "", container);
  const kubelet = new Kubelet({
    client,
    node: name,
    hostIP: address,
    clock,
    random,
    tell: withoutStarts(events.record),
    asRun: withoutProbes,
    makeSandbox: async (pod) => {
      events.record(
        pod(),
        "Normal",
        "Simulated",
        `Node ${name} is simulated: the pod is shown as running, and nothing runs`,
      );
      return simulatedSandbox(pod());
    },
    logFolder,
    clean: (pod) => rm(logFolder(pod), { recursive: true, force: true }),
    onFault,
  });
  const doors = { address, port: 0, certificate, key, client: apiServerCertificate };
  const server = new KubeletServer({ ...doors, runtime: refusals(kubelet, name), now: clock.now });
  const keeper = new NodeKeeper(
    client,
    nodeOf(options, Number((await diskSpace(folder)).capacityBytes), await server.start()),
    clock,
  );
  try {
    await keeper.register();
  } catch (error) {
    server.stop();
    await kubelet.stop(0);
    throw error;
  }
  const stop = new AbortController();
  const kept = keeper.run(stop.signal, onFault);
  await kubelet.synced;
  return {
    name,
    address,
    runtimes: [],
    stop: async () => {
      await kubelet.stop(0);
      await events.drained();
      stop.abort();
      await kept;
      server.stop();
    },
  };
}

/** That a container was made, began or was stopped would not be true. */
function withoutStarts(tell: Tell): Tell {
  const untrue = ["Created", "Started", "Killing"];
  return (pod, type, reason, ...more) => {
    if (!untrue.includes(reason)) tell(pod, type, reason, ...more);
  };
}

function nodeOf(
  { name, cpus, memoryBytes, nodeInfo }: SimulatedNodeOptions,
  diskBytes: number,
  kubeletPort: number,
): LocalNode {
  return {
    name,
    addresses: [{ type: "InternalIP", address }],
    cpus,
    memoryBytes,
    diskBytes,
    podCidr,
    kubeletPort,
    nodeInfo,
    labels: { [label]: "true" },
    annotations: () => ({ [label]: nothingRuns }),
    conditions: [{ type: "Simulated", status: "True", reason: "NothingRuns", message: nothingRuns }],
    handlers: () => [],
    pressures: () => ({ memory: false, disk: false, pid: false }),
    images: async () => [],
  };
}

/** Doors behind which there is nothing, which is said to whoever comes. */
function refusals(kubelet: Kubelet, node: string): PodRuntime {
  const refuse = (pod: string): never => {
    throw new StatusError("BadRequest", `pod ${JSON.stringify(pod)} is simulated by node ${node}: nothing of it runs`);
  };
  return {
    runs: (pod) => kubelet.worker(pod) !== undefined,
    exec: async ({ pod }) => refuse(pod.name),
    attach: async ({ pod }) => refuse(pod.name),
    log: ({ pod }) => refuse(pod.name),
    connect: async (pod) => refuse(pod.name),
  };
}
