import { readFileSync } from "node:fs";
import { availableParallelism, platform, release } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, type Connection } from "@sallyport/cluster";
import type { RunningNode } from "@sallyport/node/kubelet";
import { createLeaf, type KeyPair } from "@sallyport/pki";
import { goArchitecture } from "../go-architecture.ts";
import { version } from "../version.ts";
import { nodePlace } from "./node-place.ts";
import { startReaper, untilReaped } from "./reaper.ts";

export interface OwnNodeOptions {
  /** The data folder, with the authority that the server's certificates come from. */
  readonly folder: string;
  readonly name: string;
  readonly url: string;
  readonly insecureRegistries: readonly string[];
  readonly onFault: (error: unknown) => void;
}

const leafDays = 365;

/** Makes this machine the node of our own API server. Answers why it cannot be one, where it cannot. */
export async function startOwnNode({
  folder,
  name,
  url,
  insecureRegistries,
  onFault,
}: OwnNodeOptions): Promise<RunningNode | string> {
  const { createRegistry, startNode, systemInfo, findRuntimes, localhostProfiles, readMachine, FolderImageStore } =
    await import("@sallyport/node/kubelet");
  const place = nodePlace(folder);
  await untilReaped(place);
  const { runtimes, reasons } = await findRuntimes(place.runtimes);
  if (runtimes.size === 0) return reasons.join("; ");
  const callOff = startReaper(place, folder);
  const pki = join(folder, "pki");
  const ca: KeyPair = { certificate: read(pki, "ca.crt"), key: read(pki, "ca.key") };
  const life = { now: Date.now(), days: leafDays };
  const connect = async (subject: string): Promise<Client> => {
    const { certificate, key } = await createLeaf(ca, subject, life);
    const connection: Connection = { url, ca: ca.certificate, cert: certificate, key };
    return new Client(connection);
  };
  const [client, proxyClient] = [
    await connect(`O=system:nodes, CN=system:node:${name}`),
    await connect("CN=system:kube-proxy"),
  ];
  const serving = await createLeaf(ca, `O=system:nodes, CN=system:node:${name}`, life, {
    names: [name],
    addresses: [],
  });
  const { hostname, port } = new URL(url);
  const versions = [...runtimes.values()].map(({ handler, version: of }) => `${handler} ${of}`);
  const node = await startNode({
    folder: place.folder,
    name,
    client,
    proxyClient,
    apiServer: { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) },
    certificate: serving.certificate,
    key: serving.key,
    apiServerCertificate: read(pki, "apiserver-kubelet-client.crt"),
    images: new FolderImageStore({
      folder: join(place.folder, "images"),
      registry: createRegistry({ agent: `sallyport/${version}`, insecureRegistries }),
    }),
    runtimes,
    machine: await readMachine(),
    cpus: availableParallelism(),
    nodeInfo: await systemInfo({
      architecture: goArchitecture,
      operatingSystem: platform(),
      kernelVersion: release(),
      kubeletVersion: `v1.37.2+sallyport.${version}`,
      runtimeVersion: `sallyport://${version}`,
    }),
    annotations: { "sallyport.dev/runtimes": versions.join(", ") },
    resolvConf: readOr("/etc/resolv.conf"),
    hosts: readOr("/etc/hosts"),
    localhostProfiles: localhostProfiles(join(place.folder, "seccomp")),
    clock: { now: Date.now, sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}) },
    random: Math.random,
    onFault,
  });
  return {
    ...node,
    stop: async (graceSeconds) => {
      await node.stop(graceSeconds);
      callOff();
      client.close();
      proxyClient.close();
    },
  };
}

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

/** Empty where there is none. */
function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
