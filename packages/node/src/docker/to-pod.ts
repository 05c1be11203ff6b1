import { capabilityName } from "../security-context/capabilities.ts";
import type { DockerRun } from "./command.ts";

/** A pod, and what of the command it cannot say. */
export interface FromDocker {
  // biome-ignore lint/suspicious/noExplicitAny: a manifest
  readonly pod: any;
  readonly notes: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: fields of manifests are put together
type Fields = { [field: string]: any };

interface Draft {
  readonly metadata: Fields;
  readonly spec: Fields;
  readonly container: Fields;
  /** Of the container. */
  readonly context: Fields;
  readonly podContext: Fields;
  /** Of the liveness probe. */
  readonly probe: Fields;
  readonly notes: string[];
}

type Carry = (draft: Draft, value: string) => void;

/** Flags that a pod has nothing for, and what comes nearest; `$` stands for the value. */
const note =
  (text: string): Carry =>
  ({ notes }, value) =>
    notes.push(text.replaceAll("$", value));

/** What each flag becomes; flags that only concern the terminal, and their like, become nothing. */
const carried: { readonly [flag: string]: Carry } = {
  "add-host": ({ spec, notes }, value) => {
    const [name = "", ip = ""] = splitAt(value, value.includes("=") ? "=" : ":");
    if (ip === "host-gateway")
      notes.push(`--add-host ${value}: a pod finds its node's address by the downward API (status.hostIP)`);
    else (spec["hostAliases"] ??= []).push({ ip: ip.replace(/^\[|\]$/g, ""), hostnames: [name] });
  },
  annotation: ({ metadata }, value) => {
    const [name = "", text = ""] = splitAt(value, "=");
    (metadata["annotations"] ??= {})[name] = text;
  },
  "cap-add": ({ context }, value) => capabilities(context, "add", value),
  "cap-drop": ({ context }, value) => capabilities(context, "drop", value),
  cpus: (draft, value) => resource(draft, "limits", "cpu", value),
  // 1024 shares are one processor's worth.
  "cpu-shares": (draft, value) => resource(draft, "requests", "cpu", `${Math.round((Number(value) * 1000) / 1024)}m`),
  device: note("--device $: a pod gets devices from a device plugin, or runs privileged"),
  dns: ({ spec }, value) => ((spec["dnsConfig"] ??= {}).nameservers ??= []).push(value),
  "dns-option": ({ spec }, value) => {
    const [name = "", text] = splitAt(value, ":");
    ((spec["dnsConfig"] ??= {}).options ??= []).push(text === undefined ? { name } : { name, value: text });
  },
  "dns-search": ({ spec }, value) => ((spec["dnsConfig"] ??= {}).searches ??= []).push(value),
  entrypoint: ({ container, notes }, value) => {
    if (value === "")
      notes.push("--entrypoint '': give the whole command in the pod; it stands for the image's entrypoint");
    else container["command"] = [value];
  },
  env: ({ container, notes }, value) => {
    const [name = "", text] = splitAt(value, "=");
    if (text === undefined)
      notes.push(`--env ${name}: its value comes from the caller's environment; give it in the pod`);
    else (container["env"] ??= []).push({ name, value: text });
  },
  "env-file": note("--env-file $: make a ConfigMap of it, and name it in envFrom"),
  expose: ({ container }, value) => publish(container, value),
  gpus: note("--gpus $: ask for the device plugin's resource: limits: {nvidia.com/gpu: 1}"),
  "group-add": ({ podContext, notes }, value) => {
    if (/^\d+$/.test(value)) (podContext["supplementalGroups"] ??= []).push(Number(value));
    else notes.push(`--group-add ${value}: a pod names groups by number`);
  },
  hostname: ({ spec }, value) => {
    spec["hostname"] = value;
  },
  "health-cmd": ({ probe }, value) => {
    probe["exec"] = { command: ["/bin/sh", "-c", value] };
  },
  "health-interval": ({ probe }, value) => seconds(probe, "periodSeconds", value),
  "health-retries": ({ probe }, value) => {
    probe["failureThreshold"] = Number(value);
  },
  "health-start-period": ({ probe }, value) => seconds(probe, "initialDelaySeconds", value),
  "health-timeout": ({ probe }, value) => seconds(probe, "timeoutSeconds", value),
  ipc: (draft, value) => namespaceOf(draft, "ipc", value, "hostIPC"),
  label: ({ metadata }, value) => {
    const [name = "", text = ""] = splitAt(value, "=");
    (metadata["labels"] ??= {})[name] = text;
  },
  "log-driver": note("--log-driver $: kubelet keeps logs; a node's agent carries them on"),
  memory: (draft, value) => resource(draft, "limits", "memory", quantity(value)),
  "memory-reservation": (draft, value) => resource(draft, "requests", "memory", quantity(value)),
  mount: ({ notes, ...draft }, value) => mount({ notes, ...draft }, value),
  name: ({ metadata, container, notes }, value) => {
    const name = podName(value);
    if (name !== value) notes.push(`--name ${value}: names of pods are lower case letters, digits and dashes: ${name}`);
    metadata["name"] = name;
    container["name"] = name;
  },
  network: (draft, value) => namespaceOf(draft, "network", value, "hostNetwork"),
  "network-alias": note("--network-alias $: make a Service of this name"),
  pid: (draft, value) => namespaceOf(draft, "pid", value, "hostPID"),
  "pids-limit": note("--pids-limit $: kubelet sets it for all pods of a node (podPidsLimit)"),
  privileged: ({ context }, value) => {
    context["privileged"] = value !== "false";
  },
  publish: ({ container }, value) => publish(container, value),
  "publish-all": note("--publish-all: a Service publishes a pod's ports"),
  "read-only": ({ context }, value) => {
    context["readOnlyRootFilesystem"] = value !== "false";
  },
  restart: ({ spec }, value) => {
    spec["restartPolicy"] = value.startsWith("on-failure") ? "OnFailure" : value === "no" ? "Never" : "Always";
  },
  runtime: note("--runtime $: make a RuntimeClass with this handler, and name it in runtimeClassName"),
  "security-opt": securityOption,
  "shm-size": (draft, value) =>
    addVolume(draft, "/dev/shm", { emptyDir: { medium: "Memory", sizeLimit: quantity(value) } }),
  "stop-timeout": ({ spec }, value) => {
    spec["terminationGracePeriodSeconds"] = Number(value);
  },
  sysctl: ({ podContext }, value) => {
    const [name = "", text = ""] = splitAt(value, "=");
    (podContext["sysctls"] ??= []).push({ name, value: text });
  },
  tmpfs: (draft, value) => {
    const [path = "", options = ""] = splitAt(value, ":");
    const size = /(?:^|,)size=([^,]+)/.exec(options)?.[1];
    const emptyDir = { medium: "Memory", ...(size === undefined ? {} : { sizeLimit: quantity(size) }) };
    addVolume(draft, path, { emptyDir }, options.split(",").includes("ro"));
  },
  tty: ({ container }) => {
    container["tty"] = true;
  },
  interactive: ({ container }) => {
    container["stdin"] = true;
  },
  ulimit: note("--ulimit $: Kubernetes sets no resource limits of this kind; the node's runtime does"),
  user: user,
  uts: ({ notes }, value) => {
    if (value === "host") notes.push("--uts host: pods have a host name of their own, unless hostNetwork: true");
  },
  userns: ({ spec, notes }, value) => {
    if (value === "host") spec["hostUsers"] = true;
    else notes.push(`--userns ${value}: hostUsers: false gives a pod a user namespace, whose range kubelet chooses`);
  },
  volume: volume,
  "volumes-from": note("--volumes-from $: put both containers into one pod, with a volume that both mount"),
  workdir: ({ container }, value) => {
    container["workingDir"] = value;
  },
};

const ofTheTerminal: ReadonlySet<string> = new Set([
  "attach",
  "detach",
  "init",
  "cidfile",
  "detach-keys",
  "disable-content-trust",
  "no-healthcheck",
  "quiet",
  "rm",
  "sig-proxy",
  "pull",
  "platform",
]);

/** The pod that runs what `docker run` runs. */
export function podOfDocker({ flags, image, args }: DockerRun): FromDocker {
  const name = podName((image.split("/").at(-1) as string).replace(/[:@].*$/, ""));
  const draft: Draft = {
    metadata: { name },
    spec: {},
    container: { name, image },
    context: {},
    podContext: {},
    probe: {},
    notes: [],
  };
  for (const [flag, value] of flags) {
    const carry = carried[flag];
    if (carry !== undefined) carry(draft, value);
    else if (!ofTheTerminal.has(flag)) draft.notes.push(`--${flag} ${value}: a pod has nothing like it`);
  }
  settle(draft);
  const { metadata, spec, container, context, podContext, probe, notes } = draft;
  if (args.length > 0) container["args"] = [...args];
  if (probe["exec"] !== undefined) container["livenessProbe"] = probe;
  if (Object.keys(context).length > 0) container["securityContext"] = context;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: {
      // docker run starts a container once.
      restartPolicy: "Never",
      ...spec,
      ...(Object.keys(podContext).length === 0 ? {} : { securityContext: podContext }),
      containers: [container],
    },
  };
  return { pod, notes };
}

