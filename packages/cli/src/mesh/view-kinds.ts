/** Kinds of objects that a mesh has to do with: in files they are picked out, of a cluster they are read. */
export interface ViewKind {
  readonly group: string;
  /** The first that the cluster has is read. */
  readonly versions: readonly string[];
  readonly kind: string;
  readonly resource: string;
  /** Without these nothing can be said; what the others would tell is left out where they may not be read. */
  readonly isNeeded?: true;
}

const gateway = "gateway.networking.k8s.io";
const monitoring = "monitoring.coreos.com";
const admission = "admissionregistration.k8s.io";

export const viewKinds: readonly ViewKind[] = [
  { group: "", versions: ["v1"], kind: "Namespace", resource: "namespaces", isNeeded: true },
  { group: "", versions: ["v1"], kind: "Pod", resource: "pods", isNeeded: true },
  { group: "", versions: ["v1"], kind: "Service", resource: "services", isNeeded: true },
  { group: "", versions: ["v1"], kind: "ReplicationController", resource: "replicationcontrollers" },
  { group: "apps", versions: ["v1"], kind: "Deployment", resource: "deployments" },
  { group: "apps", versions: ["v1"], kind: "StatefulSet", resource: "statefulsets" },
  { group: "apps", versions: ["v1"], kind: "DaemonSet", resource: "daemonsets" },
  { group: "apps", versions: ["v1"], kind: "ReplicaSet", resource: "replicasets" },
  { group: "batch", versions: ["v1"], kind: "Job", resource: "jobs" },
  { group: "batch", versions: ["v1"], kind: "CronJob", resource: "cronjobs" },
  { group: "networking.k8s.io", versions: ["v1"], kind: "NetworkPolicy", resource: "networkpolicies" },
  { group: "networking.k8s.io", versions: ["v1"], kind: "Ingress", resource: "ingresses" },
  {
    group: "security.istio.io",
    versions: ["v1", "v1beta1"],
    kind: "PeerAuthentication",
    resource: "peerauthentications",
  },
  {
    group: "security.istio.io",
    versions: ["v1", "v1beta1"],
    kind: "AuthorizationPolicy",
    resource: "authorizationpolicies",
  },
  { group: "networking.istio.io", versions: ["v1", "v1beta1"], kind: "DestinationRule", resource: "destinationrules" },
  { group: gateway, versions: ["v1", "v1beta1"], kind: "Gateway", resource: "gateways" },
  { group: gateway, versions: ["v1", "v1beta1"], kind: "HTTPRoute", resource: "httproutes" },
  { group: gateway, versions: ["v1", "v1alpha2"], kind: "GRPCRoute", resource: "grpcroutes" },
  { group: gateway, versions: ["v1", "v1alpha2"], kind: "TLSRoute", resource: "tlsroutes" },
  { group: gateway, versions: ["v1", "v1alpha2"], kind: "TCPRoute", resource: "tcproutes" },
  { group: monitoring, versions: ["v1"], kind: "ServiceMonitor", resource: "servicemonitors" },
  { group: monitoring, versions: ["v1"], kind: "PodMonitor", resource: "podmonitors" },
  {
    group: admission,
    versions: ["v1"],
    kind: "ValidatingWebhookConfiguration",
    resource: "validatingwebhookconfigurations",
  },
  {
    group: admission,
    versions: ["v1"],
    kind: "MutatingWebhookConfiguration",
    resource: "mutatingwebhookconfigurations",
  },
  { group: "apiregistration.k8s.io", versions: ["v1"], kind: "APIService", resource: "apiservices" },
  {
    group: "apiextensions.k8s.io",
    versions: ["v1"],
    kind: "CustomResourceDefinition",
    resource: "customresourcedefinitions",
  },
];
