import type { Client } from "@sallyport/cluster";
import { apiVersionOf, type KubeObject, StatusError, timestampOf } from "@sallyport/kube";
import type { KubeletClock } from "./context.ts";

/** A handler of RuntimeClasses, and what it has. */
export interface HandlerFact {
  readonly name: string;
  readonly userNamespaces: boolean;
}

/** This machine, as a Node tells it. core/v1 NodeStatus */
export interface LocalNode {
  readonly name: string;
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly podCidr: string;
  readonly kubeletPort: number;
  readonly nodeInfo: { readonly [field: string]: string };
  /** Handlers of RuntimeClasses that work here, and what each has; `describe node` shows them. */
  readonly handlers: () => readonly HandlerFact[];
  readonly labels?: { readonly [name: string]: string };
  /** Beside those of every node. */
  readonly conditions?: readonly NodeCondition[];
  /** For people: versions and limits of each runtime. */
  readonly annotations: () => { readonly [name: string]: string };
  /** What the machine is short of, by kubelet's own thresholds. */
  readonly pressures: () => { readonly [what in "memory" | "disk" | "pid"]: boolean };
  readonly images: () => Promise<readonly { readonly names: readonly string[]; readonly sizeBytes: number }[]>;
}

/** core/v1 NodeCondition, but for its times. */
export type NodeCondition = { readonly [field in "type" | "status" | "reason" | "message"]: string };

/** What of a Node's status may be otherwise at another time. */
interface ChangingFacts {
  readonly images: readonly { readonly names: readonly string[]; readonly sizeBytes: number }[];
  readonly conditions: readonly NodeCondition[];
  readonly handlers: readonly HandlerFact[];
}

/** kubelet's: nodeLeaseDurationSeconds, a quarter of it between renewals, and nodeStatusReportFrequency. */
const [leaseSeconds, renewMs, reportMs] = [40, 10_000, 300_000];
/** kubelet's nodeStatusMaxImages. */
const maxImages = 50;
/** As many pods as kubelets take unless told otherwise. */
const maxPods = "110";

/** Registers this machine, and keeps saying that it is well until the signal. */
export class NodeKeeper {
  readonly #client: Client;
  readonly #node: LocalNode;
  readonly #clock: KubeletClock;
  readonly #since = new Map<string, { readonly status: string; readonly since: string }>();
  #told = "";

  constructor(client: Client, node: LocalNode, clock: KubeletClock) {
    this.#client = client;
    this.#node = node;
    this.#clock = clock;
  }

  /** Resolves once the Node is there and ready. Rejects as the client does. */
  async register(): Promise<KubeObject> {
    const { name, nodeInfo, podCidr } = this.#node;
    const annotations = this.#node.annotations();
    const own = this.#node.labels;
    const system = { "kubernetes.io/arch": nodeInfo["architecture"], "kubernetes.io/os": nodeInfo["operatingSystem"] };
    const labels = { "kubernetes.io/hostname": name, ...system, ...own };
    const metadata = { name, labels, annotations };
    const spec = { podCIDR: podCidr, podCIDRs: [podCidr] };
    const call = { method: "POST", body: { apiVersion: "v1", kind: "Node", metadata, spec } };
    await this.#client.ask("/api/v1/nodes", call).catch(unless("AlreadyExists"));
    return this.report();
  }

  async run(signal: AbortSignal, onFault: (error: Error) => void): Promise<void> {
    let reported = this.#clock.now();
    while (!signal.aborted) {
      try {
        await this.#renew();
        if (this.#clock.now() - reported > reportMs || (await this.#hasChanged())) {
          await this.report();
          reported = this.#clock.now();
        }
      } catch (error) {
        onFault(error as Error);
      }
      await this.#clock.sleep(renewMs, signal);
    }
  }