/** What flags come to together. */
function settle({ spec, container, context, notes }: Draft): void {
  // Docker filters system calls unless it is told not to; kubelet does only if it is told to.
  if (context["privileged"] !== true) context["seccompProfile"] ??= { type: "RuntimeDefault" };
  const added = (context["capabilities"]?.add ?? []) as readonly string[];
  const gains =
    context["privileged"] === true ? "--privileged" : added.includes("SYS_ADMIN") ? "--cap-add SYS_ADMIN" : "";
  if (context["allowPrivilegeEscalation"] === false && gains !== "") {
    delete context["allowPrivilegeEscalation"];
    notes.push(`--security-opt no-new-privileges: the API takes no such pod with ${gains}`);
  }
  if (spec["hostNetwork"] === true && container["ports"] !== undefined) {
    delete container["ports"];
    notes.push("--publish: on the node's network nothing is published, the program's ports are the node's");
  }
}

/** A name as pods and containers may have it. */
function podName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63);
  return name === "" ? "app" : name;
}

function splitAt(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function capabilities(context: Fields, list: "add" | "drop", value: string): void {
  ((context["capabilities"] ??= {})[list] ??= []).push(...value.split(",").map(capabilityName));
}

function resource({ container }: Draft, list: "limits" | "requests", name: string, value: string): void {
  ((container["resources"] ??= {})[list] ??= {})[name] = value;
}

/** Times as Go writes them, in whole seconds and at least one. */
function seconds(probe: Fields, field: string, value: string): void {
  const units: { readonly [unit: string]: number } = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...value.matchAll(/([\d.]+)(ms|h|m|s)/g)];
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit as string] as number), 0);
  probe[field] = Math.max(1, Math.round(total));
}

