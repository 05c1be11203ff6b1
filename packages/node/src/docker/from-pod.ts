import { nanosOf } from "@sallyport/kube";
import { boundingSet } from "../security-context/capabilities.ts";
import { effectiveContext } from "../security-context/effective.ts";
import type { Capabilities, ContainerSpec, Context, PodSpec, Profile } from "../security-context/pod.ts";
import { expandedText } from "./references.ts";
import { unsaidFields } from "./unsaid-fields.ts";
import { quoted } from "./words.ts";

/** A command, and what of the pod it cannot say. */
export interface ToDocker {
  readonly command: string;
  readonly notes: readonly string[];
}

interface Env {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: object;
}

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
  readonly subPathExpr?: string;
  readonly mountPropagation?: string;
}

interface Port {
  readonly containerPort: number;
  readonly hostPort?: number;
  readonly hostIP?: string;
  readonly protocol?: string;
}

/** `docker run` for one container of a pod, with the security context that takes effect in it. */
export function dockerOfContainer(spec: PodSpec, container: ContainerSpec): ToDocker {
  const notes: string[] = [];
  const { env, literal } = variables(container, notes);
  const words = [
    ...contextWords(spec, container, notes),
    ...hostWords(spec, notes),
    ...env,
    ...((container["ports"] ?? []) as readonly Port[]).flatMap(portWords),
    ...((container["volumeMounts"] ?? []) as readonly Mount[]).flatMap((each) => mountWords(spec, each, notes)),
    ...limitWords(container, notes),
    ...terminalWords(container),
    ...lifeWords(spec, notes),
    ...pullWords(container),
    ...(container["workingDir"] === undefined ? [] : [`--workdir=${String(container["workingDir"])}`]),
    ...commandWords(container, literal),
  ];
  const others = (spec.containers ?? []).length + (spec.initContainers ?? []).length;
  if (others > 1) notes.push("the pod's other containers share its network and volumes; here each stands alone");
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"])
    if (container[field] !== undefined) notes.push(`${field}: kubelet does this; docker does not`);
  if (container["envFrom"] !== undefined)
    notes.push("envFrom: its variables come from the cluster; write them to a file for --env-file");
  const unsaid = unsaidFields(spec, container);
  if (unsaid.length > 0) notes.push(`docker has nothing like ${unsaid.join(", ")}`);
  return { command: ["docker", "run", ...words].map(quoted).join(" "), notes };
}

/** Without a seccomp profile kubelet leaves a container unconfined, and docker does not. */
function contextWords(spec: PodSpec, container: ContainerSpec, notes: string[]): readonly string[] {
  const fields = effectiveContext(spec, container, "spec.containers[0]");
  const given = <Value>(field: string) => fields.find((each) => each.field === field)?.value as Value | undefined;
  const [uid, gid] = [given<number>("runAsUser"), given<number>("runAsGroup")];
  const { add = [], drop = [] }: Capabilities = {
    add: given<readonly string[]>("capabilities.add") ?? [],
    drop: given<readonly string[]>("capabilities.drop") ?? [],
  };
  const labels = Object.entries(given<Context>("seLinuxOptions") ?? {});
  const { unknown } = boundingSet({ add, drop }, false);
  for (const name of unknown) notes.push(`capability ${name}: Linux has none of this name, and docker refuses it`);
  const groups = [given<number>("fsGroup"), ...(given<readonly number[]>("supplementalGroups") ?? [])];
  if (given("fsGroup") !== undefined) notes.push("fsGroup: docker does not change who owns a volume");
  if (given("runAsNonRoot") === true && uid === undefined)
    notes.push("runAsNonRoot: docker does not look who the image's user is");
  if (uid === undefined && gid !== undefined)
    notes.push("runAsGroup without runAsUser: docker takes a group with a user only");
  return [
    ...(uid === undefined ? [] : [`--user=${uid}${gid === undefined ? "" : `:${gid}`}`]),
    ...groups.filter((each) => each !== undefined).map((each) => `--group-add=${each}`),
    ...(given("privileged") === true ? ["--privileged"] : []),
    ...add.map((each) => `--cap-add=${each}`),
    ...drop.map((each) => `--cap-drop=${each}`),
    ...(given("allowPrivilegeEscalation") === false ? ["--security-opt=no-new-privileges"] : []),
    ...(given("privileged") === true ? [] : seccompWords(given("seccompProfile"), notes)),
    ...apparmorWords(given("appArmorProfile")),
    ...labels.map(([key, value]) => `--security-opt=label=${key}:${String(value)}`),
    ...(given("readOnlyRootFilesystem") === true ? ["--read-only"] : []),
    ...(given("procMount") === "Unmasked" ? ["--security-opt=systempaths=unconfined"] : []),
    ...(given<readonly { readonly name: string; readonly value: string }[]>("sysctls") ?? []).map(
      ({ name, value }) => `--sysctl=${name}=${value}`,
    ),
  ];
}

