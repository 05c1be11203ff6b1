import type { Plugin } from "../plugin.ts";
import type { NamespacePolicy } from "../podsecurity/labels.ts";
import type { StaticConfigurations } from "../static-configurations.ts";
import { alwaysAdmit } from "./always-admit.ts";
import { alwaysDeny } from "./always-deny.ts";
import { alwaysPullImages } from "./always-pull-images.ts";
import { certificateApproval } from "./certificate-approval.ts";
import { certificateSigning } from "./certificate-signing.ts";
import { certificateSubjectRestriction } from "./certificate-subject-restriction.ts";
import { clusterTrustBundleAttest } from "./cluster-trust-bundle-attest.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { denyServiceExternalIPs } from "./deny-service-external-ips.ts";
import { createEventRateLimit, type EventLimit } from "./event-rate-limit.ts";
import { extendedResourceToleration } from "./extended-resource-toleration.ts";
import { createImagePolicyWebhook, type ImagePolicyOptions } from "./image-policy-webhook.ts";
import { jobValidation } from "./job-validation.ts";
import { limitPodHardAntiAffinityTopology } from "./limit-pod-hard-anti-affinity-topology.ts";
import { limitRanger } from "./limit-ranger.ts";
import { createMutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import { createMutatingAdmissionWebhook } from "./mutating-admission-webhook.ts";
import { namespaceAutoProvision } from "./namespace-auto-provision.ts";
import { namespaceExists } from "./namespace-exists.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeDeclaredFeatureValidator } from "./node-declared-feature-validator.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { ownerReferencesPermissionEnforcement } from "./owner-references-permission-enforcement.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { podGroupProtection } from "./pod-group-protection.ts";
import { podGroupWorkloadExists } from "./pod-group-workload-exists.ts";
import { createPodNodeSelector, type PodNodeSelectorConfiguration } from "./pod-node-selector.ts";
import { podResizeValidator } from "./pod-resize-validator.ts";
import { createPodSecurity, type Exemptions } from "./pod-security.ts";
import { podSecurityPolicy } from "./pod-security-policy.ts";
import {
  createPodTolerationRestriction,
  type PodTolerationRestrictionConfiguration,
} from "./pod-toleration-restriction.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { priority } from "./priority.ts";
import { regoPolicies } from "./rego-policies.ts";
import { createResourceQuota } from "./resource-quota.ts";
import type { LimitedResource } from "./resource-quota-check.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";
import { createValidatingAdmissionPolicy } from "./validating-admission-policy.ts";
import { createValidatingAdmissionWebhook } from "./validating-admission-webhook.ts";

/** One row of kube-apiserver's list. */
export interface PluginEntry {
  readonly name: string;
  readonly byDefault: boolean;
  readonly create: (options?: ChainOptions) => Plugin;
  readonly deprecated?: Deprecation;
  /** The first version of Kubernetes that has it no more. */
  readonly removed?: string;
  /** Off by default: until it is on, the plugin does nothing. */
  readonly featureGate?: string;
  /** Of Sallyport alone: no kube-apiserver has it. */
  readonly own?: true;
}

export interface Deprecation {
  /** Kubernetes' version; absent for what upstream keeps without recommending it. */
  readonly since?: string;
  /** The plugin that does its work. */
  readonly replacedBy?: string;
  /** What to do instead, for people. */
  readonly instead: string;
}

const off = { byDefault: false } as const;
const on = { byDefault: true } as const;

/**
 * The plugins of kube-apiserver 1.36 and 1.37 in their order, and PodSecurityPolicy where 1.24 had it. The order is the behaviour: see
 * pkg/kubeapiserver/options/plugins.go.
 */
export const pluginEntries: readonly PluginEntry[] = Object.freeze<PluginEntry[]>([
  {
    name: "AlwaysAdmit",
    ...off,
    create: () => alwaysAdmit,
    deprecated: { since: "v1.13", instead: "leave it out: it admits everything" },
  },
  {
    name: "NamespaceAutoProvision",
    ...off,
    create: () => namespaceAutoProvision,
    deprecated: { replacedBy: "NamespaceLifecycle", instead: "NamespaceLifecycle replaces it" },
  },
  { name: "NamespaceLifecycle", ...on, create: () => namespaceLifecycle },
  {
    name: "NamespaceExists",
    ...off,
    create: () => namespaceExists,
    deprecated: { replacedBy: "NamespaceLifecycle", instead: "NamespaceLifecycle replaces it" },
  },
  { name: "LimitPodHardAntiAffinityTopology", ...off, create: () => limitPodHardAntiAffinityTopology },
  { name: "LimitRanger", ...on, create: () => limitRanger },
  { name: "ServiceAccount", ...on, create: () => serviceAccount },
  { name: "NodeRestriction", ...off, create: () => nodeRestriction },
  { name: "TaintNodesByCondition", ...on, create: () => taintNodesByCondition },
  { name: "AlwaysPullImages", ...off, create: () => alwaysPullImages },
  {
    name: "ImagePolicyWebhook",
    ...off,
    create: (options) => createImagePolicyWebhook(options?.imagePolicy ?? noImagePolicy),
  },
  {
    name: "PodSecurity",
    ...on,
    create: (options) => createPodSecurity(options?.podSecurity?.exemptions, options?.podSecurity?.defaults),
  },
  {
    name: "PodSecurityPolicy",
    ...off,
    create: () => podSecurityPolicy,
    deprecated: {
      since: "v1.21",
      replacedBy: "PodSecurity",
      instead: "PodSecurity replaces it; `sallyport migrate psp` moves policies over",
    },
    removed: "v1.25",
  },
  { name: "PodNodeSelector", ...off, create: (options) => createPodNodeSelector(options?.podNodeSelector) },
  { name: "Priority", ...on, create: () => priority },
  { name: "DefaultTolerationSeconds", ...on, create: () => defaultTolerationSeconds },
  {
    name: "PodTolerationRestriction",
    ...off,
    create: (options) => createPodTolerationRestriction(options?.podTolerationRestriction),
  },
  { name: "EventRateLimit", ...off, create: (options) => createEventRateLimit(options?.eventRateLimit) },
  { name: "ExtendedResourceToleration", ...off, create: () => extendedResourceToleration },
  { name: "DefaultStorageClass", ...on, create: () => defaultStorageClass },
  { name: "StorageObjectInUseProtection", ...on, create: () => storageObjectInUseProtection },
  { name: "PodGroupProtection", ...on, create: () => podGroupProtection, featureGate: "GenericWorkload" },
  { name: "OwnerReferencesPermissionEnforcement", ...off, create: () => ownerReferencesPermissionEnforcement },
  { name: "PersistentVolumeClaimResize", ...on, create: () => persistentVolumeClaimResize },
  { name: "RuntimeClass", ...on, create: () => runtimeClass },
  { name: "CertificateApproval", ...on, create: () => certificateApproval },
  { name: "CertificateSigning", ...on, create: () => certificateSigning },
  { name: "ClusterTrustBundleAttest", ...on, create: () => clusterTrustBundleAttest },
  { name: "CertificateSubjectRestriction", ...on, create: () => certificateSubjectRestriction },
  { name: "DefaultIngressClass", ...on, create: () => defaultIngressClass },
  { name: "DenyServiceExternalIPs", ...off, create: () => denyServiceExternalIPs },
  { name: "PodTopologyLabels", ...on, create: () => podTopologyLabels },
  {
    name: "PodGroupWorkloadExists",
    ...on,
    create: () => podGroupWorkloadExists,
    featureGate: "GenericWorkload",
    removed: "v1.37",
  },
  { name: "NodeDeclaredFeatureValidator", ...on, create: () => nodeDeclaredFeatureValidator },
  {
    name: "JobValidation",
    ...on,
    create: () => jobValidation,
    featureGate: "WorkloadWithJob",
    removed: "v1.37",
  },
  { name: "PodResizeValidator", ...on, create: () => podResizeValidator },
  { name: "MutatingAdmissionPolicy", ...on, create: (options) => createMutatingAdmissionPolicy(options?.statics) },
  { name: "MutatingAdmissionWebhook", ...on, create: (options) => createMutatingAdmissionWebhook(options?.statics) },
  { name: "ValidatingAdmissionPolicy", ...on, create: (options) => createValidatingAdmissionPolicy(options?.statics) },
  {
    name: "ValidatingAdmissionWebhook",
    ...on,
    create: (options) => createValidatingAdmissionWebhook(options?.statics),
  },
  { name: "RegoPolicies", ...on, create: () => regoPolicies, own: true },
  { name: "ResourceQuota", ...on, create: (options) => createResourceQuota(options?.limitedResources) },
  {
    name: "AlwaysDeny",
    ...off,
    create: () => alwaysDeny,
    deprecated: { since: "v1.13", instead: "leave it out: it was for tests" },
  },
]);

export interface ChainOptions {
  /** `--enable-admission-plugins`, beside the default ones. */
  readonly enable?: readonly string[];
  /** `--disable-admission-plugins`. */
  readonly disable?: readonly string[];
  /** PodSecurity's part of an AdmissionConfiguration. */
  readonly podSecurity?: { readonly exemptions?: Exemptions; readonly defaults?: NamespacePolicy };
  /** Those of PodNodeSelector, PodTolerationRestriction and EventRateLimit. */
  readonly podNodeSelector?: PodNodeSelectorConfiguration;
  readonly podTolerationRestriction?: PodTolerationRestrictionConfiguration;
  readonly eventRateLimit?: readonly EventLimit[];
  /** ImagePolicyWebhook's: without it the plugin cannot be enabled. */
  readonly imagePolicy?: ImagePolicyOptions;
  /** ResourceQuota's: what may be used only where a quota covers it. */
  readonly limitedResources?: readonly LimitedResource[];
  /** Webhooks and policies from files: `staticManifestsDir` of the plugins' parts. */
  readonly statics?: StaticConfigurations;
  /** Plugins of other rooms: they stand behind RegoPolicies, where webhooks of their own would. */
  readonly others?: readonly Plugin[];
}

/** One line for each enabled plugin that should not be used any more. */
export function deprecationWarnings({ enable = [] }: ChainOptions): readonly string[] {
  return pluginEntries.flatMap((entry) =>
    entry.deprecated !== undefined && enable.includes(entry.name)
      ? [`admission plugin ${entry.name} is ${deprecationText(entry)}`]
      : [],
  );
}

/** `deprecated since v1.21, gone since v1.25: …`; empty for a plugin that stays. */
export function deprecationText({ deprecated, removed }: Pick<PluginEntry, "deprecated" | "removed">): string {
  const gone = removed === undefined ? [] : [`gone since ${removed}`];
  if (deprecated === undefined) return gone.join("");
  const { since, instead } = deprecated;
  return `${[`deprecated${since === undefined ? "" : ` since ${since}`}`, ...gone].join(", ")}: ${instead}`;
}

/** Nobody can be asked, and nothing is allowed. */
const noImagePolicy: ImagePolicyOptions = {
  ask: () => Promise.reject(new Error("no config specified")),
  allowTtlMs: 0,
  denyTtlMs: 0,
  defaultAllow: false,
};

/** The plugins that run, in order, or one line that says what is wrong with the flags. */
export function createChain(options: ChainOptions = {}): readonly Plugin[] | string {
  const { enable = [], disable = [], others = [] } = options;
  const names = [...pluginEntries, ...others].map(({ name }) => name);
  for (const [flag, list] of [
    ["enable", enable],
    ["disable", disable],
  ] as const) {
    const unknown = list.find((name) => !names.includes(name));
    if (unknown !== undefined)
      return `--${flag}-admission-plugins: unknown plugin ${JSON.stringify(unknown)}; known: ${names.join(", ")}`;
  }
  const both = enable.find((name) => disable.includes(name));
  if (both !== undefined) return `${both} is both enabled and disabled`;
  if (enable.includes("ImagePolicyWebhook") && options.imagePolicy === undefined)
    return "ImagePolicyWebhook: no config specified; give its imagePolicy by --admission-control-config-file";
  return pluginEntries
    .filter(({ name, byDefault }) => byDefault || enable.includes(name))
    .flatMap(({ name, create }) => [create(options), ...(name === "RegoPolicies" ? others : [])])
    .filter(({ name }) => !disable.includes(name));
}
