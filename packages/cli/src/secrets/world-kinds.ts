/** Kinds of objects by which somebody comes to a secret: in files they are picked out, of a cluster they are read. */
export interface WorldKind {
  readonly group: string;
  readonly kind: string;
  readonly resource: string;
  /** Without these nothing can be said; what the others would tell is left out where they may not be read. */
  readonly isNeeded?: true;
}

const rbac = "rbac.authorization.k8s.io";

export const worldKinds: readonly WorldKind[] = [
  { group: rbac, kind: "Role", resource: "roles", isNeeded: true },
  { group: rbac, kind: "ClusterRole", resource: "clusterroles", isNeeded: true },
  { group: rbac, kind: "RoleBinding", resource: "rolebindings", isNeeded: true },
  { group: rbac, kind: "ClusterRoleBinding", resource: "clusterrolebindings", isNeeded: true },
  { group: "", kind: "Namespace", resource: "namespaces" },
  { group: "", kind: "ServiceAccount", resource: "serviceaccounts" },
  { group: "", kind: "Node", resource: "nodes" },
  { group: "", kind: "Pod", resource: "pods" },
  { group: "", kind: "ReplicationController", resource: "replicationcontrollers" },
  { group: "apps", kind: "Deployment", resource: "deployments" },
  { group: "apps", kind: "StatefulSet", resource: "statefulsets" },
  { group: "apps", kind: "DaemonSet", resource: "daemonsets" },
  { group: "apps", kind: "ReplicaSet", resource: "replicasets" },
  { group: "batch", kind: "Job", resource: "jobs" },
  { group: "batch", kind: "CronJob", resource: "cronjobs" },
  { group: "", kind: "Secret", resource: "secrets" },
];
