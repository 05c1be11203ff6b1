import type { Plugin } from "../plugin.ts";
import type { NamespacePolicy } from "../podsecurity/labels.ts";
import { mutatingAdmissionWebhook, validatingAdmissionWebhook } from "./admission-webhooks.ts";
import { alwaysAdmit, alwaysDeny } from "./always.ts";
import { alwaysPullImages } from "./always-pull-images.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { namespaceExists } from "./namespace-exists.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { createPodSecurity, type Exemptions } from "./pod-security.ts";
import { priority } from "./priority.ts";
import { regoPolicies } from "./rego-policies.ts";
import { serviceAccount } from "./service-account.ts";

/** One row of kube-apiserver's list. */
export interface PluginEntry {
  readonly name: string;
  readonly byDefault: boolean;
  /** Undefined where the plugin is not written yet: it cannot be enabled, and is not silently passed over. */
  readonly create?: (options?: ChainOptions) => Plugin;
  readonly deprecated?: string;
}

const off = { byDefault: false } as const;
const on = { byDefault: true } as const;

/** kube-apiserver 1.37's plugins in its order. The order is the behaviour: see pkg/kubeapiserver/options/plugins.go. */
export const pluginEntries: readonly PluginEntry[] = Object.freeze<PluginEntry[]>([
  { name: "AlwaysAdmit", ...off, create: () => alwaysAdmit, deprecated: "it admits everything; leave it out" },
  { name: "NamespaceAutoProvision", ...off, deprecated: "NamespaceLifecycle replaces it" },
  { name: "NamespaceLifecycle", ...on, create: () => namespaceLifecycle },
  { name: "NamespaceExists", ...off, create: () => namespaceExists, deprecated: "NamespaceLifecycle replaces it" },
  { name: "LimitPodHardAntiAffinityTopology", ...off },
  { name: "LimitRanger", ...on },
  { name: "ServiceAccount", ...on, create: () => serviceAccount },
  { name: "NodeRestriction", ...off },
  { name: "TaintNodesByCondition", ...on },
  { name: "AlwaysPullImages", ...off, create: () => alwaysPullImages },
  { name: "ImagePolicyWebhook", ...off },
  {
    name: "PodSecurity",
    ...on,
    create: (options) => createPodSecurity(options?.podSecurity?.exemptions, options?.podSecurity?.defaults),
  },
  { name: "PodNodeSelector", ...off },
  { name: "Priority", ...on, create: () => priority },
  { name: "DefaultTolerationSeconds", ...on, create: () => defaultTolerationSeconds },
  { name: "PodTolerationRestriction", ...off },
  { name: "EventRateLimit", ...off },
  { name: "ExtendedResourceToleration", ...off },
  { name: "DefaultStorageClass", ...on, create: () => defaultStorageClass },
  { name: "StorageObjectInUseProtection", ...on },
  { name: "PodGroupProtection", ...on },
  { name: "OwnerReferencesPermissionEnforcement", ...off },
  { name: "PersistentVolumeClaimResize", ...on },
  { name: "RuntimeClass", ...on },
  { name: "CertificateApproval", ...on },
  { name: "CertificateSigning", ...on },
  { name: "ClusterTrustBundleAttest", ...on },
  { name: "CertificateSubjectRestriction", ...on },
  { name: "DefaultIngressClass", ...on },
  { name: "DenyServiceExternalIPs", ...off },
  { name: "PodTopologyLabels", ...on },
  { name: "PodGroupWorkloadExists", ...on },
  { name: "NodeDeclaredFeatureValidator", ...on },
  { name: "JobValidation", ...on },
  { name: "PodResizeValidator", ...on },
  { name: "MutatingAdmissionPolicy", ...on },
  { name: "MutatingAdmissionWebhook", ...on, create: () => mutatingAdmissionWebhook },
  { name: "ValidatingAdmissionPolicy", ...on },
  { name: "ValidatingAdmissionWebhook", ...on, create: () => validatingAdmissionWebhook },
  { name: "RegoPolicies", ...on, create: () => regoPolicies },
  { name: "ResourceQuota", ...on },
  { name: "AlwaysDeny", ...off, create: () => alwaysDeny, deprecated: "it was for tests" },
]);

export interface ChainOptions {
  /** `--enable-admission-plugins`, beside the default ones. */
  readonly enable?: readonly string[];
  /** `--disable-admission-plugins`. */
  readonly disable?: readonly string[];
  /** PodSecurity's part of an AdmissionConfiguration. */
  readonly podSecurity?: { readonly exemptions?: Exemptions; readonly defaults?: NamespacePolicy };
}

/** The plugins that run, in order, or one line that says what is wrong with the flags. */
export function createChain(options: ChainOptions = {}): readonly Plugin[] | string {
  const { enable = [], disable = [] } = options;
  const names = pluginEntries.map(({ name }) => name);
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
  const missing = enable.find((name) => pluginEntries.find((entry) => entry.name === name)?.create === undefined);
  if (missing !== undefined)
    return `--enable-admission-plugins: ${missing} is not supported yet; \`sallyport plugins\` lists what is`;
  return pluginEntries
    .filter(({ name, byDefault }) => (byDefault || enable.includes(name)) && !disable.includes(name))
    .flatMap(({ create }) => (create === undefined ? [] : [create(options)]));
}
