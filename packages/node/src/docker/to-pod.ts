import { labelKey, labelValue, parseQuantity, quantityText } from "@sallyport/kube";
import { capabilityName } from "../security-context/capabilities.ts";
import type { DockerRun } from "./command.ts";
import type { Carry, Draft, Fields } from "./draft.ts";
import { cut } from "./flag-values.ts";
import { bytesOf, integerOf, nanoProcessorsOf, secondsOf } from "./go-values.ts";
import { podName } from "./pod-name.ts";
import {
  carryExpose,
  carryExtraHost,
  carryHostname,
  carryNameserver,
  carryNamespace,
  carryNetwork,
  carryPublish,
} from "./pod-network.ts";
import { carrySecurityOption, carryUser } from "./pod-security.ts";
import { addVolume, carryMount, carryTmpfs, carryVolume, inMemory, quantityOfBytes } from "./pod-volumes.ts";
import { literalText } from "./references.ts";

/** A pod, and what of the command it cannot say. */
export interface FromDocker {
  // biome-ignore lint/suspicious/noExplicitAny: a manifest
  readonly pod: any;
  readonly notes: readonly string[];
}

/** Flags that a pod has nothing for, and what comes nearest; `$` stands for the value. */
const note =
  (text: string): Carry =>
  ({ notes }, value) =>
    notes.push(text.replaceAll("$", () => value));

const ifOn =
  (carry: Carry): Carry =>
  (draft, value) => {
    if (value === "true") carry(draft, value);
  };

/** Flags that docker takes more than once; of others it takes the last. */
const repeated: { readonly [flag: string]: Carry } = {
  "add-host": carryExtraHost,
  annotation: ({ metadata, notes }, value) => {
    const [name, text = ""] = cut(value, "=");
    if (labelKey(name.toLowerCase()).length === 0) (metadata["annotations"] ??= {})[name] = text;
    else notes.push(`--annotation ${value}: an annotation of a pod has no such name`);
  },
  "cap-add": ({ context }, value) => capability(context, "add", value),
  "cap-drop": ({ context }, value) => capability(context, "drop", value),
  device: note("--device $: a pod gets devices from a device plugin, or runs privileged"),
  dns: carryNameserver,
  "dns-option": ({ spec }, value) => {
    const [name, text] = cut(value, ":");
    ((spec["dnsConfig"] ??= {}).options ??= []).push(text === undefined ? { name } : { name, value: text });
  },
  "dns-search": ({ spec }, value) => ((spec["dnsConfig"] ??= {}).searches ??= []).push(value.trim()),
  env: ({ container, notes }, value) => {
    const [name, text] = cut(value, "=");
    const env = (container["env"] ??= []) as Fields[];
    const known = env.findIndex((each) => each["name"] === name);
    if (text === undefined)
      notes.push(`--env ${name}: its value comes from the caller's environment; give it in the pod`);
    else env.splice(known < 0 ? env.length : known, known < 0 ? 0 : 1, { name, value: text });
  },
  "env-file": note("--env-file $: make a ConfigMap of it, and name it in envFrom"),
  expose: carryExpose,
  "group-add": ({ podContext, notes }, value) => {
    if (/^\d+$/.test(value)) (podContext["supplementalGroups"] ??= []).push(Number(value));
    else notes.push(`--group-add ${value}: a pod names groups by number`);
  },
  label: carryLabel,
  mount: carryMount,
  network: carryNetwork,
  "network-alias": note("--network-alias $: make a Service of this name"),
  publish: carryPublish,
  "security-opt": carrySecurityOption,
  sysctl: ({ podContext }, value) => {
    const [name, text = ""] = cut(value, "=");
    const others = ((podContext["sysctls"] ?? []) as Fields[]).filter((each) => each["name"] !== name);
    podContext["sysctls"] = [...others, { name, value: text }];
  },
  tmpfs: carryTmpfs,
  ulimit: note("--ulimit $: Kubernetes sets no resource limits of this kind; the node's runtime does"),
  volume: carryVolume,
  "volumes-from": note("--volumes-from $: put both containers into one pod, with a volume that both mount"),
};