function seccompWords(profile: Profile | undefined, notes: string[]): readonly string[] {
  if (profile === undefined || profile.type === "Unconfined") return ["--security-opt=seccomp=unconfined"];
  if (profile.type === "RuntimeDefault") return [];
  notes.push("seccompProfile Localhost: the file lies below kubelet's seccomp folder; give docker its whole path");
  return [`--security-opt=seccomp=${profile.localhostProfile ?? ""}`];
}

function apparmorWords(profile: Profile | undefined): readonly string[] {
  if (profile === undefined || profile.type === "RuntimeDefault") return [];
  return [`--security-opt=apparmor=${profile.type === "Unconfined" ? "unconfined" : profile.localhostProfile}`];
}

function hostWords(spec: PodSpec, notes: string[]): readonly string[] {
  if (spec.hostUsers === false)
    notes.push("hostUsers: false: docker remaps users for all containers of a daemon (userns-remap)");
  if (spec.shareProcessNamespace === true)
    notes.push("shareProcessNamespace: join the first container's: --pid=container:NAME");
  return [
    ...(spec.hostNetwork === true ? ["--network=host"] : []),
    ...(spec.hostPID === true ? ["--pid=host"] : []),
    ...(spec.hostIPC === true ? ["--ipc=host"] : []),
    ...nameWords(spec),
  ];
}

function terminalWords(container: ContainerSpec): readonly string[] {
  return [...(container["stdin"] === true ? ["--interactive"] : []), ...(container["tty"] === true ? ["--tty"] : [])];
}

/** A pod is started again unless it says otherwise; a docker command only if it says so. */
function lifeWords(spec: PodSpec, notes: string[]): readonly string[] {
  const { restartPolicy = "Always", terminationGracePeriodSeconds: grace, runtimeClassName } = spec as Life;
  if (runtimeClassName !== undefined)
    notes.push(`runtimeClassName ${runtimeClassName}: give docker the RuntimeClass's handler: --runtime`);
  const restart: { readonly [policy: string]: readonly string[] } = {
    Always: ["--restart=always"],
    OnFailure: ["--restart=on-failure"],
  };
  return [...(restart[restartPolicy] ?? []), ...(grace === undefined ? [] : [`--stop-timeout=${grace}`])];
}

interface Life {
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly runtimeClassName?: string;
}

interface Dns {
  readonly nameservers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly { readonly name: string; readonly value?: string }[];
}

function nameWords(spec: PodSpec): readonly string[] {
  const { nameservers = [], searches = [], options = [] } = (spec["dnsConfig"] ?? {}) as Dns;
  const aliases = (spec["hostAliases"] ?? []) as readonly {
    readonly ip: string;
    readonly hostnames?: readonly string[];
  }[];
  return [
    ...(spec["hostname"] === undefined ? [] : [`--hostname=${String(spec["hostname"])}`]),
    ...aliases.flatMap(({ ip, hostnames = [] }) => hostnames.map((name) => `--add-host=${name}:${ip}`)),
    ...nameservers.map((each) => `--dns=${each}`),
    ...searches.map((each) => `--dns-search=${each}`),
    ...options.map(({ name, value }) => `--dns-option=${value === undefined ? name : `${name}:${value}`}`),
  ];
}

/** The variables as kubelet sets them, and how it hands on texts that name them. */
function variables(
  container: ContainerSpec,
  notes: string[],
): { readonly env: readonly string[]; readonly literal: (text: string) => string } {
  const values = new Map<string, string | undefined>();
  const literal = (text: string) => {
    const { text: expanded, lost } = expandedText(text, values);
    for (const name of lost) notes.push(`$(${name}): its value comes from the cluster; docker replaces nothing`);
    return expanded;
  };
  const env = ((container["env"] ?? []) as readonly Env[]).flatMap(({ name, value = "", valueFrom }) => {
    const given = valueFrom === undefined ? literal(value) : undefined;
    values.set(name, given);
    if (given !== undefined) return [`--env=${name}=${given}`];
    notes.push(`env ${name}: its value comes from the cluster (${Object.keys(valueFrom ?? {})[0] ?? "valueFrom"})`);
    return [];
  });
  return { env, literal };
}

function portWords({ containerPort, hostPort, hostIP, protocol }: Port): readonly string[] {
  if (hostPort === undefined) return [];
  const address = hostIP?.includes(":") ? `[${hostIP}]` : hostIP;
  const place = `${address === undefined ? "" : `${address}:`}${hostPort}:${containerPort}`;
  return [`--publish=${place}${protocol === undefined || protocol === "TCP" ? "" : `/${protocol.toLowerCase()}`}`];
}

interface Volume {
  readonly name: string;
  readonly hostPath?: { readonly path: string };
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string | number };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly image?: { readonly reference?: string };
}

