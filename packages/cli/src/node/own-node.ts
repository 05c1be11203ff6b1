import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { RunningNode } from "@sallyport/node/kubelet";
import { version } from "../version.ts";
import { nodeIdentity } from "./node-identity.ts";
import { nodeClock, nodeInfo } from "./node-info.ts";
import { nodePlace } from "./node-place.ts";
import { startReaper, untilReaped } from "./reaper.ts";

export interface OwnNodeOptions {
  /** The data folder, with the authority that the server's certificates come from. */
  readonly folder: string;
  readonly name: string;
  readonly url: string;
  readonly insecureRegistries: readonly string[];
  /** Pods that have sidecars have their rules, and this program is the sidecars' image. */
  readonly hasMesh?: boolean;
  readonly onFault: (error: unknown) => void;
}

/** Makes this machine the node of our own API server. Answers why it cannot be one, where it cannot. */
export async function startOwnNode({
  folder,
  name,
  url,
  insecureRegistries,
  hasMesh,
  onFault,
}: OwnNodeOptions): Promise<RunningNode | string> {
  const { createRegistry, startNode, findRuntimes, localhostProfiles, readMachine, FolderImageStore } = await import(
    "@sallyport/node/kubelet"
  );
  const place = nodePlace(folder);
  await untilReaped(place);
  const { runtimes, reasons, callOff: endTrials } = await findRuntimes(place.runtimes, process.env);
  if (runtimes.size === 0) return reasons.join("; ");
  const callOffReaper = startReaper(place, folder);
  const { close, ...identity } = await nodeIdentity(folder, name, url);
  const { hostname, port } = new URL(url);
  const mesh = hasMesh === true ? await import("../mesh/own-mesh.ts") : undefined;
  const versions = () => [...runtimes.values()].map(({ handler, version: of }) => `${handler} ${of}`);
  const node = await startNode({
    folder: place.folder,
    name,
    ...identity,
    apiServer: { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) },
    images: new FolderImageStore({
      folder: join(place.folder, "images"),
      registry: createRegistry({ agent: `sallyport/${version}`, insecureRegistries }),
      ...(mesh === undefined ? {} : { machineImages: [mesh.proxyMachineImage()] }),
    }),
    ...(mesh === undefined ? {} : { rulesOf: mesh.meshRules }),
    runtimes,
    machine: await readMachine(),
    cpus: availableParallelism(),
    nodeInfo: await nodeInfo("sallyport"),
    annotations: () => ({ "sallyport.dev/runtimes": versions().join(", ") }),
    resolvConf: readOr("/etc/resolv.conf"),
    hosts: readOr("/etc/hosts"),
    localhostProfiles: localhostProfiles(join(place.folder, "seccomp")),
    clock: nodeClock,
    random: Math.random,
    onFault,
  });
  return {
    ...node,
    stop: async (graceSeconds) => {
      await node.stop(graceSeconds);
      await endTrials();
      callOffReaper();
      close();
    },
  };
}

/** Empty where there is none. */
function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
