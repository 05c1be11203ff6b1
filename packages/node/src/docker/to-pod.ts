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
  readonly notes: string[];
}

type Carry = (draft: Draft, value: string) => void;

const note =
  (text: string): Carry =>
  ({ notes }, value) =>
    notes.push(text.replaceAll("$", value));

/** What each flag becomes; flags that only concern the terminal, and their like, become nothing. */
const carried: { readonly [flag: string]: Carry } = {
  "add-host": ({ spec }, value) => {
    const [name = "", ip = ""] = splitAt(value, ":");
    (spec["hostAliases"] ??= []).push({ ip, hostnames: [name] });
  },
  "cap-add": ({ context }, value) => capabilities(context, "add", value),
  "cap-drop": ({ context }, value) => capabilities(context, "drop", value),
  cpus: (draft, value) => limit(draft, "cpu", value),
  device: note("--device $: a pod gets devices from a device plugin, or runs privileged"),
  dns: ({ spec }, value) => ((spec["dnsConfig"] ??= {}).nameservers ??= []).push(value),
  entrypoint: ({ container }, value) => {
    container["command"] = [value];
  },
  env: ({ container, notes }, value) => {
    const [name = "", text] = splitAt(value, "=");
    if (text === undefined)
      notes.push(`--env ${name}: its value comes from the caller's environment; give it in the pod`);
    else (container["env"] ??= []).push({ name, value: text });
  },
  "env-file": note("--env-file $: make a ConfigMap of it, and name it in envFrom"),
  "group-add": ({ podContext, notes }, value) => {
    if (/^\d+$/.test(value)) (podContext["supplementalGroups"] ??= []).push(Number(value));
    else notes.push(`--group-add ${value}: a pod names groups by number`);
  },
  hostname: ({ spec }, value) => {
    spec["hostname"] = value;
  },
  ipc: (draft, value) => namespaceOf(draft, "ipc", value, "hostIPC"),
  label: ({ metadata }, value) => {
    const [name = "", text = ""] = splitAt(value, "=");
    (metadata["labels"] ??= {})[name] = text;
  },
  memory: (draft, value) => limit(draft, "memory", quantity(value)),
  mount: ({ notes, ...draft }, value) => mount({ notes, ...draft }, value),
  name: ({ metadata, container }, value) => {
    metadata["name"] = value;
    container["name"] = value;
  },
  network: (draft, value) => namespaceOf(draft, "network", value, "hostNetwork"),
  pid: (draft, value) => namespaceOf(draft, "pid", value, "hostPID"),
  "pids-limit": note("--pids-limit $: kubelet sets it for all pods of a node (podPidsLimit)"),
  privileged: ({ context }) => {
    context["privileged"] = true;
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
  sysctl: ({ podContext }, value) => {
    const [name = "", text = ""] = splitAt(value, "=");
    (podContext["sysctls"] ??= []).push({ name, value: text });
  },
  tmpfs: (draft, value) => {
    const [path = ""] = splitAt(value, ":");
    addVolume(draft, path, { emptyDir: { medium: "Memory" } });
  },
  tty: ({ container }) => {
    container["tty"] = true;
  },
  interactive: ({ container }) => {
    container["stdin"] = true;
  },
  ulimit: note("--ulimit $: Kubernetes sets no resource limits of this kind; the node's runtime does"),
  user: user,
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
  "quiet",
  "rm",
  "sig-proxy",
  "pull",
  "platform",
]);

/** The pod that runs what `docker run` runs. */
export function podOfDocker({ flags, image, args }: DockerRun): FromDocker {
  const name =
    image
      .replace(/[:@].*$/, "")
      .split("/")
      .at(-1)
      ?.toLowerCase()
      .replace(/[^a-z0-9-]/g, "-") ?? "app";
  const draft: Draft = {
    metadata: { name },
    spec: {},
    container: { name, image },
    context: {},
    podContext: {},
    notes: [],
  };
  for (const [flag, value] of flags) {
    const carry = carried[flag];
    if (carry !== undefined) carry(draft, value);
    else if (!ofTheTerminal.has(flag)) draft.notes.push(`--${flag} ${value}: not carried over`);
  }
  const { metadata, spec, container, context, podContext, notes } = draft;
  if (args.length > 0) container["args"] = [...args];
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

function splitAt(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function capabilities(context: Fields, list: "add" | "drop", value: string): void {
  ((context["capabilities"] ??= {})[list] ??= []).push(...value.split(",").map(capabilityName));
}

function limit({ container }: Draft, resource: string, value: string): void {
  ((container["resources"] ??= {}).limits ??= {})[resource] = value;
}

/** `512m` is 512 MiB to docker, and half a byte to Kubernetes. */
function quantity(value: string): string {
  const [, number = value, unit = ""] = /^(\d+)([bkmg]?)b?$/i.exec(value) ?? [];
  const units: { readonly [unit: string]: string } = { k: "Ki", m: "Mi", g: "Gi" };
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
    context["appArmorProfile"] =
      text === "unconfined" ? { type: "Unconfined" } : { type: "Localhost", localhostProfile: text };
  } else if (name === "label") {
    const [key = "", label = ""] = splitAt(text, ":");
    if (key === "disable") notes.push("--security-opt label=disable: SELinux type spc_t comes nearest");
    else (context["seLinuxOptions"] ??= {})[key] = label;
  } else if (name === "systempaths" && text === "unconfined") context["procMount"] = "Unmasked";
  else notes.push(`--security-opt ${value}: not carried over`);
}

function publish(container: Fields, value: string): void {
  const [place = "", protocol = "tcp"] = splitAt(value, "/");
  const parts = place.split(":");
  const [containerPort, hostPort, hostIP] = parts.reverse();
  (container["ports"] ??= []).push({
    containerPort: Number(containerPort),
    ...(hostPort ? { hostPort: Number(hostPort) } : {}),
    ...(hostIP ? { hostIP } : {}),
    ...(protocol === "tcp" ? {} : { protocol: protocol.toUpperCase() }),
  });
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
  else addVolume(draft, second, { persistentVolumeClaim: { claimName: first } }, readOnly);
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
  else
    addVolume(
      draft,
      target,
      source === undefined ? { emptyDir: {} } : { persistentVolumeClaim: { claimName: source } },
      readOnly,
    );
}