function mountWords(spec: PodSpec, mount: Mount, notes: string[]): readonly string[] {
  const { name, mountPath, readOnly, subPath = "", subPathExpr, mountPropagation } = mount;
  const volume = ((spec["volumes"] ?? []) as readonly Volume[]).find((each) => each.name === name);
  const claim = volume?.persistentVolumeClaim;
  const isReadOnly = readOnly === true || claim?.readOnly === true;
  const options = [...(isReadOnly ? ["ro"] : []), ...(propagations[mountPropagation ?? ""] ?? [])].join(",");
  const end = `${mountPath}${options === "" ? "" : `:${options}`}`;
  if (subPathExpr !== undefined) notes.push(`volume ${name}: subPathExpr ${subPathExpr}: docker replaces nothing`);
  if (volume?.hostPath !== undefined)
    return [`--volume=${volume.hostPath.path}${subPath === "" ? "" : `/${subPath}`}:${end}`];
  if (volume?.emptyDir !== undefined) return emptyDirWords(volume.emptyDir, mount, notes);
  if (claim !== undefined && subPath === "") return [`--volume=${claim.claimName}:${end}`];
  const fields = [`target=${mountPath}`, ...(isReadOnly ? ["readonly"] : [])];
  if (claim !== undefined)
    return [
      `--mount=${["type=volume", `source=${claim.claimName}`, ...fields, `volume-subpath=${subPath}`].join(",")}`,
    ];
  if (volume?.image?.reference !== undefined) {
    const part = subPath === "" ? [] : [`image-subpath=${subPath}`];
    return [`--mount=${["type=image", `source=${volume.image.reference}`, ...fields, ...part].join(",")}`];
  }
  const kind = Object.keys(volume ?? {}).find((key) => key !== "name") ?? "unknown";
  notes.push(`volume ${name}: docker has nothing like ${kind}; mount a folder with its files at ${mountPath}`);
  return [];
}

/** Kubernetes' words by docker's. */
const propagations: { readonly [word: string]: readonly string[] | undefined } = {
  HostToContainer: ["rslave"],
  Bidirectional: ["rshared"],
};

function emptyDirWords(
  { medium, sizeLimit }: NonNullable<Volume["emptyDir"]>,
  { name, mountPath, readOnly, subPath }: Mount,
  notes: string[],
): readonly string[] {
  if (subPath) notes.push(`volume ${name}: subPath ${subPath}: docker's volume of its own is empty`);
  if (medium !== "Memory") {
    if (sizeLimit !== undefined) notes.push(`volume ${name}: sizeLimit: docker does not bound a volume`);
    return [`--volume=${mountPath}`];
  }
  const size = sizeLimit === undefined ? undefined : memoryOf(sizeLimit);
  if (mountPath === "/dev/shm" && size !== undefined && readOnly !== true) return [`--shm-size=${size}`];
  const options = [...(readOnly === true ? ["ro"] : []), ...(size === undefined ? [] : [`size=${size}`])].join(",");
  return [`--tmpfs=${mountPath}${options === "" ? "" : `:${options}`}`];
}

function limitWords(container: ContainerSpec, notes: string[]): readonly string[] {
  const { limits = {}, requests = {} } = (container["resources"] ?? {}) as {
    readonly [list: string]: { readonly [name: string]: string | number };
  };
  const names = Object.keys({ ...limits, ...requests }).filter((name) => name !== "cpu" && name !== "memory");
  for (const name of names) notes.push(`resource ${name}: docker has nothing like it`);
  const shares = Math.round((Number(nanosOf(requests["cpu"])) / 1e9) * 1024);
  return [
    ...memoryWords("--memory", limits["memory"], notes),
    ...memoryWords("--memory-reservation", requests["memory"], notes),
    ...(nanosOf(limits["cpu"]) === 0n ? [] : [`--cpus=${Number(nanosOf(limits["cpu"])) / 1e9}`]),
    ...(shares === 0 ? [] : [`--cpu-shares=${Math.max(leastShares, shares)}`]),
  ];
}

/** The kernel's. */
const leastShares = 2;

/** Docker's daemon takes no less. */
const leastMemory = 6n * 2n ** 20n;

function memoryWords(flag: string, quantity: string | number | undefined, notes: string[]): readonly string[] {
  const bytes = nanosOf(quantity) / 1_000_000_000n;
  if (bytes === 0n) return [];
  if (bytes >= leastMemory) return [`${flag}=${memoryOf(quantity)}`];
  notes.push(`memory ${quantity}: docker takes no ${flag} below 6m`);
  return [];
}

/** An amount as docker writes it, whose units are powers of two. */
function memoryOf(quantity: string | number | undefined): string {
  let rest = nanosOf(quantity) / 1_000_000_000n;
  const units = ["", "k", "m", "g", "t"];
  let unit = 0;
  for (; rest > 0n && rest % 1024n === 0n && unit < units.length - 1; rest /= 1024n) unit++;
  return `${rest}${units[unit]}`;
}

function pullWords(container: ContainerSpec): readonly string[] {
  const words: { readonly [policy: string]: string } = { Always: "always", Never: "never" };
  const word = words[String(container["imagePullPolicy"])];
  return word === undefined ? [] : [`--pull=${word}`];
}

/** The image stands between docker's flags and the words for the container. */
function commandWords(
  { image = "", command = [], args = [] }: ContainerSpec,
  literal: (text: string) => string,
): readonly string[] {
  const [entrypoint, ...more] = command.map(literal);
  const words = [...more, ...args.map(literal)];
  return [...(entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`]), image, ...words];
}
