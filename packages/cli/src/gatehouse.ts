import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ChainOptions, createChain, type Plugin } from "@sallyport/admission";
import {
  type ApiServer,
  type ApiServerOptions,
  type AuditOptions,
  type Cache,
  type CacheEvent,
  createMemoryStore,
  openEtcdStore,
  openLmdbStore,
  type ProcessStats,
  resourceOfKey,
  SealedStore,
  type ServiceRanges,
  type Store,
  selectControllers,
  startApiServer,
} from "@sallyport/apiserver";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import { writeWholeSync } from "@sallyport/files";
import type { Catalogue } from "@sallyport/kube";
import type { SidecarSettings } from "@sallyport/mesh";
import type { RunningNode } from "@sallyport/node/kubelet";
import type { ObjectChange, SyncOptions } from "@sallyport/opa/sync";
import { EncryptionRules } from "@sallyport/secrets/encryption";
import { createAdmissionEffects } from "./effects/admission.ts";
import type { ConfiguredEncryption } from "./encryption-flags.ts";
import { UsageError } from "./errors.ts";
import type { StorageOptions } from "./etcd-flags.ts";
import type { ExternalDataSettings } from "./gatekeeper/external-data.ts";
import { LazyGatekeeper } from "./gatekeeper/lazy-gatekeeper.ts";
import { LivePolicies } from "./live-policies.ts";
import { version } from "./version.ts";

export interface GatehouseOptions {
  /** Certificates, kubeconfig and, unless `memory`, the store. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly memory: boolean;
  /** In the folder when absent. */
  readonly storage?: StorageOptions;
  readonly chain: ChainOptions;
  /** Who may ask; certificates of the folder's authority, tokens of service accounts and RBAC when absent. */
  readonly access?: Pick<ApiServerOptions, "authentication" | "authorizationModes" | "authorizationWebhook">;
  /** As kube-controller-manager's `--controllers`; all when absent. */
  readonly controllers?: readonly string[];
  /** kube-apiserver's defaults when absent. */
  readonly serviceRanges?: ServiceRanges;
  /** As `startApiServer` takes it. */
  readonly leaderElection?: ApiServerOptions["leaderElection"];
  /** The name of a Node for this machine, onto which pods are scheduled and where they run; none when absent. */
  readonly node?: string;
  /** That Node is no machine's: its pods are told as running, and it says that nothing runs. */
  readonly isSimulated?: boolean;
  /** Registries that the node asks without TLS, or whoever's certificate they show: `registry.lan:5000`. */
  readonly insecureRegistries?: readonly string[];
  /** Pods that want it get a sidecar of the mesh, made by these, and the mesh's kinds are served; neither when absent. */
  readonly sidecars?: SidecarSettings;
  /** With a node: it makes the rules of pods that have sidecars, and what those ask for is served; needs `sidecars`. */
  readonly hasMesh?: boolean;
  /** How Gatekeeper's Providers are asked; they are not when absent. */
  readonly externalData?: ExternalDataSettings;
  /** Templates in CEL that do not say whether they want one have a ValidatingAdmissionPolicy; else only those that say so. */
  readonly createsPolicies?: boolean;
  /** Seconds between audits against Gatekeeper's constraints; none when absent. */
  readonly auditInterval?: number;
  readonly sync?: Partial<SyncOptions>;
  readonly audit?: AuditOptions;
  /** As `startApiServer` takes it. */
  readonly kubelets?: ApiServerOptions["kubelets"];
  /** None when absent. */
  readonly shutdownDelaySeconds?: number;
  /** Nothing is sealed when absent. */
  readonly encryption?: ConfiguredEncryption;
  readonly onFault: (error: unknown) => void;
}

export interface Gatehouse {
  readonly server: ApiServer;
  /** Resolves once pods run here; why they cannot, where they cannot. Undefined where no Node was asked for. */
  readonly node: Promise<RunningNode | string> | undefined;
  readonly kubeconfigFile: string;
  readonly close: () => Promise<void>;
}