/** Flags of which docker takes the last. */
const single: { readonly [flag: string]: Carry } = {
  cpus: ({ container }, value) => {
    const nanos = nanoProcessorsOf(value) as bigint;
    if (nanos > 0n) resource(container, "limits", "cpu", quantityText({ nanos, format: "DecimalSI" }));
  },
  // 1024 shares are one processor's worth.
  "cpu-shares": ({ container }, value) => {
    const shares = integerOf(value);
    if (shares > 0) resource(container, "requests", "cpu", `${Math.max(1, Math.round((shares * 1000) / 1024))}m`);
  },
  entrypoint: ({ container, notes }, value) => {
    if (value === "")
      notes.push("--entrypoint '': give the whole command in the pod; it stands for the image's entrypoint");
    else container["command"] = [value];
  },
  gpus: note("--gpus $: ask for the device plugin's resource: limits: {nvidia.com/gpu: 1}"),
  hostname: carryHostname,
  "health-cmd": ({ probe }, value) => {
    if (value !== "") probe["exec"] = { command: ["/bin/sh", "-c", value] };
  },
  "health-interval": ({ probe }, value) => seconds(probe, "periodSeconds", value),
  "health-retries": ({ probe }, value) => {
    if (integerOf(value) > 0) probe["failureThreshold"] = integerOf(value);
  },
  "health-start-period": ({ probe }, value) => seconds(probe, "initialDelaySeconds", value),
  "health-timeout": ({ probe }, value) => seconds(probe, "timeoutSeconds", value),
  init: ifOn(note("--init: with shareProcessNamespace: true the pod's first process reaps the others")),
  interactive: ({ container }, value) => on(container, "stdin", value),
  ipc: carryNamespace("ipc", "hostIPC"),
  "log-driver": note("--log-driver $: kubelet keeps logs; a node's agent carries them on"),
  memory: ({ container }, value) => memory(container, "limits", value),
  "memory-reservation": ({ container }, value) => memory(container, "requests", value),
  name: ({ metadata, container, notes }, value) => {
    const name = podName(value);
    if (name !== value) notes.push(`--name ${value}: names of pods are lower case letters, digits and dashes: ${name}`);
    metadata["name"] = name;
    container["name"] = name;
  },
  "oom-kill-disable": ifOn(note("--oom-kill-disable: a pod has nothing like it")),
  pid: carryNamespace("pid", "hostPID"),
  "pids-limit": note("--pids-limit $: kubelet sets it for all pods of a node (podPidsLimit)"),
  platform: ({ spec, notes }, value) => {
    const [os = "", arch, variant] = value.split("/");
    if (os !== "") spec["nodeSelector"] = { "kubernetes.io/os": os, ...(arch ? { "kubernetes.io/arch": arch } : {}) };
    if (variant !== undefined) notes.push(`--platform ${value}: nodes tell no variant of their processors`);
  },
  privileged: ({ context }, value) => on(context, "privileged", value),
  "publish-all": ifOn(note("--publish-all: a Service publishes a pod's ports")),
  pull: ({ container }, value) => {
    const policies: { readonly [pull: string]: string } = { always: "Always", missing: "IfNotPresent", never: "Never" };
    if (value !== "") container["imagePullPolicy"] = policies[value];
  },
  "read-only": ({ context }, value) => on(context, "readOnlyRootFilesystem", value),
  restart: ({ spec, notes }, value) => {
    const [policy, count] = cut(value, ":");
    spec["restartPolicy"] = policy === "on-failure" ? "OnFailure" : /^(no)?$/.test(policy) ? "Never" : "Always";
    if (count !== undefined && Number(count) > 0)
      notes.push(`--restart ${value}: kubelet goes on as long as the pod is there; a Job has a backoffLimit`);
  },
  runtime: note("--runtime $: make a RuntimeClass with this handler, and name it in runtimeClassName"),
  "shm-size": (draft, value) => {
    const bytes = bytesOf(value) as number;
    if (bytes > 0) addVolume(draft, "/dev/shm", inMemory(bytes));
  },
  "stop-signal": note("--stop-signal $: lifecycle.stopSignal, where a cluster has the feature ContainerStopSignals"),
  "stop-timeout": ({ spec, notes }, value) => {
    const time = integerOf(value);
    if (time >= 0) spec["terminationGracePeriodSeconds"] = time;
    else notes.push(`--stop-timeout ${value}: kubelet does not wait for ever`);
  },
  tty: ({ container }, value) => on(container, "tty", value),
  "use-api-socket": ifOn(note("--use-api-socket: a node has no docker socket to hand on")),
  user: carryUser,
  userns: ({ spec }, value) => {
    if (value === "host") spec["hostUsers"] = true;
  },
  uts: ({ notes }, value) => {
    if (value === "host") notes.push("--uts host: pods have a host name of their own, unless hostNetwork: true");
  },
  workdir: ({ container }, value) => {
    if (value !== "") container["workingDir"] = value;
  },
};

