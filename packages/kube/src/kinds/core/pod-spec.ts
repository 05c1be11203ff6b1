import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, qualified } from "../formats.ts";
import { validateLabels } from "../label-selector.ts";
import type { Fields } from "../rules.ts";
import { validateAffinity } from "./pod-spec/affinity.ts";
import { validateContainers, validateEphemeralContainers, validateInitContainers } from "./pod-spec/containers.ts";
import { validateDnsConfig, validateDnsPolicy, validateHostAliases } from "./pod-spec/dns.ts";
import { validateOverhead } from "./pod-spec/resources.ts";
import { validateGates, validateTolerations, validateTopologySpread } from "./pod-spec/scheduling.ts";
import { validatePodSecurity } from "./pod-spec/security.ts";
import { validateVolumes } from "./pod-spec/volumes.ts";

const restartPolicies: readonly string[] = ["Always", "OnFailure", "Never"];
const maxSeconds = 2147483647;

/** ValidatePodSpec. `path` is where the spec lies: `spec`, `spec.template.spec`. */
export function validatePodSpec(spec: Fields, path: string): readonly FieldError[] {
  const names = new Set<string>();
  const { restartPolicy = "", dnsPolicy = "" } = spec;
  return [
    ...validateVolumes(spec["volumes"], `${path}.volumes`),
    ...validateContainers(spec, `${path}.containers`, names),
    ...validateInitContainers(spec, `${path}.initContainers`, names),
    ...validateEphemeralContainers(spec, `${path}.ephemeralContainers`, names),
    ...hostNetworkPorts(spec, path),
    ...unmaskedProcs(spec, path),
    ...(restartPolicies.includes(restartPolicy)
      ? []
      : [
          restartPolicy === ""
            ? required(`${path}.restartPolicy`)
            : notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies),
        ]),
    ...(dnsPolicy === "" ? [required(`${path}.dnsPolicy`)] : validateDnsPolicy(dnsPolicy, path)),
    ...validateLabels(spec["nodeSelector"], `${path}.nodeSelector`),
    ...validatePodSecurity(spec, `${path}.securityContext`),
    ...itemsOf(spec["imagePullSecrets"], `${path}.imagePullSecrets`).flatMap(([{ name }, field]) =>
      name ? [] : [required(`${field}.name`)],
    ),
    ...validateAffinity(spec["affinity"], `${path}.affinity`),
    ...validateDnsConfig(spec["dnsConfig"], dnsPolicy, `${path}.dnsConfig`),
    ...itemsOf(spec["readinessGates"], `${path}.readinessGates`).flatMap(([{ conditionType = "" }, field]) =>
      formatted(`${field}.conditionType`, conditionType, qualified),
    ),
    ...validateGates(spec["schedulingGates"], `${path}.schedulingGates`),
    ...validateTopologySpread(spec["topologySpreadConstraints"], `${path}.topologySpreadConstraints`),
    ...validateNames(spec, path),
    ...validateTolerations(spec["tolerations"], `${path}.tolerations`),
    ...validateHostAliases(spec["hostAliases"], `${path}.hostAliases`),
    ...given(spec, path, "priorityClassName", dns1123Subdomain),
    ...given(spec, path, "runtimeClassName", dns1123Subdomain),
    ...validatePreemption(spec["preemptionPolicy"], `${path}.preemptionPolicy`),
    ...validateOverhead(spec["overhead"], `${path}.overhead`),
    ...validateOs(spec["os"], `${path}.os`),
  ];
}

/** A pod in its host's network listens at the host's ports. */
function hostNetworkPorts(spec: Fields, path: string): readonly FieldError[] {
  if (spec["hostNetwork"] !== true) return [];
  return itemsOf(spec["containers"], `${path}.containers`).flatMap(([container, field]) =>
    itemsOf(container["ports"], `${field}.ports`).flatMap(([{ hostPort = 0, containerPort = 0 }, place]) =>
      hostPort === 0 || hostPort === containerPort
        ? []
        : [invalid(`${place}.hostPort`, hostPort, "must match `containerPort` when `hostNetwork` is true")],
    ),
  );
}

function given(spec: Fields, path: string, name: string, format: typeof dns1123Label): readonly FieldError[] {
  return spec[name] ? formatted(`${path}.${name}`, spec[name], format) : [];
}

function validateNames(spec: Fields, path: string): readonly FieldError[] {
  const deadline = spec["activeDeadlineSeconds"] as number | undefined;
  return [
    ...given(spec, path, "serviceAccountName", dns1123Subdomain),
    ...given(spec, path, "nodeName", dns1123Subdomain),
    ...(deadline !== undefined && (deadline < 1 || deadline > maxSeconds)
      ? [invalid(`${path}.activeDeadlineSeconds`, deadline, `must be between 1 and ${maxSeconds}, inclusive`)]
      : []),
    ...given(spec, path, "hostname", dns1123Label),
    ...given(spec, path, "subdomain", dns1123Label),
  ];
}

function validatePreemption(policy: string | undefined, path: string): readonly FieldError[] {
  if (policy === undefined) return [];
  const words = ["Never", "PreemptLowerPriority"];
  if (policy === "") return [required(path)];
  return words.includes(policy) ? [] : [notSupported(path, policy, ["Never", "PreemptLowerPriority"])];
}

function validateOs(os: Fields | undefined, path: string): readonly FieldError[] {
  if (os === undefined) return [];
  const { name = "" } = os;
  if (name === "") return [required(`${path}.name`, "cannot be empty")];
  return ["linux", "windows"].includes(name) ? [] : [notSupported(path, name, ["linux", "windows"])];
}

/** What only pods must heed, not templates, which may be completed later. */
export function validatePodOnly(spec: Fields, path: string): readonly FieldError[] {
  const tokens = itemsOf(spec["volumes"], `${path}.volumes`).flatMap(([volume, field]) =>
    itemsOf(volume["projected"]?.sources, `${field}.projected.sources`)
      .filter(([source]) => source["serviceAccountToken"] !== undefined && !spec["serviceAccountName"])
      .map(([, place]) =>
        forbidden(`${place}.serviceAccountToken`, "must not be specified when serviceAccountName is not set"),
      ),
  );
  const images = ["containers", "initContainers"].flatMap((list) =>
    itemsOf(spec[list], `${path}.${list}`)
      .filter(([{ image = "" }]) => image !== image.trim())
      .map(([{ image }, field]) => invalid(`${field}.image`, image, "must not have leading or trailing whitespace")),
  );
  return [...tokens, ...images];
}

/** The whole of /proc is only for who is nobody on the node. */
function unmaskedProcs(spec: Fields, path: string): readonly FieldError[] {
  if (spec["hostUsers"] === false) return [];
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    itemsOf(spec[list], `${path}.${list}`).flatMap(([each, place]) =>
      each["securityContext"]?.procMount === "Unmasked"
        ? [invalid(`${place}.securityContext.procMount`, "Unmasked", "`hostUsers` must be false to use `Unmasked`")]
        : [],
    ),
  );
}