  /** Writes the whole status. */
  async report(): Promise<KubeObject> {
    const { name } = this.#node;
    const annotations = this.#node.annotations();
    const facts = await this.#facts();
    this.#told = JSON.stringify(facts);
    const patch = { metadata: { annotations }, status: this.#status(facts, timestampOf(this.#clock.now())) };
    const call = { method: "PATCH", body: patch, type: "application/strategic-merge-patch+json" };
    return (await this.#client.ask(`/api/v1/nodes/${encodeURIComponent(name)}/status`, call)) as KubeObject;
  }

  /** Whether what may change is otherwise than it was told. */
  async #hasChanged(): Promise<boolean> {
    return JSON.stringify(await this.#facts()) !== this.#told;
  }

  async #facts(): Promise<ChangingFacts> {
    const { images, pressures, handlers, conditions = [] } = this.#node;
    const found = [...(await images())].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, maxImages);
    return {
      images: found.map(({ names, sizeBytes }) => ({ names, sizeBytes })),
      conditions: [...conditionsOf(pressures()), ...conditions],
      handlers: handlers(),
    };
  }

  #status({ images, conditions, handlers }: ChangingFacts, now: string): object {
    const { addresses, cpus, memoryBytes, diskBytes, kubeletPort, nodeInfo } = this.#node;
    const capacity = {
      cpu: String(cpus),
      memory: `${Math.floor(memoryBytes / 1024)}Ki`,
      "ephemeral-storage": `${Math.floor(diskBytes / 1024)}Ki`,
      pods: maxPods,
    };
    return {
      addresses,
      capacity,
      allocatable: capacity,
      conditions: conditions.map((each) => this.#dated(each, now)),
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      images,
      nodeInfo,
      runtimeHandlers: [{ name: "", userNamespaces: false }, ...handlers].map(({ name, userNamespaces }) => ({
        name,
        features: { recursiveReadOnlyMounts: false, userNamespaces },
      })),
    };
  }

  /** A condition's time is that at which it became what it is. */
  #dated(condition: NodeCondition, now: string): object {
    const before = this.#since.get(condition.type);
    const since = before?.status === condition.status ? before.since : now;
    this.#since.set(condition.type, { status: condition.status, since });
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime: since };
  }

  async #renew(): Promise<void> {
    const { name } = this.#node;
    const path = `/apis/${apiVersionOf({ group: "coordination.k8s.io", version: "v1" })}/namespaces/kube-node-lease/leases`;
    const renewTime = `${new Date(this.#clock.now()).toISOString().slice(0, -1)}000Z`;
    const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime };
    const call = { method: "PATCH", body: { spec }, type: "application/merge-patch+json" };
    const renewed = await this.#client.ask(`${path}/${encodeURIComponent(name)}`, call).catch(unless("NotFound"));
    if (renewed !== undefined) return;
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name }, spec };
    await this.#client.ask(path, { method: "POST", body }).catch(unless("AlreadyExists"));
  }
}

/** In kubelet's words: with and without each pressure. */
const words = {
  memory: ["MemoryPressure", "InsufficientMemory", "insufficient memory", "SufficientMemory", "sufficient memory"],
  disk: ["DiskPressure", "DiskPressure", "disk pressure", "NoDiskPressure", "no disk pressure"],
  pid: ["PIDPressure", "InsufficientPID", "insufficient PID", "SufficientPID", "sufficient PID"],
} as const;

function conditionsOf(pressures: ReturnType<LocalNode["pressures"]>): readonly NodeCondition[] {
  const told = Object.entries(words).map(([what, [type, bad, badly, good, well]]) => {
    const isShort = pressures[what as keyof typeof words];
    const available = what === "disk" ? "" : " available";
    const message = `kubelet has ${isShort ? badly : well}${available}`;
    return { type, status: isShort ? "True" : "False", reason: `KubeletHas${isShort ? bad : good}`, message };
  });
  const ready = { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" };
  return [...told, ready];
}

/** For what another has done, or undone, already. */
function unless(reason: string): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof StatusError && error.status.reason === reason) return undefined;
    throw error;
  };
}
