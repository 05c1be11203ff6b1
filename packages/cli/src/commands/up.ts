import { hostname } from "node:os";
import { resolve } from "node:path";
import { deprecationWarnings } from "@sallyport/admission";
import type { RunningNode } from "@sallyport/node/kubelet";
import { Command } from "commander";
import { chainOptions } from "../admission-configuration.ts";
import { type ApiServerFlags, addApiServerOptions, apiServerOptions } from "../api-server-flags.ts";
import { type AuditFlags, addAuditOptions, auditOptions } from "../audit-flags.ts";
import { list } from "../comma-list.ts";
import { addEncryptionOptions, type EncryptionFlags, openEncryption } from "../encryption-flags.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { addStorageOptions, type EtcdFlags, secondsOf, storageOptions } from "../etcd-flags.ts";
import { addExternalDataOptions, type ExternalDataFlags, externalDataSettings } from "../external-data-flags.ts";
import { collectGarbageSoon } from "../garbage.ts";
import { type GatehouseOptions, openGatehouse } from "../gatehouse.ts";
import { findKubectl } from "../kubectl.ts";
import { addKubeletOptions, type KubeletFlags, kubeletOptions } from "../kubelet-flags.ts";
import { addLeaderElectionOptions, type LeaderElectionFlags, leaderElection } from "../leader-election-flags.ts";
import { chooseNode, type MachineLook, type NodeChoice } from "../node/choose-node.ts";
import { withNodeFlags } from "../node/node-flags.ts";
import { isOnPath } from "../on-path.ts";
import { addServiceOptions, type ServiceFlags, serviceRanges } from "../service-flags.ts";
import { paint } from "../terminal.ts";
import { playTour } from "../tour/tour.ts";

interface UpFlags
  extends EtcdFlags,
    ApiServerFlags,
    AuditFlags,
    EncryptionFlags,
    LeaderElectionFlags,
    ServiceFlags,
    KubeletFlags,
    ExternalDataFlags {
  readonly data: string;
  readonly host: string;
  readonly port: string;
  readonly memory?: boolean;
  readonly shutdownDelayDuration?: string;
  readonly mesh?: boolean;
  readonly tour?: boolean;
  readonly exit?: boolean;
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly admissionControlConfigFile?: string;
  readonly apiserverManifest?: string;
  readonly controllers: readonly string[];
  readonly node?: string | false;
  readonly simulate?: boolean;
  readonly insecureRegistry: readonly string[];
  readonly auditInterval: string;
  readonly defaultCreateVapForTemplates?: boolean;
}