/** Everything wired: store, API server, admission chain, and policies from ConfigMaps over data that is always current. */
export async function openGatehouse(options: GatehouseOptions): Promise<Gatehouse> {
  let served: { readonly cache: Cache; readonly catalogue: Catalogue } | undefined;
  let client: Client | undefined;
  const gatekeeper = new LazyGatekeeper(async () => {
    const { openOwnGatekeeper } = await import("./gatekeeper/own-gatekeeper.ts");
    return openOwnGatekeeper(
      options,
      () => served,
      () => client,
    );
  });
  const injectors = options.sidecars === undefined ? [] : [await loadInjector(options.sidecars)];
  const plugins = createChain({ ...options.chain, others: [...injectors, gatekeeper.plugin] });
  if (typeof plugins === "string") throw new UsageError(plugins);
  const controllers = [...(options.controllers ?? ["*"]), ...(options.node === undefined ? [] : ofNode)];
  const selected = selectControllers(controllers);
  if (typeof selected === "string") throw new UsageError(`--controllers: ${selected}`);
  const store = sealed(await openStore(options), options);
  let server: ApiServer | undefined;
  const policies = new LivePolicies(options.sync ?? {}, (namespace, name, annotations) => {
    // Not within the event that led here: the store is still telling others of it.
    setImmediate(() => void server?.annotate("", "configmaps", namespace, name, annotations).catch(options.onFault));
  });
  try {
    server = await startApiServer(
      {
        ...options.storage,
        ...options.access,
        store,
        ...(options.encryption === undefined
          ? {}
          : { encryption: options.encryption.encryption, encryptionMetrics: options.encryption.metrics }),
        certificateFolder: join(options.folder, "pki"),
        host: options.host,
        port: options.port,
        plugins,
        effects: createAdmissionEffects(),
        policies: () => policies.current(),
        controllers,
        ...(options.serviceRanges === undefined ? {} : { serviceRanges: options.serviceRanges }),
        ...(options.leaderElection === undefined ? {} : { leaderElection: options.leaderElection }),
        ...(options.node === undefined
          ? {}
          : { nodeName: options.node, volumeFolder: join(options.folder, "volumes") }),
        version,
        processStats,
        // Only once there is something to tell: no cluster without Gatekeeper's objects loads it for this.
        moreMetrics: () => (options.encryption?.renderMetrics() ?? "") + (gatekeeper.loaded?.renderMetrics() ?? ""),
        ...(options.audit === undefined ? {} : { audit: options.audit }),
        ...(options.kubelets === undefined ? {} : { kubelets: options.kubelets }),
        ...(options.shutdownDelaySeconds === undefined ? {} : { shutdownDelayMs: options.shutdownDelaySeconds * 1000 }),
        onFault: options.onFault,
      },
      (cache, follow, catalogue) => {
        served = { cache, catalogue };
        const apply = (change: ObjectChange) => {
          policies.apply(change);
          gatekeeper.apply(change);
        };
        for (const resource of cache.resources) {
          policies.declare(resource);
          for (const object of cache.readable(resource.group, resource.resource))
            apply({
              resource,
              namespace: object.metadata.namespace ?? "",
              name: object.metadata.name ?? "",
              object,
            });
        }
        follow(({ resource, namespace, name, object }: CacheEvent) => apply({ resource, namespace, name, object }));
      },
    );
  } catch (error) {
    await store.close();
    throw error;
  }
  const kubeconfigFile = writeKubeconfig(options.folder, server.kubeconfig());
  const started = server;
  const own = new Client(kubeconfigConnection(kubeconfigFile, { environment: {}, now: Date.now }));
  if (plugins.includes(gatekeeper.plugin)) {
    client = own;
    gatekeeper.loaded?.start(own);
  }
  const node = options.node === undefined ? undefined : startNode({ ...options, node: options.node }, started.url);
  const mesh = options.hasMesh === true && node !== undefined ? startMesh(node, options, own) : undefined;
  const close = async () => {
    const running = await node?.catch(() => undefined);
    if (typeof running === "object") await running.stop(stopGraceSeconds);
    await (await mesh)?.close();
    await (await gatekeeper.settled())?.stop();
    own.close();
    await started.close();
    options.encryption?.encryption.close();
  };
  return { server, kubeconfigFile, node, close };
}

/** Most servers have no mesh, and need none of its code. */
async function loadInjector(settings: SidecarSettings): Promise<Plugin> {
  const { injectorPlugin } = await import("./mesh/injector-plugin.ts");
  return injectorPlugin(settings);
}

