import { spawn } from "node:child_process";
import { mkdir, realpath, rm } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import type { Client } from "@sallyport/cluster";
import type { EventRecorder, KubeObject } from "@sallyport/kube";
import type { Machine } from "../bundle/machine.ts";
import { ImageFault, type ImageStore } from "../image/image.ts";
import { ImagePuller, type ImageRequest } from "../image/pull-policy.ts";
import { giveShare } from "../runtime/cgroup-share.ts";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import { ApiServerDoor } from "../sandbox/api-server-door.ts";
import { DnsServer } from "../sandbox/dns-server.ts";
import { freePrefix, PodNetwork, tagOf } from "../sandbox/pod-network.ts";
import { ServiceProxy } from "../sandbox/service-proxy.ts";
import { diskSpace } from "../stats/disk-usage.ts";
import { Evictor } from "../stats/evictor.ts";
import { nodePages } from "../stats/node-pages.ts";
import { nodeResources } from "../stats/node-resources.ts";
import { type PodPlaces, type PodUsage, podUsage } from "../stats/pod-usage.ts";
import { shortagesOf } from "../stats/pressure.ts";
import { removeUnusedImages } from "../stats/unused-images.ts";
import type { PodFilesOptions } from "../volumes/files-of-pod.ts";
import { commandMounts } from "../volumes/mount-table.ts";
import { parseResolvConf } from "../volumes/pod-dns.ts";
import { ApiReader } from "./api-reader.ts";
import { type KubeletClock, type Tell, WaitingFault } from "./context.ts";
import { Kubelet } from "./kubelet.ts";
import { KubeletServer } from "./kubelet-server.ts";
import { type LocalNode, NodeKeeper } from "./local-node.ts";
import type { KubeletContainer, Pod } from "./pod.ts";
import { podEvents } from "./pod-events.ts";
import { makePodSandbox } from "./pod-sandbox.ts";
import { PodStreams } from "./pod-streams.ts";
import type { PodWorker } from "./pod-worker.ts";
import { runtimeOf } from "./runtime-class.ts";
import { nodeCgroup, openRunFolder, runFolder, sweep } from "./sweep.ts";

export interface NodeOptions {
  /** Of this node alone; on a file system that overlays can lie on. */
  readonly folder: string;
  readonly name: string;
  /** As the node: `system:node:NAME`. */
  readonly client: Client;
  /** As `system:kube-proxy`. */
  readonly proxyClient: Client;
  /** Where the API server listens, for pods. */
  readonly apiServer: { readonly host: string; readonly port: number };
  readonly certificate: string;
  readonly key: string;
  /** What the API server shows a kubelet. */
  readonly apiServerCertificate: string;
  readonly images: ImageStore;
  /** By handler; the first that is there serves pods without a class, if runc is not. Others may join later. */
  readonly runtimes: ReadonlyMap<string, ContainerRuntime>;
  readonly machine: Machine;
  readonly cpus: number;
  readonly nodeInfo: { readonly [field: string]: string };
  readonly annotations: () => { readonly [name: string]: string };
  /** The machine's own files of these names in /etc: who answers names that are not of the cluster, and whom it knows itself. */
  readonly resolvConf: string;
  readonly hosts: string;
  readonly localhostProfiles: (path: string) => string | undefined;
  /** As `SandboxMaker` has it. */
  readonly rulesOf?: (pod: Pod) => string | undefined;
  readonly clock: KubeletClock;
  readonly random: () => number;
  readonly onFault: (error: Error) => void;
}

export interface RunningNode {
  readonly name: string;
  /** Of the node among its pods: where they reach what listens on it. None where nothing runs. */
  readonly address?: string;
  /** `runc 1.1.5` */
  readonly runtimes: readonly string[];
  /** Ends all pods within so many seconds, and takes away all that was made on the machine. */
  readonly stop: (graceSeconds: number) => Promise<void>;
}

const domain = "cluster.local";
const dnsPort = 53;

/** Makes this machine a node: it registers, follows the pods that are assigned to it, and runs them. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  await mkdir(options.folder, { recursive: true, mode: 0o711 });
  const folder = await realpath(options.folder);
  const tag = tagOf(folder);
  const place = { folder, tag };
  await sweep(place, options.runtimes);
  await openRunFolder(place);
  await giveShare(nodeCgroup(tag), options.cpus, options.machine.cgroups);
  const stops: (() => unknown)[] = [() => sweep(place, options.runtimes)];
  const undo = async () => {
    for (const stop of stops.reverse()) await Promise.resolve(stop()).catch(options.onFault);
  };
  try {
    return await new NodeStart(options, folder, tag, stops, undo).run();
  } catch (error) {
    await undo();
    throw error;
  }
}

/** The parts of a node, each begun once what it needs is there; `stops` undo them in the reverse of their order. */
class NodeStart {
  readonly #options: NodeOptions;
  readonly #folder: string;
  readonly #tag: string;
  readonly #stops: (() => unknown)[];
  readonly #undo: () => Promise<void>;

