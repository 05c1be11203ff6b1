import { type InstallOptions, labelsOf, type Manifest } from "./options.ts";

const port = 8443;
/** Where a Secret with a certificate is mounted: as a whole, since a kubelet never renews a file that is mounted alone. */
const tlsFolder = "/tls";

/** The replicas, and what leads to them. */
export function workloadManifests(options: InstallOptions): readonly Manifest[] {
  const { name, namespace } = options;
  const metadata = { name, namespace, labels: labelsOf(name) };
  const matchLabels = labelsOf(name);
  return [
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: deploymentSpec(options) },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: matchLabels, ports: [{ name: "https", port: 443, targetPort: "https" }] },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { maxUnavailable: 1, selector: { matchLabels } },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: {
        podSelector: { matchLabels },
        policyTypes: ["Ingress"],
        // API servers have no labels: whoever reaches the port is told only what he sent himself.
        ingress: [{ ports: [{ port: "https", protocol: "TCP" }] }],
      },
    },
  ];
}

function deploymentSpec(options: InstallOptions): object {
  const { name, replicas } = options;
  const matchLabels = labelsOf(name);
  return {
    replicas,
    selector: { matchLabels },
    // A new replica is ready before an old one goes.
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: { metadata: { labels: matchLabels }, spec: podSpec(options) },
  };
}

function podSpec(options: InstallOptions): object {
  const { name, image, tlsSecret } = options;
  const probe = (path: string) => ({ httpGet: { path, port: "https", scheme: "HTTPS" }, periodSeconds: 5 });
  return {
    serviceAccountName: name,
    priorityClassName: "system-cluster-critical",
    // The drain, and the time for what was begun.
    terminationGracePeriodSeconds: 30,
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: labelsOf(name) },
      },
    ],
    containers: [
      {
        name: "webhook",
        image,
        args: argumentsOf(options),
        ports: [{ name: "https", containerPort: port }],
        livenessProbe: probe("/livez"),
        readinessProbe: probe("/readyz"),
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        ...(tlsSecret === undefined ? {} : { volumeMounts: [{ name: "tls", mountPath: tlsFolder, readOnly: true }] }),
      },
    ],
    ...(tlsSecret === undefined ? {} : { volumes: [{ name: "tls", secret: { secretName: tlsSecret } }] }),
  };
}

function argumentsOf({ name, namespace, args, gatekeeper, tlsSecret }: InstallOptions): readonly string[] {
  return [
    "webhook",
    `--port=${port}`,
    ...(tlsSecret === undefined
      ? [`--service=${name}.${namespace}`, `--secret=${name}-webhook-tls`, `--configuration=${name}`]
      : [`--tls-secret-folder=${tlsFolder}`]),
    ...(gatekeeper === undefined ? [] : ["--gatekeeper", `--gatekeeper-namespace=${namespace}`]),
    ...args,
  ];
}
