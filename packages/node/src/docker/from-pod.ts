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
    ...hostWords(spec),
    ...((container["env"] ?? []) as readonly Env[]).flatMap((each) => envWords(each, notes)),
    ...((container["ports"] ?? []) as readonly Port[]).flatMap(portWords),
    ...((container["volumeMounts"] ?? []) as readonly Mount[]).flatMap((each) => mountWords(spec, each, notes)),
    ...limitWords(container),
    ...(container["workingDir"] === undefined ? [] : [`--workdir=${String(container["workingDir"])}`]),
    ...commandWords(container),
  ];
  const others = (spec.containers ?? []).length + (spec.initContainers ?? []).length;
  if (others > 1) notes.push("the pod's other containers share its network and volumes; here each stands alone");
  for (const field of ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "envFrom"])
    if (container[field] !== undefined) notes.push(`${field}: kubelet does this; docker does not`);
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
    ...seccompWords(given("seccompProfile"), notes),
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

function hostWords(spec: PodSpec): readonly string[] {
  return [
    ...(spec.hostNetwork === true ? ["--network=host"] : []),
    ...(spec.hostPID === true ? ["--pid=host"] : []),
    ...(spec.hostIPC === true ? ["--ipc=host"] : []),
    ...(spec["hostname"] === undefined ? [] : [`--hostname=${String(spec["hostname"])}`]),
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
  readonly emptyDir?: { readonly medium?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
}

function mountWords(spec: PodSpec, { name, mountPath, readOnly }: Mount, notes: string[]): readonly string[] {
  const volume = ((spec["volumes"] ?? []) as readonly Volume[]).find((each) => each.name === name);
  const end = `${mountPath}${readOnly === true ? ":ro" : ""}`;
  if (volume?.hostPath !== undefined) return [`--volume=${volume.hostPath.path}:${end}`];
  if (volume?.persistentVolumeClaim !== undefined) return [`--volume=${volume.persistentVolumeClaim.claimName}:${end}`];
  if (volume?.emptyDir !== undefined)
    return [volume.emptyDir.medium === "Memory" ? `--tmpfs=${mountPath}` : `--volume=${mountPath}`];
  const kind = Object.keys(volume ?? {}).find((key) => key !== "name") ?? "unknown";
  notes.push(`volume ${name}: docker has nothing like ${kind}; mount a folder with its files at ${mountPath}`);
  return [];
}

function limitWords(container: ContainerSpec): readonly string[] {
  const { limits = {} } = (container["resources"] ?? {}) as { readonly limits?: { readonly [name: string]: string } };
  const memory = limits["memory"]?.replace(
    /^(\d+)([KMG])i$/,
    (_, number, unit) => `${number}${String(unit).toLowerCase()}`,
  );
  const cpus = limits["cpu"]?.replace(/^(\d+)m$/, (_, number) => String(Number(number) / 1000));
  return [...(memory === undefined ? [] : [`--memory=${memory}`]), ...(cpus === undefined ? [] : [`--cpus=${cpus}`])];
}

/** The image stands between docker's flags and the words for the container. */
function commandWords({ image = "", command = [], args = [] }: ContainerSpec): readonly string[] {
  const [entrypoint, ...more] = command;
  return [...(entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`]), image, ...more, ...args];
}