/** `512m` is 512 MiB to docker, and half a byte to Kubernetes. */
function quantity(value: string): string {
  const [, number = value, unit = ""] = /^([\d.]+)([bkmgt]?)(?:i?b)?$/i.exec(value) ?? [];
  const units: { readonly [unit: string]: string } = { k: "Ki", m: "Mi", g: "Gi", t: "Ti" };
  return `${number}${units[unit.toLowerCase()] ?? ""}`;
}

function namespaceOf({ spec, notes }: Draft, flag: string, value: string, field: string): void {
  if (value === "host") spec[field] = true;
  else if (value.startsWith("container:")) notes.push(`--${flag} ${value}: put both containers into one pod`);
  else if (flag === "network" && value === "none")
    notes.push("--network none: a NetworkPolicy that allows nothing comes nearest");
  else if (value !== "bridge" && value !== "private" && value !== "default")
    notes.push(`--${flag} ${value}: pods of a cluster share one network`);
}

function user({ context, notes }: Draft, value: string): void {
  const [name = "", group] = splitAt(value, ":");
  if (/^\d+$/.test(name)) context["runAsUser"] = Number(name);
  else notes.push(`--user ${name}: a pod names users by number; look it up in the image's /etc/passwd`);
  if (group !== undefined && /^\d+$/.test(group)) context["runAsGroup"] = Number(group);
  else if (group !== undefined) notes.push(`--user :${group}: a pod names groups by number`);
}

