import type { MeshService } from "./mesh-service.ts";
import type { MeshView } from "./mesh-view.ts";
import type { MeshWorkload } from "./mesh-workload.ts";

/** Somebody as people name him. */
export interface Reference {
  /** In full: `Deployment`, `Service`. None: whoever has the name. */
  readonly kind?: string;
  readonly namespace: string;
  readonly name: string;
}

const kinds: { readonly [word: string]: string } = {
  pod: "Pod",
  po: "Pod",
  deployment: "Deployment",
  deploy: "Deployment",
  statefulset: "StatefulSet",
  sts: "StatefulSet",
  daemonset: "DaemonSet",
  ds: "DaemonSet",
  replicaset: "ReplicaSet",
  rs: "ReplicaSet",
  job: "Job",
  cronjob: "CronJob",
  cj: "CronJob",
  service: "Service",
  svc: "Service",
};

/** `web`, `deploy/web`, `shop/web`, `shop/deploy/web`, and of services also `web.shop` and `web.shop.svc.cluster.local`. None for what is none of these. */
export function parseReference(text: string, namespace: string): Reference | undefined {
  const parts = text.split("/");
  if (parts.length > 3 || parts.includes("")) return undefined;
  const [first = "", second, third] = parts;
  if (third !== undefined)
    return second === undefined ? undefined : withKind(second, { namespace: first, name: third });
  if (second === undefined) return ofHost(first, namespace);
  return withKind(first, { namespace, name: second }) ?? { namespace: first, name: second };
}

function withKind(word: string, rest: Reference): Reference | undefined {
  const kind = Object.hasOwn(kinds, word.toLowerCase()) ? kinds[word.toLowerCase()] : undefined;
  return kind === undefined ? undefined : { kind, ...rest };
}

function ofHost(text: string, namespace: string): Reference {
  const host = /^([a-z0-9-]+)\.([a-z0-9-]+)(\.svc(\.cluster\.local)?)?$/.exec(text);
  return host === null ? { namespace, name: text } : { kind: "Service", namespace: host[2] ?? "", name: host[1] ?? "" };
}

/** Workloads of that name, or with a pod of that name. */
export function workloadsNamed({ workloads }: MeshView, { kind, namespace, name }: Reference): readonly MeshWorkload[] {
  return workloads.filter(
    (each) =>
      each.namespace === namespace &&
      ((each.name === name && (kind === undefined || kind === each.kind)) ||
        (each.pods.includes(name) && (kind === undefined || kind === "Pod"))),
  );
}

/** The service of that name. */
export function serviceNamed({ services }: MeshView, { kind, namespace, name }: Reference): MeshService | undefined {
  if (kind !== undefined && kind !== "Service") return undefined;
  return services.find((each) => each.namespace === namespace && each.name === name);
}