  constructor(options: NodeOptions, folder: string, tag: string, stops: (() => unknown)[], undo: () => Promise<void>) {
    this.#options = options;
    this.#folder = folder;
    this.#tag = tag;
    this.#stops = stops;
    this.#undo = undo;
  }

  async run(): Promise<RunningNode> {
    const { client, name, clock, random, runtimes } = this.#options;
    const network = new PodNetwork({ tag: this.#tag, prefix: await freePrefix() });
    await network.start();
    this.#stops.push(() => network.stop());
    const services = await this.#startServices(network);
    const events = podEvents(client, name, clock, random);
    const kubelet = this.#kubelet(network, services, events);
    const port = await this.#startServer(network, kubelet);
    const evictor = this.#startEvictor(kubelet, events.record);
    await this.#startNode(network, port, evictor);
    await kubelet.synced;
    return {
      name,
      address: network.address,
      runtimes: [...runtimes.values()].map(({ handler, version }) => `${handler} ${version}`),
      stop: async (graceSeconds) => {
        await kubelet.stop(graceSeconds);
        await events.drained();
        await this.#undo();
      },
    };
  }

  async #startServices(network: PodNetwork): Promise<ServiceProxy> {
    const { proxyClient, apiServer, random, onFault, resolvConf } = this.#options;
    const upstreams = parseResolvConf(resolvConf).nameservers.map((address) => ({ address, port: dnsPort }));
    const door = new ApiServerDoor(apiServer);
    const doorPort = await door.start(network.address);
    this.#stops.push(() => door.stop());
    const services = new ServiceProxy({
      client: proxyClient,
      random,
      onFault,
      table: `sallyport_${this.#tag}`,
      podCidr: network.cidr,
      linkPrefix: `sp${this.#tag}`,
      overrides: ({ metadata }: KubeObject) =>
        metadata.namespace === "default" && metadata.name === "kubernetes" ? [[network.address, doorPort]] : undefined,
    });
    await services.start();
    this.#stops.push(() => services.stop());
    const dns = new DnsServer({ address: network.address, port: dnsPort, domain, objects: services, upstreams });
    await dns.start();
    this.#stops.push(() => dns.stop());
    return services;
  }

  #kubelet(network: PodNetwork, services: ServiceProxy, events: EventRecorder): Kubelet {
    const {
      client,
      name,
      clock,
      random,
      onFault,
      runtimes,
      images,
      machine,
      cpus,
      localhostProfiles,
      rulesOf,
      resolvConf,
      hosts,
    } = this.#options;
    const tell = events.record;
    const reader = new ApiReader(client);
    const facts = {
      hostIPs: [network.address],
      allocatable: { cpu: String(cpus), memory: String(machine.memoryBytes) },
    };
    const puller = new ImagePuller(images, clock.now);
    const files: PodFilesOptions = {
      reader,
      services: () => services.all(),
      node: facts,
      dns: { servers: [network.address], domain, nodeConfig: resolvConf },
      nodeHostname: name,
      nodeHosts: hosts,
      mounts: commandMounts(),
      imageRootfs: async (pod, { reference = "", pullPolicy = "IfNotPresent" }) => {
        const image = await puller.ensure({
          podUid: pod.metadata.uid ?? "",
          image: reference,
          policy: pullPolicy,
          credentials: () => reader.credentials(pod as Pod),
          signal: new AbortController().signal,
          tell: (type, reason, message) => tell(pod as Pod, type, reason, message),
        });
        return image.rootfs;
      },
      now: clock.now,
      onFault,
    };
    const maker = {
      folder: runFolder(this.#tag),
      hostname: name,
      cgroup: nodeCgroup(this.#tag),
      machine,
      network,
      images,
      localhostProfiles,
      rulesOf,
      random,
      tell,
      files,
      runtimeOf: (pod: Pod) => runtimeOf(pod, client, runtimes),
      ensureImage: (pod: Pod, container: KubeletContainer, signal: AbortSignal) =>
        ensureImage(puller, pod, container, { signal, tell, credentials: () => reader.credentials(pod) }),
    };
    return new Kubelet({
      client,
      node: name,
      hostIP: network.address,
      clock,
      random,
      tell,
      makeSandbox: (pod, signal) => makePodSandbox(pod, maker, signal),
      logFolder: (pod, container) => this.#logFolder(pod, container),
      clean: (pod) => rm(this.#logFolder(pod), { recursive: true, force: true }),
      onFault,
    });
  }

  async #startServer(network: PodNetwork, kubelet: Kubelet): Promise<number> {
    const { certificate, key, apiServerCertificate: client, clock } = this.#options;
    const runtime = new PodStreams({
      worker: kubelet.worker,
      logFolder: (worker, container) => this.#logFolder(worker.pod, container),
      dialInside: (worker, port) => dialInside(this.#networkFile(worker), port),
      page: nodePages({
        node: this.#options.name,
        bootedAt: clock.now() - uptime() * 1000,
        now: clock.now,
        pods: () => kubelet.workers,
        usage: this.#usage,
        resources: () => nodeResources(this.#folder),
      }),
    });
    const server = new KubeletServer({
      address: network.address,
      port: 0,
      certificate,
      key,
      client,
      runtime,
      now: clock.now,
    });
    const port = await server.start();
    this.#stops.push(() => server.stop());
    return port;
  }

  readonly #usage = (places: PodPlaces): Promise<PodUsage> => podUsage(places, this.#options.machine.cgroups);

  #startEvictor(kubelet: Kubelet, tell: Tell): Evictor {
    const { clock, name, images, onFault } = this.#options;
    const evictor = new Evictor({
      clock,
      workers: () => kubelet.workers,
      usage: this.#usage,
      shortages: async () => shortagesOf(await nodeResources(this.#folder)),
      reclaim: () =>
        removeUnusedImages(
          images,
          kubelet.workers.map(({ pod }) => pod),
        ),
      tell,
      node: { apiVersion: "v1", kind: "Node", metadata: { name, uid: name } },
      onFault,
    });
    const stop = new AbortController();
    const ended = evictor.run(stop.signal);
    this.#stops.push(async () => {
      stop.abort();
      await ended;
    });
    return evictor;
  }

  async #startNode(network: PodNetwork, kubeletPort: number, evictor: Evictor): Promise<void> {
    const { client, clock, name, cpus, machine, nodeInfo, annotations, runtimes, images, onFault } = this.#options;
    const node: LocalNode = {
      name,
      addresses: [
        { type: "InternalIP", address: network.address },
        { type: "Hostname", address: name },
      ],
      cpus,
      memoryBytes: machine.memoryBytes,
      diskBytes: Number((await diskSpace(this.#folder)).capacityBytes),
      podCidr: network.cidr,
      kubeletPort,
      nodeInfo,
      annotations,
      handlers: () =>
        [...runtimes.values()].map(({ handler, traits }) => ({ name: handler, userNamespaces: !traits.hasOwnKernel })),
      pressures: () => evictor.pressures,
      images: () => images.list(),
    };
    const keeper = new NodeKeeper(client, node, clock);
    await keeper.register();
    const stop = new AbortController();
    const kept = keeper.run(stop.signal, onFault);
    this.#stops.push(async () => {
      stop.abort();
      await kept;
    });
  }

  #networkFile({ pod }: PodWorker): string {
    return join(runFolder(this.#tag), pod.metadata.uid ?? "", "ns", "net");
  }

  #logFolder({ metadata }: Pod, container = ""): string {
    return join(this.#folder, "logs", metadata.uid ?? "", container);
  }
}

/** Rejects with a WaitingFault for what a container waits with. */
async function ensureImage(
  puller: ImagePuller,
  pod: Pod,
  { image, imagePullPolicy, name }: KubeletContainer,
  { signal, tell, credentials }: Pick<ImageRequest, "signal" | "credentials"> & { readonly tell: Tell },
): Promise<void> {
  try {
    await puller.ensure({
      podUid: pod.metadata.uid ?? "",
      image,
      policy: imagePullPolicy ?? "IfNotPresent",
      credentials,
      signal,
      tell: (type, reason, message) => tell(pod, type, reason, message, `spec.containers{${name}}`),
    });
  } catch (error) {
    throw error instanceof ImageFault ? new WaitingFault(error.reason, error.message) : error;
  }
}

/** What listens on a pod's loopback address alone is reached from within its network. */
async function dialInside(namespace: string, port: number): Promise<Duplex> {
  const script = `const { stdin, stdout, exit } = process;
    const s=require("net").connect({host:"127.0.0.1",port:${port},allowHalfOpen:true});
    s.on("error",(e)=>{console.error(e.message);exit(1)});
    s.on("connect",()=>{stdin.pipe(s);s.pipe(stdout)});`;
  const child = spawn("nsenter", [`--net=${namespace}`, process.execPath, "-e", script], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  child.once("exit", (code) => {
    if (code !== 0) stream.destroy(new Error(Buffer.concat(said).toString("utf8").trim() || `status ${code}`));
  });
  return stream;
}
