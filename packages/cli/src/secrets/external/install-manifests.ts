/** Where and as whom `sallyport secrets sync` runs in a cluster. */
export interface SyncInstallOptions {
  /** Where it runs. */
  readonly namespace: string;
  readonly image: string;
  /** The only one that is looked at; all when absent. */
  readonly onlyNamespace?: string;
  /** As given to the command. */
  readonly args: readonly string[];
}

const name = "sallyport-secrets-sync";
const leaseRole = `${name}-leader`;
const labels = { "app.kubernetes.io/name": name };
const group = "external-secrets.io";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The least that it needs where it works: with it, it can write every Secret there, as it must. */
const rules: readonly Rule[] = [
  rule(group, ["externalsecrets", "secretstores"], ["get", "list", "watch"]),
  rule(group, ["externalsecrets/status", "secretstores/status"], ["patch"]),
  rule("", ["secrets"], ["get", "list", "watch", "create", "update", "delete"]),
  rule("", ["configmaps", "serviceaccounts"], ["get"]),
  rule("", ["serviceaccounts/token", "events"], ["create"]),
];

/** In the namespace where it runs: which of the replicas works. */
const leaseRules: readonly Rule[] = [rule("coordination.k8s.io", ["leases"], ["get", "create", "update"])];

const clusterRules: readonly Rule[] = [
  rule(group, ["clustersecretstores"], ["get", "list", "watch"]),
  rule(group, ["clustersecretstores/status"], ["patch"]),
  rule("", ["namespaces"], ["get"]),
];

function rule(apiGroup: string, resources: readonly string[], verbs: readonly string[]): Rule {
  return { apiGroups: [apiGroup], resources, verbs };
}

/** All but the definitions of the kinds: namespace, account, roles and a Deployment of two replicas, of which one works. */
export function syncInstallManifests(options: SyncInstallOptions): readonly object[] {
  const { namespace, onlyNamespace } = options;
  const isWide = onlyNamespace === undefined;
  const [role, binding] = isWide ? ["ClusterRole", "ClusterRoleBinding"] : ["Role", "RoleBinding"];
  const metadata = { name, ...(isWide ? {} : { namespace: onlyNamespace }), labels };
  const rbac = "rbac.authorization.k8s.io";
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace, labels } },
    { apiVersion: `${rbac}/v1`, kind: role, metadata, rules: isWide ? [...rules, ...clusterRules] : rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: binding,
      metadata,
      roleRef: { apiGroup: rbac, kind: role, name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name: leaseRole, namespace, labels },
      rules: leaseRules,
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: leaseRole, namespace, labels },
      roleRef: { apiGroup: rbac, kind: "Role", name: leaseRole },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
    deployment(options),
  ];
}

function deployment({ namespace, image, args }: SyncInstallOptions): object {
  const port = 8080;
  const probe = (path: string) => ({ httpGet: { path, port }, periodSeconds: 10 });
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "sync",
              image,
              args: ["secrets", "sync", "--enable-leader-election", ...args, `--http=:${port}`],
              ports: [{ name: "http", containerPort: port }],
              livenessProbe: probe("/livez"),
              readinessProbe: probe("/readyz"),
              resources: { requests: { cpu: "20m", memory: "96Mi" }, limits: { memory: "256Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  };
}