export function upCommand(): Command {
  const command = new Command("up")
    .description(
      "start an embedded Kubernetes API server with the real admission chain; a kubeconfig is written beside its data",
    )
    .option("--data <folder>", "where objects, certificates and the kubeconfig lie", ".sallyport")
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--port <number>", "port to listen on; 0 takes any free one", "6443")
    .option("--memory", "keep objects in memory: nothing survives a restart");
  addEncryptionOptions(addAuditOptions(addApiServerOptions(addStorageOptions(command))));
  return addServiceOptions(addLeaderElectionOptions(addKubeletOptions(addExternalDataOptions(command))))
    .option(
      "--enable-admission-plugins <names>",
      "plugins to enable beside the default ones, as kube-apiserver names them",
      list,
      [],
    )
    .option("--disable-admission-plugins <names>", "default plugins to disable", list, [])
    .option("--admission-control-config-file <file>", "an AdmissionConfiguration, as of kube-apiserver")
    .option("--apiserver-manifest <file>", "a kube-apiserver's static pod manifest: its admission flags")
    .option("--shutdown-delay-duration <duration>", "how long to serve on, no longer ready, when told to stop")
    .option(
      "--controllers <names>",
      "controllers to run, as kube-controller-manager names them: * all, name that one, -name not that one (default: *)",
      list,
      [],
    )
    .option(
      "--node <name>",
      "this machine's name as a node, where pods run (default: the host's, where the machine can)",
    )
    .option("--no-node", "no node: pods stay Pending")
    .option("--simulate", "a node that runs nothing: pods are shown as running, and it says that they do not")
    .option(
      "--insecure-registry <hosts>",
      "with a node: registries without TLS, or with a certificate of anybody's; those of this machine are",
      list,
      [],
    )
    .option("--audit-interval <seconds>", "how often to audit against Gatekeeper's constraints; 0 is never", "60")
    .option(
      "--default-create-vap-for-templates",
      "ValidatingAdmissionPolicies of Gatekeeper's templates in CEL that do not say generateVAP, too",
    )
    .option("--mesh", "pods of namespaces labelled istio-injection=enabled get sidecars, with Istio's kinds for them")
    .option("--tour", "play the tour with a real kubectl, then go on serving")
    .option("--exit", "with --tour: end after it, with status 0 only if every answer was the expected one")
    .addHelpText(
      "after",
      `
Examples:
  sallyport up                          serve on https://127.0.0.1:6443
  KUBECONFIG=.sallyport/kubeconfig kubectl get ns
  sallyport up --tour --exit            play the tour, end with its verdict
  sallyport up --port 0 --memory        any free port, nothing kept
  sallyport up --authorization-mode Node,RBAC --token-auth-file tokens.csv
  sallyport up --controllers '*,-job'   all controllers but that of jobs
  sallyport up --encryption-provider-config encryption.yaml   Secrets under keys, bytes as kube-apiserver's
  sudo sallyport up                     a node, too: pods run here, by runc
  sudo sallyport up --mesh              pods talk by mutual TLS, as PeerAuthentications and AuthorizationPolicies say
  sallyport up --simulate               pods are shown as running; nothing runs
  sallyport up --etcd-servers http://127.0.0.1:2379   objects in an etcd, as kube-apiserver keeps them

Exit status: 0 stopped, 1 the tour met an unexpected answer, 2 bad usage, 3 port, disk or permissions.`,
    )
    .action(runUp);
}

async function runUp(given: UpFlags): Promise<void> {
  const choice = chooseNode(given, machineLook());
  const flags = withNodeFlags(given, choice);
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new UsageError(`--port ${flags.port}: expected a number from 0 to 65535`);
  if (flags.memory === true && flags.etcdServers.length > 0)
    throw new UsageError("--memory and --etcd-servers: choose one");
  if (flags.insecureRegistry.length > 0 && choice.kind !== "machine")
    throw new UsageError(`--insecure-registry is for a node's registries, and there is none: ${whyNone(choice)}`);
  const folder = resolve(flags.data);
  const chain = chainOptions(flags);
  for (const warning of deprecationWarnings(chain)) process.stderr.write(`sallyport: ${warning}\n`);
  const audit = auditOptions(flags, (line) => void process.stdout.write(line));
  const election = leaderElection(flags, flags.etcdServers.length > 0);
  const start = performance.now();
  const encryption = await openEncryption(flags, (line) => process.stderr.write(`sallyport: ${line}\n`));
  const gatehouse = await openGatehouse({
    folder,
    host: flags.host,
    port,
    memory: flags.memory === true,
    storage: storageOptions(flags),
    ...(encryption === undefined ? {} : { encryption }),
    chain,
    ...(audit === undefined ? {} : { audit }),
    access: apiServerOptions(flags),
    serviceRanges: serviceRanges(flags),
    kubelets: kubeletOptions(flags),
    externalData: externalDataSettings(flags),
    createsPolicies: flags.defaultCreateVapForTemplates === true,
    ...auditIntervalOf(flags.auditInterval),
    ...(flags.shutdownDelayDuration === undefined
      ? {}
      : { shutdownDelaySeconds: secondsOf("--shutdown-delay-duration", flags.shutdownDelayDuration) }),
    controllers: flags.controllers.length === 0 ? defaultControllers : flags.controllers,
    ...(election === undefined ? {} : { leaderElection: election }),
    ...(choice.kind === "none"
      ? {}
      : { node: choice.name, isSimulated: choice.kind === "simulated", insecureRegistries: flags.insecureRegistry }),
    ...(flags.mesh === true ? await meshOptions(choice.kind === "machine") : {}),
    onFault: (error) => process.stderr.write(`sallyport: internal fault: ${(error as Error).stack ?? String(error)}\n`),
  });
  const unfollow = chain.statics?.follow((text) => process.stderr.write(`sallyport: ${text}\n`));
  process.stdout.write(
    `${paint("green", "ready")} at ${gatehouse.server.url} in ${Math.round(performance.now() - start)} ms\n`,
  );
  process.stdout.write(`kubeconfig: ${gatehouse.kubeconfigFile}\n`);
  collectGarbageSoon();
  if (choice.kind === "none") process.stdout.write(`no node, so pods stay Pending: ${choice.why}\n`);
  gatehouse.node?.then(tellNode, (error: Error) => tellNode(error.message));
  const stop = new AbortController();
  const stopped = untilSignal().then(() => stop.abort());
  let code: number = exitCodes.ok;
  if (flags.tour === true) code = await tour(folder, gatehouse.kubeconfigFile, stop.signal);
  if ((flags.tour !== true || flags.exit !== true) && !stop.signal.aborted) {
    process.stdout.write(
      `\nTry it:  export KUBECONFIG=${gatehouse.kubeconfigFile}; kubectl get ns    (Ctrl-C stops)\n`,
    );
    await stopped;
  }
  unfollow?.();
  await gatehouse.close();
  process.exitCode = flags.exit === true ? code : exitCodes.ok;
  // lmdb keeps a worker alive for a while after it is closed.
  process.exit();
}

