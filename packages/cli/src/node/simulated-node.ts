import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import type { RunningNode } from "@sallyport/node/kubelet";
import { nodeIdentity } from "./node-identity.ts";
import { nodeClock, nodeInfo } from "./node-info.ts";
import type { OwnNodeOptions } from "./own-node.ts";

/** A node of our own API server that tells its pods as running, and runs nothing. It is as large as this machine. */
export async function startOwnSimulatedNode({
  folder,
  name,
  url,
  onFault,
}: Omit<OwnNodeOptions, "insecureRegistries">): Promise<RunningNode> {
  const { startSimulatedNode } = await import("@sallyport/node/kubelet");
  const { close, proxyClient: _none, ...identity } = await nodeIdentity(folder, name, url);
  const starting = startSimulatedNode({
    folder: join(folder, "simulated"),
    name,
    ...identity,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    nodeInfo: await nodeInfo("simulated"),
    clock: nodeClock,
    random: Math.random,
    onFault,
  });
  const node = await starting.catch((error: unknown) => {
    close();
    throw error;
  });
  return {
    ...node,
    stop: async (graceSeconds) => {
      await node.stop(graceSeconds);
      close();
    },
  };
}
