import { nanosOf } from "../../go/quantity.ts";
import type { KubeObject } from "../../object.ts";
import { dns1123Label } from "../formats.ts";
import type { Fields } from "../rules.ts";

/** Labels of nodes that others have replaced. */
export const oldNodeLabels: { readonly [label: string]: string } = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

const oldAnnotations: { readonly [annotation: string]: string } = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
};

/** Kinds of volumes that no driver is there for any more, and since when. */
export const oldVolumes: { readonly [source: string]: string } = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
};

/** As the fields are called in messages. */
export const volumeNames: { readonly [source: string]: string } = { storageos: "storageOS" };

/** podStrategy.WarningsOnCreate. */
export function podWarnings(pod: KubeObject): readonly string[] {
  return [
    ...nameWarnings(pod, "the Pod's hostname"),
    ...specWarnings((pod["spec"] ?? {}) as Fields, pod.metadata.annotations ?? {}, ""),
  ];
}

/** That a name is no label, though it is part of what `use` says. */
export function nameWarnings({ metadata }: KubeObject, use: string): readonly string[] {
  const advice = dns1123Label(metadata.name ?? "");
  return advice.length === 0
    ? []
    : [
        `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${advice.join(" ")}]`,
      ];
}

/** GetWarningsForPodTemplate; `path` is where the template lies: `spec.template`. */
export function templateWarnings(template: Fields | undefined, path: string): readonly string[] {
  if (template === undefined) return [];
  return specWarnings((template["spec"] ?? {}) as Fields, template["metadata"]?.annotations ?? {}, `${path}.`);
}

const seccompPod = "seccomp.security.alpha.kubernetes.io/pod";
const seccompContainer = "container.seccomp.security.alpha.kubernetes.io/";
const appArmor = "container.apparmor.security.beta.kubernetes.io/";