function securityOption({ context, notes }: Draft, value: string): void {
  const [, name = value, text = ""] = /^([\w-]+)[=:]?(.*)$/.exec(value) ?? [];
  if (name === "no-new-privileges") context["allowPrivilegeEscalation"] = text === "false";
  else if (name === "seccomp" && text === "unconfined") context["seccompProfile"] = { type: "Unconfined" };
  else if (name === "seccomp") {
    context["seccompProfile"] = { type: "Localhost", localhostProfile: text.replace(/^\/+/, "") };
    notes.push(`--security-opt ${value}: the file must lie below kubelet's seccomp folder on each node`);
  } else if (name === "apparmor") {
    context["appArmorProfile"] = appArmorProfile(text);
  } else if (name === "label") {
    const [key = "", label = ""] = splitAt(text, ":");
    if (key === "disable") notes.push("--security-opt label=disable: SELinux type spc_t comes nearest");
    else (context["seLinuxOptions"] ??= {})[key] = label;
  } else if (name === "systempaths" && text === "unconfined") context["procMount"] = "Unmasked";
  else notes.push(`--security-opt ${value}: not carried over`);
}

function appArmorProfile(name: string): Fields {
  if (name === "unconfined") return { type: "Unconfined" };
  return name === "docker-default" ? { type: "RuntimeDefault" } : { type: "Localhost", localhostProfile: name };
}

/** `80`, `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:9000-9002:9000-9002`. */
function publish(container: Fields, value: string): void {
  const [, bracketed, plain, place = ""] = /^(?:\[([^\]]+)\]:|([\d.]+\.\d+):)?(.*)$/.exec(value) ?? [];
  const [ports = "", protocol = "tcp"] = splitAt(place, "/");
  const [inside = "", outside] = ports.split(":").reverse();
  const [first, last] = rangeOf(inside);
  const [hostFirst] = outside ? rangeOf(outside) : [];
  const hostIP = bracketed ?? plain;
  for (let port = first; port <= last; port++)
    (container["ports"] ??= []).push({
      containerPort: port,
      ...(hostFirst === undefined ? {} : { hostPort: hostFirst + port - first }),
      ...(hostIP === undefined ? {} : { hostIP }),
      ...(protocol === "tcp" ? {} : { protocol: protocol.toUpperCase() }),
    });
}

function rangeOf(text: string): readonly [first: number, last: number] {
  const [first, last = first] = text.split("-").map(Number);
  return [first ?? 0, last ?? 0];
}

function addVolume({ spec, container }: Draft, mountPath: string, source: Fields, readOnly = false): void {
  const volumes = (spec["volumes"] ??= []) as Fields[];
  const name = `volume-${volumes.length + 1}`;
  volumes.push({ name, ...source });
  (container["volumeMounts"] ??= []).push({ name, mountPath, ...(readOnly ? { readOnly: true } : {}) });
}

/** `/host:/in:ro`, `name:/in`, `/in`. */
function volume(draft: Draft, value: string): void {
  const [first = "", second, options = ""] = value.split(":");
  const readOnly = options.split(",").includes("ro");
  if (second === undefined) addVolume(draft, first, { emptyDir: {} });
  else if (first.startsWith("/")) addVolume(draft, second, { hostPath: { path: first } }, readOnly);
  else if (/^[.~]/.test(first))
    draft.notes.push(
      `--volume ${value}: a pod names folders of its node by whole paths; make a ConfigMap of small files`,
    );
  else addClaim(draft, second, first, readOnly);
}

function addClaim(draft: Draft, mountPath: string, volume: string, readOnly: boolean): void {
  const claimName = podName(volume);
  draft.notes.push(`volume ${volume}: make a PersistentVolumeClaim ${claimName}`);
  addVolume(draft, mountPath, { persistentVolumeClaim: { claimName } }, readOnly);
}

function mount(draft: Draft, value: string): void {
  const given = Object.fromEntries(value.split(",").map((part) => [...splitAt(part, "="), "true"].slice(0, 2)));
  const [type = "volume", source, target] = [
    given["type"],
    given["source"] ?? given["src"],
    given["target"] ?? given["dst"] ?? given["destination"],
  ];
  const readOnly = given["readonly"] !== undefined || given["ro"] !== undefined;
  if (target === undefined) draft.notes.push(`--mount ${value}: no target`);
  else if (type === "tmpfs") addVolume(draft, target, { emptyDir: { medium: "Memory" } });
  else if (type === "bind") addVolume(draft, target, { hostPath: { path: source ?? "" } }, readOnly);
  else if (source === undefined) addVolume(draft, target, { emptyDir: {} }, readOnly);
  else addClaim(draft, target, source, readOnly);
}