const ofTheTerminal: ReadonlySet<string> = new Set([
  "attach",
  "cidfile",
  "detach",
  "detach-keys",
  "disable-content-trust",
  "no-healthcheck",
  "quiet",
  "rm",
  "sig-proxy",
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
  for (const [at, [flag, value]] of flags.entries()) {
    const isLast = !flags.slice(at + 1).some(([later]) => later === flag);
    if (repeated[flag] !== undefined) repeated[flag](draft, value);
    else if (single[flag] !== undefined) isLast && single[flag](draft, value);
    else if (!ofTheTerminal.has(flag)) draft.notes.push(`--${flag} ${value}: a pod has nothing like it`);
  }
  settle(draft, args);
  const { metadata, spec, container, context, podContext, notes } = draft;
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
function settle(draft: Draft, args: readonly string[]): void {
  const { spec, container, context, notes } = draft;
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
  settleRequests(container, notes);
  settleProbe(draft);
  settleTexts(container, args);
}

/** A request above the limit is none that the API takes; docker takes shares of any number. */
function settleRequests(container: Fields, notes: string[]): void {
  const { limits, requests } = (container["resources"] ?? {}) as { readonly [list: string]: Fields };
  const [limit, request] = [limits?.["cpu"], requests?.["cpu"]].map((text) => (text ? parseQuantity(text) : undefined));
  if (typeof limit !== "object" || typeof request !== "object" || request.nanos <= limit.nanos) return;
  notes.push(`--cpu-shares: a pod asks for no more than its limit, ${limits?.["cpu"]}`);
  (requests as Fields)["cpu"] = limits?.["cpu"];
}

/** Docker's own times, which are longer than kubelet's. */
function settleProbe({ container, probe, notes }: Draft): void {
  if (probe["exec"] === undefined) return;
  container["livenessProbe"] = { periodSeconds: 30, timeoutSeconds: 30, ...probe };
  notes.push("--health-cmd: kubelet starts a container again that fails; docker only marks it unhealthy");
}

/** Texts in which kubelet would replace references. */
function settleTexts(container: Fields, args: readonly string[]): void {
  const env = (container["env"] ?? []) as readonly { readonly name: string; readonly value: string }[];
  const names = new Set(env.map(({ name }) => name));
  const literal = (text: string) => literalText(text, names);
  if (args.length > 0) container["args"] = args.map(literal);
  if (container["command"] !== undefined) container["command"] = container["command"].map(literal);
  if (env.length > 0) container["env"] = env.map(({ name, value }) => ({ name, value: literal(value) }));
  else delete container["env"];
}

function carryLabel({ metadata, notes }: Draft, value: string): void {
  const [name, text = ""] = cut(value.trimStart(), "=");
  if (labelKey(name).length === 0 && labelValue(text).length === 0) (metadata["labels"] ??= {})[name] = text;
  else if (labelKey(name.toLowerCase()).length > 0) notes.push(`--label ${value}: a pod has no label of this name`);
  else {
    (metadata["annotations"] ??= {})[name] = text;
    notes.push(`--label ${value}: a label of a pod has no such value; it is an annotation`);
  }
}

function on(fields: Fields, field: string, value: string): void {
  if (value === "true") fields[field] = true;
}

function capability(context: Fields, list: "add" | "drop", value: string): void {
  ((context["capabilities"] ??= {})[list] ??= []).push(capabilityName(value));
}

function memory(container: Fields, list: "limits" | "requests", value: string): void {
  const bytes = bytesOf(value) as number;
  if (bytes > 0) resource(container, list, "memory", quantityOfBytes(bytes));
}

function resource(container: Fields, list: "limits" | "requests", name: string, value: string): void {
  ((container["resources"] ??= {})[list] ??= {})[name] = value;
}

/** Whole seconds and at least one; docker's own for none. */
function seconds(probe: Fields, field: string, value: string): void {
  const time = secondsOf(value);
  if (time > 0) probe[field] = Math.max(1, Math.round(time));
}
