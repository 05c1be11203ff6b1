import { type FieldError, forbidden, invalid, required, tooLong } from "../../names.ts";
import { formatted, itemsOf, nonnegative, oneOf } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, qualified } from "../formats.ts";
import { validateLabels } from "../label-selector.ts";
import type { Fields } from "../rules.ts";
import { validateAffinity } from "./pod-spec/affinity.ts";
import {
  untrimmedImage,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from "./pod-spec/containers.ts";
import { validateDnsConfig, validateDnsPolicy, validateHostAliases } from "./pod-spec/dns.ts";
import { validateFileVolumes } from "./pod-spec/env.ts";
import { validateHostProcesses, validateOs } from "./pod-spec/operating-system.ts";
import { containersOf } from "./pod-spec/places.ts";
import { validatePodClaims } from "./pod-spec/resource-claims.ts";
import { validateOverhead, validatePodResources } from "./pod-spec/resources.ts";
import { validateGates, validateTolerations, validateTopologySpread } from "./pod-spec/scheduling.ts";
import { validatePodSecurity } from "./pod-spec/security.ts";
import { validateVolumes } from "./pod-spec/volumes.ts";

const restartPolicies: readonly string[] = ["Always", "OnFailure", "Never"];
const preemptionPolicies: readonly string[] = ["PreemptLowerPriority", "Never"];
const maxSeconds = 2147483647;

/** ValidatePodSpec. `path` is where the spec lies: `spec`, `spec.template.spec`; `annotations` are those of a pod, none of a template. */
export function validatePodSpec(spec: Fields, path: string, annotations?: Fields): readonly FieldError[] {
  const names = new Set<string>();
  const { restartPolicy = "", dnsPolicy = "" } = spec;
  const claims = ((spec["resourceClaims"] ?? []) as Fields[]).map((claim) => claim["name"] as string).filter(Boolean);
  const volumes: Fields[] = [];
  const volumeFaults = validateVolumes(spec["volumes"], `${path}.volumes`, volumes);
  const mounting = volumeFaults.length === 0 ? spec : { ...spec, volumes };
  return [
    ...volumeFaults,
    ...validatePodClaims(spec["resourceClaims"], `${path}.resourceClaims`, annotations ?? {}),
    ...validateContainers(mounting, `${path}.containers`, names),
    ...validateInitContainers(mounting, `${path}.initContainers`, names),
    ...validateEphemeralContainers(mounting, `${path}.ephemeralContainers`, names),
    ...validatePodResources(spec, path, claims),
    ...hostNetworkPorts(spec, path, annotations !== undefined),
    ...oneOf(`${path}.restartPolicy`, restartPolicy, restartPolicies),
    ...(dnsPolicy === "" ? [required(`${path}.dnsPolicy`)] : validateDnsPolicy(dnsPolicy, path)),
    ...validateLabels(spec["nodeSelector"], `${path}.nodeSelector`),
    ...validatePodSecurity(spec, `${path}.securityContext`),
    ...(spec["shareProcessNamespace"] === true && spec["hostPID"] === true
      ? [invalid(`${path}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled")]
      : []),
    ...validateAffinity(spec["affinity"], `${path}.affinity`),
    ...validateDnsConfig(spec["dnsConfig"], dnsPolicy, `${path}.dnsConfig`),
    ...itemsOf(spec["readinessGates"], `${path}.readinessGates`).flatMap(([{ conditionType = "" }, field]) =>
      formatted(`${field}.conditionType`, conditionType, qualified),
    ),
    ...validateGates(spec["schedulingGates"], `${path}.schedulingGates`),
    ...validateTopologySpread(spec["topologySpreadConstraints"], `${path}.topologySpreadConstraints`),
    ...validateHostProcesses(spec, path),
    ...validateOwnUsers(spec, path),
    ...validateHostnameOverride(spec, path),
    ...validateNames(spec, path),
    ...validateTolerations(spec["tolerations"], `${path}.tolerations`),
    ...validateHostAliases(spec["hostAliases"], `${path}.hostAliases`),
    ...given(spec, path, "priorityClassName", dns1123Subdomain),
    ...(spec["runtimeClassName"] === undefined
      ? []
      : formatted(`${path}.runtimeClassName`, spec["runtimeClassName"], dns1123Subdomain)),
    ...oneOf(`${path}.preemptionPolicy`, spec["preemptionPolicy"], preemptionPolicies, true),
    ...validateOverhead(spec["overhead"], `${path}.overhead`),
    ...validateOs(spec, path),
    ...validateFileVolumes(spec, path),
  ];
}

/** validateHostUsers: who has users of its own shares no other namespace with its host. */
function validateOwnUsers(spec: Fields, path: string): readonly FieldError[] {
  if (spec["hostUsers"] !== false) return [];
  const why = "when `hostUsers` is false";
  return [
    ...(spec["hostNetwork"] === true ? [forbidden(`${path}.hostNetwork`, why)] : []),
    ...(spec["hostPID"] === true ? [forbidden(`${path}.HostPID`, why)] : []),
    ...(spec["hostIPC"] === true ? [forbidden(`${path}.HostIPC`, why)] : []),
    ...containersOf(spec, path)
      .filter(([{ volumeDevices }]) => (volumeDevices ?? []).length > 0)
      .map(([, place]) => forbidden(`${place}.volumeDevices`, why)),
  ];
}

/** The longest hostname of Linux. */
const maxHostname = 64;

function validateHostnameOverride(spec: Fields, path: string): readonly FieldError[] {
  const { hostnameOverride: name, setHostnameAsFQDN, hostNetwork } = spec;
  const field = `${path}.hostnameOverride`;
  if (name === undefined) return [];
  return [
    ...(setHostnameAsFQDN === true ? [forbidden(field, "may not be specified when setHostnameAsFQDN is true")] : []),
    ...(hostNetwork === true ? [forbidden(field, "may not be specified when hostNetwork is true")] : []),
    ...(name.length > maxHostname ? [tooLong(field, maxHostname)] : []),
    ...formatted(field, name, dns1123Subdomain),
  ];
}

/** A pod in its host's network listens at the host's ports; a template may leave them open. */
function hostNetworkPorts(spec: Fields, path: string, isPod: boolean): readonly FieldError[] {
  if (spec["hostNetwork"] !== true) return [];
  return itemsOf(spec["containers"], `${path}.containers`).flatMap(([container, field]) =>
    itemsOf(container["ports"], `${field}.ports`).flatMap(([{ hostPort = 0, containerPort = 0 }, place]) =>
      (hostPort === 0 && !isPod) || hostPort === containerPort
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
    itemsOf(spec[list], `${path}.${list}`).flatMap(([each, field]) => untrimmedImage(each, field)),
  );
  return [
    ...tokens,
    ...nonnegative(`${path}.terminationGracePeriodSeconds`, spec["terminationGracePeriodSeconds"]),
    ...images,
  ];
}
