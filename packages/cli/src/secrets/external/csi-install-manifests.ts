/** Where and as what `sallyport secrets csi-provider` runs in a cluster. */
export interface CsiInstallOptions {
  readonly namespace: string;
  readonly image: string;
  /** The folder of nodes in which the driver looks for sockets. */
  readonly socketFolder: string;
  /** As given to the command. */
  readonly args: readonly string[];
}

const name = "sallyport-csi-provider";
const labels = { "app.kubernetes.io/name": name };

/**
 * Namespace, an account without rights, and a DaemonSet: a pod on each node, whose user is the driver's, as only he may ask the socket. The
 * driver itself, and its CSIDriver with `tokenRequests`, are there already.
 */
export function csiInstallManifests({ namespace, image, socketFolder, args }: CsiInstallOptions): readonly object[] {
  const port = 8080;
  const place = "/provider";
  const container = {
    name: "provider",
    image,
    args: ["secrets", "csi-provider", `--endpoint=unix://${place}/sallyport.sock`, ...args, `--http=:${port}`],
    ports: [{ name: "http", containerPort: port }],
    livenessProbe: { httpGet: { path: "/livez", port }, periodSeconds: 10 },
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      runAsUser: 0,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "sockets", mountPath: place }],
  };
  const metadata = { name, namespace, labels };
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      // A folder of the node is mounted.
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata,
      spec: {
        selector: { matchLabels: labels },
        updateStrategy: { type: "RollingUpdate" },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            automountServiceAccountToken: false,
            nodeSelector: { "kubernetes.io/os": "linux" },
            // Pods that need it may be on any node.
            tolerations: [{ operator: "Exists" }],
            securityContext: { seccompProfile: { type: "RuntimeDefault" } },
            containers: [container],
            volumes: [{ name: "sockets", hostPath: { path: socketFolder, type: "DirectoryOrCreate" } }],
          },
        },
      },
    },
  ];
}
