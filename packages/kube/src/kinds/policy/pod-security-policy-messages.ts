const home = "k8s.io.api.policy.v1beta1";

const strategy = (rule: string) => `rule ${rule} string,ranges 2o *${home}.IDRange`;

/**
 * The structs of policy/v1beta1 PodSecurityPolicy as Kubernetes 1.24 had them, in the form of the table of messages: its generated part
 * is of a release that has them no more. Source: k8s.io/api v0.24, policy/v1beta1/types.go.
 */
export const podSecurityPolicyMessages: { readonly [message: string]: string } = {
  [`${home}.PodSecurityPolicy`]: `metadata 1o k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta,spec 2o ${home}.PodSecurityPolicySpec`,
  [`${home}.PodSecurityPolicySpec`]: [
    "privileged 1o bool",
    "defaultAddCapabilities 2o *string",
    "requiredDropCapabilities 3o *string",
    "allowedCapabilities 4o *string",
    "volumes 5o *string",
    "hostNetwork 6o bool",
    `hostPorts 7o *${home}.HostPortRange`,
    "hostPID 8o bool",
    "hostIPC 9o bool",
    `seLinux 10 ${home}.SELinuxStrategyOptions`,
    `runAsUser 11 ${home}.RunAsUserStrategyOptions`,
    `runAsGroup 22po ${home}.RunAsGroupStrategyOptions`,
    `supplementalGroups 12 ${home}.SupplementalGroupsStrategyOptions`,
    `fsGroup 13 ${home}.FSGroupStrategyOptions`,
    "readOnlyRootFilesystem 14o bool",
    "defaultAllowPrivilegeEscalation 15po bool",
    "allowPrivilegeEscalation 16po bool",
    `allowedHostPaths 17o *${home}.AllowedHostPath`,
    `allowedFlexVolumes 18o *${home}.AllowedFlexVolume`,
    `allowedCSIDrivers 23o *${home}.AllowedCSIDriver`,
    "allowedUnsafeSysctls 19o *string",
    "forbiddenSysctls 20o *string",
    "allowedProcMountTypes 21o *string",
    `runtimeClass 24po ${home}.RuntimeClassStrategyOptions`,
  ].join(","),
  [`${home}.AllowedHostPath`]: "pathPrefix 1o string,readOnly 2o bool",
  [`${home}.AllowedFlexVolume`]: "driver 1 string",
  [`${home}.AllowedCSIDriver`]: "name 1 string",
  [`${home}.HostPortRange`]: "min 1 int32,max 2 int32",
  [`${home}.IDRange`]: "min 1 int64,max 2 int64",
  [`${home}.SELinuxStrategyOptions`]: "rule 1 string,seLinuxOptions 2po k8s.io.api.core.v1.SELinuxOptions",
  [`${home}.RunAsUserStrategyOptions`]: strategy("1"),
  [`${home}.RunAsGroupStrategyOptions`]: strategy("1"),
  [`${home}.FSGroupStrategyOptions`]: strategy("1o"),
  [`${home}.SupplementalGroupsStrategyOptions`]: strategy("1o"),
  [`${home}.RuntimeClassStrategyOptions`]: "allowedRuntimeClassNames 1 *string,defaultRuntimeClassName 2po string",
};

/** The strings among their fields that have a type of their own in Go, in the form of the table of named types. */
export const podSecurityPolicyTypes: { readonly [message: string]: string } = {
  [`${home}.PodSecurityPolicySpec`]: [
    "defaultAddCapabilities v1.Capability",
    "requiredDropCapabilities v1.Capability",
    "allowedCapabilities v1.Capability",
    "volumes v1beta1.FSType",
    "allowedProcMountTypes v1.ProcMountType",
  ].join(","),
  [`${home}.SELinuxStrategyOptions`]: "rule v1beta1.SELinuxStrategy",
  [`${home}.RunAsUserStrategyOptions`]: "rule v1beta1.RunAsUserStrategy",
  [`${home}.RunAsGroupStrategyOptions`]: "rule v1beta1.RunAsGroupStrategy",
  [`${home}.FSGroupStrategyOptions`]: "rule v1beta1.FSGroupStrategyType",
  [`${home}.SupplementalGroupsStrategyOptions`]: "rule v1beta1.SupplementalGroupsStrategyType",
};
