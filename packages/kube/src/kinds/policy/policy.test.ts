import { testRefusals } from "../refusals.fixture.ts";

testRefusals("policy/v1", {
  PodDisruptionBudget: [
    [
      "spec: {}",
      "spec: {minAvailable: 1, maxUnavailable: 1}",
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
    ],
    [
      "spec: {}",
      "spec: {minAvailable: 101%}",
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      "spec: {}",
      "spec: {unhealthyPodEvictionPolicy: X}",
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "X": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
  ],
});

const dns1123Text =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const permissive =
  "spec: {runAsUser: {rule: RunAsAny}, seLinux: {rule: RunAsAny}, fsGroup: {rule: RunAsAny}, supplementalGroups: {rule: RunAsAny}";

testRefusals("policy/v1beta1", {
  PodSecurityPolicy: [
    [`${permissive}}`, "spec: {}", ...["runAsUser", "seLinux", "supplementalGroups", "fsGroup"].map(unsupportedRule)],
    [
      `${permissive}}`,
      `${permissive}, volumes: [hostpath], allowedHostPaths: [{pathPrefix: /a/../b}]}`,
      `spec.volumes: Unsupported value: "hostpath": supported values: ${volumeTypes()}`,
      "spec.allowedHostPaths[0]: Invalid value: \"/a/../b\": must not contain '..'",
    ],
    [
      `${permissive}}`,
      `${permissive}, requiredDropCapabilities: [A], allowedCapabilities: [A, '*'], allowPrivilegeEscalation: false, defaultAllowPrivilegeEscalation: true}`,
      'requiredDropCapabilities: Invalid value: []core.Capability{"A"}: must be empty when all capabilities are allowed by a wildcard',
      'allowedCapabilities: Invalid value: "A": capability is listed in allowedCapabilities and requiredDropCapabilities',
      "spec.defaultAllowPrivilegeEscalation: Invalid value: true: Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true",
    ],
    [
      `${permissive}}`,
      `${permissive}, allowedUnsafeSysctls: [net.core.a], forbiddenSysctls: [net.*], runAsGroup: {rule: MustRunAs}}`,
      "spec.runAsGroup.ranges: Invalid value: []policy.IDRange(nil): must provide at least one range",
      'spec.allowedUnsafeSysctls[0]: Invalid value: "net.core.a": sysctl overlaps with net.*',
    ],
    [
      `${permissive}}`,
      `${permissive}, runtimeClass: {allowedRuntimeClassNames: [a], defaultRuntimeClassName: b}}`,
      'spec.runtimeClass.allowedRuntimeClassNames: Required value: default "b" must be allowed',
    ],
    [
      `${permissive}}`,
      `${permissive}, runtimeClass: {allowedRuntimeClassNames: ['*', a]}, runAsGroup: {rule: RunAsAny, ranges: [{min: 1, max: 2}]}}`,
      "spec.runAsGroup.ranges: Invalid value: []policy.IDRange{policy.IDRange{Min:1, Max:2}}: Ranges must be empty",
      `spec.runtimeClass.allowedRuntimeClassNames: Invalid value: []string{"*", "a"}: if '*' is present, must not specify other RuntimeClass names`,
    ],
    [
      `${permissive}}`,
      `${permissive}, allowedHostPaths: [{pathPrefix: /a/..}, {pathPrefix: ""}, {pathPrefix: /..}], allowedCSIDrivers: [{name: ""}]}`,
      "spec.allowedHostPaths[0]: Invalid value: \"/a/..\": must not contain '..'",
      "spec.allowedHostPaths[1]: Required value: is required",
      "spec.allowedCSIDrivers.allowedCSIDriver[0].name: Required value",
      `spec.allowedCSIDrivers.allowedCSIDriver[0].name: Invalid value: "": ${dns1123Text}`,
    ],
  ],
});

function unsupportedRule(field: string): string {
  const rules: { readonly [field: string]: string } = {
    runAsUser: '"MustRunAs", "MustRunAsNonRoot", "RunAsAny"',
    seLinux: '"MustRunAs", "RunAsAny"',
  };
  const known = rules[field] ?? '"MayRunAs", "MustRunAs", "RunAsAny"';
  return `spec.${field}.rule: Unsupported value: "": supported values: ${known}`;
}

function volumeTypes(): string {
  const types =
    "* awsElasticBlockStore azureDisk azureFile cephFS cinder configMap csi downwardAPI emptyDir ephemeral fc flexVolume flocker gcePersistentDisk gitRepo glusterfs hostPath iscsi nfs persistentVolumeClaim photonPersistentDisk portworxVolume projected quobyte rbd scaleIO secret storageos vsphereVolume";
  return types
    .split(" ")
    .map((each) => `"${each}"`)
    .join(", ");
}