async function startNode(
  options: GatehouseOptions & { readonly node: string },
  url: string,
): Promise<RunningNode | string> {
  const { folder, node: name, isSimulated, insecureRegistries = [], hasMesh = false, onFault } = options;
  const given = { folder, name, url, insecureRegistries, hasMesh, onFault };
  if (isSimulated === true) return (await import("./node/simulated-node.ts")).startOwnSimulatedNode(given);
  return (await import("./node/own-node.ts")).startOwnNode(given);
}

/** Undefined where no pods run; a fault is told, and pods wait for their certificates then. */
async function startMesh(
  node: Promise<RunningNode | string>,
  { folder, onFault }: GatehouseOptions,
  client: Client,
): Promise<{ readonly close: () => Promise<void> } | undefined> {
  try {
    const running = await node;
    if (typeof running === "string" || running.address === undefined) return undefined;
    const { startControlPlane } = await import("./mesh/control-plane.ts");
    const say = (text: string) => process.stderr.write(`sallyport: ${text}\n`);
    return await startControlPlane({ client, address: running.address, folder: join(folder, "mesh"), say });
  } catch (error) {
    onFault(error);
    return undefined;
  }
}

/** What pods get when we stop: as long as `docker stop` gives. */
const stopGraceSeconds = 10;

/** What a Node needs to be of use. */
const ofNode: readonly string[] = ["kube-scheduler", "node-lifecycle-controller", "host-path-provisioner"];

function processStats(): ProcessStats {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startTimeSeconds: Date.now() / 1000 - process.uptime(),
    ...filesOfProcess(),
  };
}

/** What Linux tells of this process; nothing elsewhere. */
function filesOfProcess(): Partial<ProcessStats> {
  try {
    const [, kibibytes] = /^VmSize:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    const limits = readFileSync("/proc/self/limits", "utf8");
    const [, limit] = /^Max open files +(\d+)/m.exec(limits) ?? [];
    const [, addressSpace] = /^Max address space +(\w+)/m.exec(limits) ?? [];
    return {
      openFiles: readdirSync("/proc/self/fd").length,
      ...(kibibytes !== undefined && { virtualBytes: Number(kibibytes) * 1024 }),
      ...(limit !== undefined && { maxFiles: Number(limit) }),
      // Where there is no limit, Prometheus' clients tell the greatest number that there is.
      ...(addressSpace !== undefined && { maxVirtualBytes: Number(addressSpace) || 2 ** 64 }),
      ...networkOfProcess(),
    };
  } catch {
    return {};
  }
}

/** Bytes that its network namespace has received and sent. */
function networkOfProcess(): Pick<ProcessStats, "receivedBytes" | "transmittedBytes"> {
  const lines = readFileSync("/proc/self/net/netstat", "utf8").split("\n");
  const [names = [], values = []] = lines.filter((line) => line.startsWith("IpExt:")).map((line) => line.split(" "));
  const of = (name: string) => Number(values[names.indexOf(name)] ?? 0);
  return { receivedBytes: of("InOctets"), transmittedBytes: of("OutOctets") };
}

/** Also where nothing is sealed: what others have sealed must not be taken for objects. */
function sealed(store: Store, { encryption, storage }: GatehouseOptions): Store {
  const rules = encryption === undefined ? noEncryption : encryption.encryption;
  const prefix = storage?.etcd?.prefix?.replace(/\/+$/, "");
  const made = new SealedStore(store, {
    rules: () => rules.rules,
    resourceOf: resourceOfKey,
    ...(encryption === undefined ? {} : { metrics: encryption.metrics }),
    ...(prefix === undefined ? {} : { placeOf: (key) => prefix + key.slice("/registry".length) }),
  });
  encryption?.onChange(() => void made.refresh());
  return made;
}

const noEncryption = { rules: new EncryptionRules(new Map()) };

async function openStore({ folder, memory, storage }: GatehouseOptions): Promise<Store> {
  if (storage?.etcd !== undefined) return openEtcdStore(storage.etcd);
  return memory ? createMemoryStore() : openLmdbStore(join(folder, "store"));
}

/** Holds the administrator's key: readable by its owner alone, and never half-written. */
function writeKubeconfig(folder: string, text: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "kubeconfig");
  writeWholeSync(file, text, 0o600);
  return file;
}
