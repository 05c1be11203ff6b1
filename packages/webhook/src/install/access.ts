import { byGroup, type InstallOptions, labelsOf, type Manifest } from "./options.ts";

/** Who the replicas are, and what they may do: no more than the policies need. */
export function accessManifests(options: InstallOptions): readonly Manifest[] {
  const { name, namespace } = options;
  const metadata = { name, labels: labelsOf(name) };
  const own = { ...metadata, namespace };
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const roleRef = (kind: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: own },
    { ...rbac, kind: "ClusterRole", metadata, rules: clusterRules(options) },
    { ...rbac, kind: "ClusterRoleBinding", metadata, roleRef: roleRef("ClusterRole"), subjects },
    ...(options.tlsSecret === undefined
      ? [
          { ...rbac, kind: "Role", metadata: own, rules: secretRules(options) },
          { ...rbac, kind: "RoleBinding", metadata: own, roleRef: roleRef("Role"), subjects },
        ]
      : []),
  ];
}

/** What people write, and what is told of it; of all of them the webhook defines only constraints. */
const gatekeeperGroups: readonly string[] = [
  "config",
  "constraints",
  "expansion",
  "externaldata",
  "mutations",
  "syncset",
  "templates",
].map((each) => `${each}.gatekeeper.sh`);

/** Kinds of constraints have names that nobody knows yet. */
const gatekeeperRules: readonly object[] = [
  { apiGroups: gatekeeperGroups, resources: ["*"], verbs: ["get", "list", "watch"] },
  { apiGroups: gatekeeperGroups, resources: ["*/status"], verbs: ["patch", "update"] },
  // Where owners that must not go first need it.
  { apiGroups: gatekeeperGroups, resources: ["*/finalizers"], verbs: ["update"] },
  {
    apiGroups: ["status.gatekeeper.sh"],
    resources: ["*"],
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  },
  {
    apiGroups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    verbs: ["create", "get", "patch"],
  },
  {
    apiGroups: ["admissionregistration.k8s.io"],
    resources: ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
    verbs: ["create", "delete", "get", "patch"],
  },
];

function clusterRules(options: InstallOptions): readonly object[] {
  const { reads, asksAuthorizer, gatekeeper } = options;
  return [
    ...byGroup(["namespaces", ...reads.filter((each) => each !== "namespaces")]).map(([group, resources]) => ({
      apiGroups: [group],
      resources,
      verbs: ["get", "list", "watch"],
    })),
    ...(asksAuthorizer
      ? [{ apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] }]
      : []),
    ...(gatekeeper === undefined ? [] : gatekeeperRules),
    ...(options.tlsSecret === undefined ? [bundleRule(options)] : []),
  ];
}

/** To keep the caBundle current. */
function bundleRule({ name, mutates, mesh }: InstallOptions): object {
  return {
    apiGroups: ["admissionregistration.k8s.io"],
    resources: [
      "validatingwebhookconfigurations",
      ...(mutates || mesh !== undefined ? ["mutatingwebhookconfigurations"] : []),
    ],
    resourceNames: [name],
    verbs: ["get", "update"],
  };
}

/** The certificate that all replicas share. What is created has no name yet that a rule could tell. */
function secretRules({ name }: InstallOptions): readonly object[] {
  const secrets = { apiGroups: [""], resources: ["secrets"] };
  return [
    { ...secrets, verbs: ["create"] },
    { ...secrets, resourceNames: [`${name}-webhook-tls`], verbs: ["get", "update"] },
  ];
}