function specWarnings(spec: Fields, annotations: { readonly [key: string]: string }, at: string): readonly string[] {
  const context = (spec["securityContext"] ?? {}) as Fields;
  const told = (key: string) => `${at}metadata.annotations[${key}]`;
  const noSeccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead';
  return [
    ...nodeLabelWarnings(spec, at),
    ...Object.entries(oldAnnotations).flatMap(([key, text]) => (key in annotations ? [`${told(key)}: ${text}`] : [])),
    ...list(spec["volumes"]).flatMap((volume, i) =>
      Object.entries(oldVolumes).flatMap(([source, text]) =>
        volume[source] === undefined ? [] : [`${at}spec.volumes[${i}].${volumeNames[source] ?? source}: ${text}`],
      ),
    ),
    ...repeated(list(spec["hostAliases"]), "ip", `${at}spec.hostAliases`),
    ...repeated(list(spec["imagePullSecrets"]), "name", `${at}spec.imagePullSecrets`),
    ...list(spec["imagePullSecrets"]).flatMap(({ name = "" }, i) =>
      name === "" ? [`${at}spec.imagePullSecrets[${i}].name: invalid empty name ""`] : [],
    ),
    ...fractional(spec["overhead"], `${at}spec.overhead`),
    ...(context["seccompProfile"] === undefined && seccompPod in annotations
      ? [`${told(seccompPod)}: ${noSeccomp}`]
      : []),
    ...containersOf(spec, at).flatMap(([each, path]) => [
      ...(each["securityContext"]?.seccompProfile === undefined && seccompContainer + each["name"] in annotations
        ? [`${told(seccompContainer + each["name"])}: ${noSeccomp}`]
        : []),
      // Of a pod itself, whoever copies the annotation to the field says so.
      ...(at !== "" && each["securityContext"]?.appArmorProfile === undefined && appArmor + each["name"] in annotations
        ? [`${told(appArmor + each["name"])}: ${appArmorAdvice}`]
        : []),
      ...fractional(each["resources"]?.limits, `${path}.resources.limits`),
      ...fractional(each["resources"]?.requests, `${path}.resources.requests`),
      ...hiddenVariables(list(each["env"]), `${path}.env`),
    ]),
    ...portWarnings(containersOf(spec, at)),
    ...(Number(spec["terminationGracePeriodSeconds"] ?? 0) < 0
      ? [`${at}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(spec["affinity"], `${at}spec.affinity`),
  ];
}

export const appArmorAdvice = 'deprecated since v1.30; use the "appArmorProfile" field instead';

function list(value: unknown): readonly Fields[] {
  return (value ?? []) as readonly Fields[];
}

function containersOf(spec: Fields, at: string): readonly (readonly [container: Fields, path: string])[] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((name) =>
    list(spec[name]).map((each, i) => [each, `${at}spec.${name}[${i}]`] as const),
  );
}

function nodeLabelWarnings(spec: Fields, at: string): readonly string[] {
  const affinity = (spec["affinity"]?.nodeAffinity ?? {}) as Fields;
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  const path = `${at}spec.affinity.nodeAffinity`;
  const ofTerm = (term: Fields | undefined, place: string) =>
    list(term?.["matchExpressions"]).flatMap(({ key }, i) =>
      key in oldNodeLabels ? [`${place}.matchExpressions[${i}].key: ${key} is ${oldNodeLabels[key]}`] : [],
    );
  return [
    ...Object.keys(spec["nodeSelector"] ?? {}).flatMap((key) =>
      key in oldNodeLabels ? [`${at}spec.nodeSelector[${key}]: ${oldNodeLabels[key]}`] : [],
    ),
    ...list(affinity[required]?.nodeSelectorTerms).flatMap((term, i) =>
      ofTerm(term, `${path}.${required}.nodeSelectorTerms[${i}]`),
    ),
    ...list(affinity[preferred]).flatMap(({ preference }, i) =>
      ofTerm(preference, `${path}.${preferred}[${i}].preference`),
    ),
    ...list(spec["topologySpreadConstraints"]).flatMap(({ topologyKey, labelSelector }, i) => {
      const place = `${at}spec.topologySpreadConstraints[${i}]`;
      return [
        ...(topologyKey in oldNodeLabels
          ? [`${place}.topologyKey: ${topologyKey} is ${oldNodeLabels[topologyKey]}`]
          : []),
        ...(labelSelector === undefined ? [`${place}.labelSelector: ${matchesNothing}`] : []),
      ];
    }),
  ];
}

const matchesNothing = "a null labelSelector results in matching no pod";

function affinityWarnings(affinity: Fields | undefined, path: string): readonly string[] {
  const kinds = ["podAffinity", "podAntiAffinity"];
  return kinds.flatMap((kind) => [
    ...list(affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution).flatMap(({ labelSelector }, i) =>
      labelSelector === undefined
        ? [`${path}.${kind}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${matchesNothing}`]
        : [],
    ),
    ...list(affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution).flatMap(({ podAffinityTerm }, i) =>
      podAffinityTerm?.labelSelector === undefined
        ? [
            `${path}.${kind}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${matchesNothing}`,
          ]
        : [],
    ),
  ]);
}

function repeated(items: readonly Fields[], field: string, path: string): readonly string[] {
  return items.flatMap((item, i) =>
    items.findIndex((each) => each[field] === item[field]) < i
      ? [`${path}[${i}].${field}: duplicate ${field} ${JSON.stringify(item[field] ?? "")}`]
      : [],
  );
}

const nano = 1_000_000_000n;

/** Bytes are whole. */
function fractional(resources: Fields | undefined, path: string): readonly string[] {
  return ["memory", "ephemeral-storage"].flatMap((name) => {
    const text = resources?.[name];
    return text === undefined || nanosOf(String(text)) % nano === 0n
      ? []
      : [`${path}[${name}]: fractional byte value ${JSON.stringify(String(text))} is invalid, must be an integer`];
  });
}

function hiddenVariables(env: readonly Fields[], path: string): readonly string[] {
  return env.flatMap(({ name, value = "", valueFrom }, i) => {
    if (env.findIndex((each) => each["name"] === name) === i) return [];
    const reference = `$(${name})`;
    const extends_ = valueFrom === undefined && value !== reference && String(value).includes(reference);
    return extends_
      ? []
      : [`${path}[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`];
  });
}

function portWarnings(containers: readonly (readonly [Fields, string])[]): readonly string[] {
  const ports = containers.flatMap(([each, path]) =>
    list(each["ports"]).map((port, i) => ({ port, path: `${path}.ports[${i}]` })),
  );
  const clashes = ports.flatMap(({ port, path }, i) =>
    ports
      .slice(0, i)
      .flatMap(({ port: other, path: place }) => clashOf(port, other).map((text) => `${path}: ${text} with ${place}`)),
  );
  const names = ports.flatMap(({ port, path }, i) => {
    const first = ports.slice(0, i).find((each) => port["name"] && each.port["name"] === port["name"]);
    return first === undefined
      ? []
      : [
          `${path}: duplicate port name ${JSON.stringify(port["name"])} with ${first.path}, services and probes that select ports by name will use ${first.path}`,
        ];
  });
  return [...clashes, ...names];
}

function clashOf(a: Fields, b: Fields): readonly string[] {
  if (a["containerPort"] !== b["containerPort"] || (a["protocol"] ?? "TCP") !== (b["protocol"] ?? "TCP")) return [];
  const [ip, otherIp] = [a["hostIP"] ?? "", b["hostIP"] ?? ""];
  const [port, otherPort] = [a["hostPort"] ?? 0, b["hostPort"] ?? 0];
  if (ip === otherIp && port === otherPort) return ["duplicate port definition"];
  if (port === 0 || otherPort === 0) return ["overlapping port definition"];
  return port === otherPort && (ip === "") !== (otherIp === "") ? ["dangerously ambiguous port definition"] : [];
}
