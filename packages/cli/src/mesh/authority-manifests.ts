/** Where and how `sallyport mesh ca` runs in a cluster. */
export interface AuthorityInstallOptions {
  /** Where it runs, and its Secret lies. */
  readonly namespace: string;
  readonly image: string;
  /** The Secret's name. */
  readonly secret: string;
  /** As given to the command. */
  readonly args: readonly string[];
}

/** Of all its objects, and of the Service by which pods call it. */
export const authorityName = "sallyport-mesh-ca";
const labels = { "app.kubernetes.io/name": authorityName };
const ports = { certificates: 15_012, http: 8080 };

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Tokens are judged, namespaces followed, and each has a ConfigMap. */
export const authorityRules: readonly Rule[] = [
  { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
  { apiGroups: [""], resources: ["namespaces"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["configmaps"], verbs: ["list", "watch", "create", "patch"] },
];

/** Of Secrets its own alone. What is made has no name yet that a rule could know. */
export const secretRules = (secret: string): readonly Rule[] => [
  { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
  { apiGroups: [""], resources: ["secrets"], resourceNames: [secret], verbs: ["get", "patch"] },
];

/** Namespace, account, roles, a Service and a Deployment of two replicas, which share the authority. */
export function authorityManifests(options: AuthorityInstallOptions): readonly object[] {
  const { namespace, secret } = options;
  const metadata = { name: authorityName, namespace, labels };
  return [
    ...accountObjects(authorityName, namespace, authorityRules, secretRules(secret)),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: labels, ports: [{ name: "tls-ca", port: ports.certificates, targetPort: ports.certificates }] },
    },
    deployment(options),
  ];
}

/** A namespace of pods that may do little, an account, and what it may in all namespaces and in its own. */
export function accountObjects(
  name: string,
  namespace: string,
  clusterRules: readonly Rule[],
  ownRules: readonly Rule[],
): readonly object[] {
  const labels = { "app.kubernetes.io/name": name };
  const metadata = { name, namespace, labels };
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    ...role("ClusterRole", { name, labels }, name, namespace, clusterRules),
    ...role("Role", metadata, name, namespace, ownRules),
  ];
}

function role(
  kind: "ClusterRole" | "Role",
  metadata: object,
  name: string,
  namespace: string,
  rules: readonly Rule[],
): readonly object[] {
  const group = "rbac.authorization.k8s.io";
  return [
    { apiVersion: `${group}/v1`, kind, metadata, rules },
    {
      apiVersion: `${group}/v1`,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: group, kind, name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}

function deployment({ namespace, image, secret, args }: AuthorityInstallOptions): object {
  const flags = [`--secret=${namespace}/${secret}`, `--dns-names=${authorityName}.${namespace}.svc`, ...args];
  return deploymentOf(authorityName, namespace, [authorityContainer(image, flags)]);
}

/** Two replicas of a pod that may write nothing. */
export function deploymentOf(name: string, namespace: string, containers: readonly object[]): object {
  const labels = { "app.kubernetes.io/name": name };
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
          containers,
        },
      },
    },
  };
}

/** `sallyport mesh ca`, with these flags beside its ports. */
export function authorityContainer(image: string, flags: readonly string[]): object {
  const probe = (path: string) => ({ httpGet: { path, port: ports.http }, periodSeconds: 10 });
  return {
    name: "ca",
    image,
    args: ["mesh", "ca", `--listen=:${ports.certificates}`, `--http=:${ports.http}`, ...flags],
    ports: [
      { name: "tls-ca", containerPort: ports.certificates },
      { name: "http", containerPort: ports.http },
    ],
    livenessProbe: probe("/livez"),
    readinessProbe: probe("/readyz"),
    ...modest,
  };
}

/** What a container may have and do. */
export const modest = {
  resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "256Mi" } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
} as const;
