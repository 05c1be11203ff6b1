import { boundingSet } from "../security-context/capabilities.ts";
import { effectiveContext } from "../security-context/effective.ts";
import type { Capabilities, ContainerSpec, Context, PodSpec, Profile } from "../security-context/pod.ts";
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
  const words = [
    ...contextWords(spec, container, notes),
    ...hostWords(spec, notes),
    ...((container["env"] ?? []) as readonly Env[]).flatMap((each) => envWords(each, notes)),
    ...((container["ports"] ?? []) as readonly Port[]).flatMap(portWords),
    ...((container["volumeMounts"] ?? []) as readonly Mount[]).flatMap((each) => mountWords(spec, each, notes)),
    ...limitWords(container),
    ...terminalWords(container),
    ...lifeWords(spec, notes),
    ...(container["workingDir"] === undefined ? [] : [`--workdir=${String(container["workingDir"])}`]),
    ...commandWords(container),
  ];
  const others = (spec.containers ?? []).length + (spec.initContainers ?? []).length;
  if (others > 1) notes.push("the pod's other containers share its network and volumes; here each stands alone");
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"])
    if (container[field] !== undefined) notes.push(`${field}: kubelet does this; docker does not`);
  if (container["envFrom"] !== undefined)
    notes.push("envFrom: its variables come from the cluster; write them to a file for --env-file");
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

function envWords({ name, value = "", valueFrom }: Env, notes: string[]): readonly string[] {
  if (valueFrom === undefined) return [`--env=${name}=${value}`];
  notes.push(`env ${name}: its value comes from the cluster (${Object.keys(valueFrom)[0] ?? "valueFrom"})`);
  return [];
}

function portWords({ containerPort, hostPort, hostIP, protocol }: Port): readonly string[] {
  if (hostPort === undefined) return [];
  const place = `${hostIP === undefined ? "" : `${hostIP}:`}${hostPort}:${containerPort}`;
  return [`--publish=${place}${protocol === undefined || protocol === "TCP" ? "" : `/${protocol.toLowerCase()}`}`];
}

interface Volume {
  readonly name: string;
  readonly hostPath?: { readonly path: string };
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

function mountWords(spec: PodSpec, { name, mountPath, readOnly }: Mount, notes: string[]): readonly string[] {
  const volume = ((spec["volumes"] ?? []) as readonly Volume[]).find((each) => each.name === name);
  const end = `${mountPath}${readOnly === true ? ":ro" : ""}`;
  if (volume?.hostPath !== undefined) return [`--volume=${volume.hostPath.path}:${end}`];
  if (volume?.persistentVolumeClaim !== undefined) return [`--volume=${volume.persistentVolumeClaim.claimName}:${end}`];
  if (volume?.emptyDir !== undefined) {
    const { medium, sizeLimit } = volume.emptyDir;
    if (medium !== "Memory") return [`--volume=${mountPath}`];
    const size = sizeLimit === undefined ? undefined : memoryOf(sizeLimit);
    if (mountPath === "/dev/shm" && size !== undefined) return [`--shm-size=${size}`];
    return [`--tmpfs=${mountPath}${size === undefined ? "" : `:size=${size}`}`];
  }
  const kind = Object.keys(volume ?? {}).find((key) => key !== "name") ?? "unknown";
  notes.push(`volume ${name}: docker has nothing like ${kind}; mount a folder with its files at ${mountPath}`);
  return [];
}

function limitWords(container: ContainerSpec): readonly string[] {
  const { limits = {}, requests = {} } = (container["resources"] ?? {}) as {
    readonly [list: string]: { readonly [name: string]: string | number };
  };
  const [memory, reserved] = [limits, requests].map(({ memory: given }) => given && memoryOf(String(given)));
  const cpus = limits["cpu"] === undefined ? undefined : processorsOf(String(limits["cpu"]));
  const shares = requests["cpu"] === undefined ? undefined : Math.round(processorsOf(String(requests["cpu"])) * 1024);
  return [
    ...(memory === undefined ? [] : [`--memory=${memory}`]),
    ...(reserved === undefined ? [] : [`--memory-reservation=${reserved}`]),
    ...(cpus === undefined ? [] : [`--cpus=${cpus}`]),
    ...(shares === undefined ? [] : [`--cpu-shares=${shares}`]),
  ];
}

function memoryOf(quantity: string): string {
  return quantity.replace(/^(\d+)([KMGT])i$/, (_, number, unit) => `${number}${String(unit).toLowerCase()}`);
}

function processorsOf(quantity: string): number {
  return quantity.endsWith("m") ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
}

/** The image stands between docker's flags and the words for the container. */
function commandWords({ image = "", command = [], args = [] }: ContainerSpec): readonly string[] {
  const [entrypoint, ...more] = command;
  return [...(entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`]), image, ...more, ...args];
}