/** Where pods run here, sidecars are this program; elsewhere pods are written as for a cluster. */
async function meshOptions(hasMesh: boolean): Promise<Pick<GatehouseOptions, "sidecars" | "hasMesh">> {
  if (hasMesh) return { sidecars: (await import("../mesh/own-mesh.ts")).ownSidecars, hasMesh };
  return { sidecars: (await import("../mesh/sidecar-flags.ts")).defaultSidecars() };
}

/** The scheduler says why pods stay Pending, also where there is no node for them. */
const defaultControllers: readonly string[] = ["*", "kube-scheduler"];

function machineLook(): MachineLook {
  return { platform: process.platform, isRoot: process.getuid?.() === 0, hostname: hostname(), has: isOnPath };
}

function whyNone(choice: NodeChoice): string {
  return choice.kind === "none" ? choice.why : "--simulate";
}

/** Which node there is, or why there is none. */
function tellNode(node: RunningNode | string): void {
  if (typeof node === "string")
    process.stderr.write(`sallyport: no node, so pods stay Pending: ${node}; sallyport runtime probe tells more\n`);
  else if (node.runtimes.length === 0)
    process.stdout.write(`node ${node.name} is simulated: pods are shown as running, and nothing runs\n`);
  else process.stdout.write(`node ${node.name}: pods run here, by ${node.runtimes.join(", ")}\n`);
}

/** Told to stop, the tour ends at once: its commands do, and the servers of its chapters. */
async function tour(folder: string, kubeconfig: string, signal: AbortSignal): Promise<number> {
  const kubectl = findKubectl(`${folder}/tools`);
  if (typeof kubectl === "string") {
    process.stderr.write(`sallyport: the tour needs kubectl: ${kubectl}\n`);
    return exitCodes.failed;
  }
  process.stdout.write(`kubectl: ${kubectl.path} ${kubectl.version} (${kubectl.origin})\n`);
  const isExpected = await playTour({ kubectl: kubectl.path, kubeconfig, chapter: undefined, signal });
  return isExpected ? exitCodes.ok : exitCodes.denied;
}

function untilSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done());
  });
}

function auditIntervalOf(text: string): { readonly auditInterval?: number } {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 0)
    throw new UsageError(`--audit-interval ${text}: expected a whole number of seconds, 0 for never`);
  return seconds === 0 ? {} : { auditInterval: seconds };
}
