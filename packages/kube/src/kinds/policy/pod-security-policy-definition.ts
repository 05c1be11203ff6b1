import type { KubeObject } from "../../object.ts";
import type { Structural } from "../../structural/schema.ts";

const text: Structural = { type: "string" };
const texts: Structural = { type: "array", items: text };
const flag: Structural = { type: "boolean" };
const whole: Structural = { type: "integer", format: "int64" };
const port: Structural = { type: "integer", format: "int32" };

function fields(properties: { readonly [name: string]: Structural }): Structural {
  return { type: "object", properties };
}

function list(items: Structural): Structural {
  return { type: "array", items };
}

const strategy = fields({ rule: text, ranges: list(fields({ min: whole, max: whole })) });

const spec = fields({
  privileged: flag,
  defaultAddCapabilities: texts,
  requiredDropCapabilities: texts,
  allowedCapabilities: texts,
  volumes: texts,
  hostNetwork: flag,
  hostPorts: list(fields({ min: port, max: port })),
  hostPID: flag,
  hostIPC: flag,
  seLinux: fields({ rule: text, seLinuxOptions: fields({ level: text, role: text, type: text, user: text }) }),
  runAsUser: strategy,
  runAsGroup: strategy,
  supplementalGroups: strategy,
  fsGroup: strategy,
  readOnlyRootFilesystem: flag,
  defaultAllowPrivilegeEscalation: flag,
  allowPrivilegeEscalation: flag,
  allowedHostPaths: list(fields({ pathPrefix: text, readOnly: flag })),
  allowedFlexVolumes: list(fields({ driver: text })),
  allowedCSIDrivers: list(fields({ name: text })),
  allowedUnsafeSysctls: texts,
  forbiddenSysctls: texts,
  allowedProcMountTypes: texts,
  runtimeClass: fields({ allowedRuntimeClassNames: texts, defaultRuntimeClassName: text }),
});

const columns: readonly (readonly [name: string, type: string, path: string])[] = [
  ["Priv", "boolean", ".spec.privileged"],
  ["Caps", "string", ".spec.allowedCapabilities"],
  ["SELinux", "string", ".spec.seLinux.rule"],
  ["RunAsUser", "string", ".spec.runAsUser.rule"],
  ["FsGroup", "string", ".spec.fsGroup.rule"],
  ["SupGroup", "string", ".spec.supplementalGroups.rule"],
  ["ReadOnlyRootFs", "boolean", ".spec.readOnlyRootFilesystem"],
  ["Volumes", "string", ".spec.volumes"],
];

const names = {
  plural: "podsecuritypolicies",
  singular: "podsecuritypolicy",
  kind: "PodSecurityPolicy",
  listKind: "PodSecurityPolicyList",
  shortNames: ["psp"],
};

/** policy/v1beta1 PodSecurityPolicy as Kubernetes 1.24 served it, for servers whose chain asks it: in the form of a definition. */
export const podSecurityPolicyDefinition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "podsecuritypolicies.policy" },
  spec: {
    group: "policy",
    scope: "Cluster",
    names,
    versions: [
      {
        name: "v1beta1",
        served: true,
        storage: true,
        deprecated: true,
        deprecationWarning: "policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+",
        schema: { openAPIV3Schema: { ...fields({ spec }), required: ["spec"] } },
        additionalPrinterColumns: columns.map(([name, type, jsonPath]) => ({ name, type, jsonPath })),
      },
    ],
  },
  status: { acceptedNames: names, conditions: [{ type: "Established", status: "True" }], storedVersions: ["v1beta1"] },
};
