/** What discovery says beside OpenAPI, from `kubectl api-resources` of Kubernetes 1.36. */
const shortNames: { readonly [resource: string]: readonly string[] } = {
  componentstatuses: ["cs"],
  configmaps: ["cm"],
  endpoints: ["ep"],
  events: ["ev"],
  limitranges: ["limits"],
  namespaces: ["ns"],
  nodes: ["no"],
  persistentvolumeclaims: ["pvc"],
  persistentvolumes: ["pv"],
  pods: ["po"],
  replicationcontrollers: ["rc"],
  resourcequotas: ["quota"],
  serviceaccounts: ["sa"],
  services: ["svc"],
  customresourcedefinitions: ["crd", "crds"],
  daemonsets: ["ds"],
  deployments: ["deploy"],
  replicasets: ["rs"],
  statefulsets: ["sts"],
  horizontalpodautoscalers: ["hpa"],
  cronjobs: ["cj"],
  certificatesigningrequests: ["csr"],
  ingresses: ["ing"],
  networkpolicies: ["netpol"],
  ipaddresses: ["ip"],
  poddisruptionbudgets: ["pdb"],
  priorityclasses: ["pc"],
  storageclasses: ["sc"],
  volumeattributesclasses: ["vac"],
};

const inAll = new Set([
  "pods",
  "replicationcontrollers",
  "services",
  "daemonsets",
  "deployments",
  "replicasets",
  "statefulsets",
  "horizontalpodautoscalers",
  "cronjobs",
  "jobs",
]);

/** Singular, short names and categories of a resource; nothing for a subresource. */
export function printedNames({ resource, kind, group }: { resource: string; kind: string; group: string }): object {
  if (resource.includes("/")) return {};
  const known = group === "events.k8s.io" ? ["ev"] : shortNames[resource];
  return {
    singular: kind.toLowerCase(),
    ...(known === undefined ? {} : { shortNames: known }),
    ...(inAll.has(resource) ? { categories: ["all"] } : apiExtension(group)),
  };
}

function apiExtension(group: string): object {
  return ["admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"].includes(group)
    ? { categories: ["api-extensions"] }
    : {};
}
