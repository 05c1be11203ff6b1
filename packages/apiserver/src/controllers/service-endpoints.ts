import type { KubeObject } from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import type { CacheEvent } from "../registry/history.ts";
import { isFinished, isReady, type Pod } from "./pods.ts";

/** What controllers read of a Service. */
export interface Service extends KubeObject {
  readonly spec: {
    readonly selector?: { readonly [key: string]: string };
    readonly clusterIP?: string;
    readonly type?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly trafficDistribution?: string;
    readonly ports?: readonly {
      readonly name?: string;
      readonly protocol?: string;
      readonly port: number;
      readonly targetPort?: number | string;
      readonly appProtocol?: string;
    }[];
  };
}

/** A port as it is at the pod. */
export interface EndpointPort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** Pods of a service that have the same ports: named ports may differ between pods. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  readonly pods: readonly Pod[];
}

/** True when endpoints of the service are found by a selector, and not written by somebody. */
export function isSelecting({ spec, metadata }: Service): boolean {
  return spec.selector !== undefined && spec.type !== "ExternalName" && !metadata.deletionTimestamp;
}

export function isSelected({ spec }: Service, { metadata }: KubeObject): boolean {
  const selector = Object.entries(spec.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => metadata.labels?.[key] === value);
}

/** Labels of an EndpointSlice: the Service that it is of, and the controller whose it is. */
export const serviceName = "kubernetes.io/service-name";
export const managedBy = "endpointslice.kubernetes.io/managed-by";

/** The key of the service whose slice has changed, where the slice is the controller's. */
export function sliceKeys({ namespace, object, previous }: CacheEvent, manager: string): readonly string[] {
  const labels = (object ?? previous)?.metadata.labels;
  return labels?.[managedBy] === manager ? [`${namespace}/${labels[serviceName]}`] : [];
}

/** Keys of the services that select the pod, before or now. */
export function serviceKeys(
  { namespace, object, previous }: Pick<CacheEvent, "namespace" | "object" | "previous">,
  cache: Cache,
): readonly string[] {
  return (cache.list("", "services", namespace) as readonly Service[])
    .filter((service) => [object, previous].some((pod) => pod !== undefined && isSelected(service, pod)))
    .map(({ metadata }) => `${namespace}/${metadata.name}`);
}

export function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === "None";
}

/** The name under which the service's domain has the pod. */
export function hostnameOf({ metadata: { name, namespace } }: Service, { spec, metadata }: Pod): string | undefined {
  const isOfService = spec?.["subdomain"] === name && metadata.namespace === namespace;
  return isOfService ? (spec?.["hostname"] as string | undefined) : undefined;
}

/** The pods that have an address and are not done, by their ports. */
export function groupsOf(service: Service, pods: readonly Pod[]): readonly EndpointGroup[] {
  const groups = new Map<string, { readonly ports: readonly EndpointPort[]; readonly pods: Pod[] }>();
  for (const pod of pods) {
    if (!isSelected(service, pod) || !pod.status?.podIP || isFinished(pod)) continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    groups.set(key, group);
    group.pods.push(pod);
  }
  return [...groups.values()];
}

/** Traffic may go there: ready and not ending, or asked for in any case. */
export function isServed({ spec }: Service, pod: Pod): boolean {
  return spec.publishNotReadyAddresses === true || (isReady(pod) && !pod.metadata.deletionTimestamp);
}

function portsOf({ spec }: Service, pod: Pod): readonly EndpointPort[] {
  return (spec.ports ?? []).flatMap(({ name, protocol = "TCP", port, targetPort = port, appProtocol }) => {
    const found = typeof targetPort === "number" ? targetPort : namedPort(pod, targetPort, protocol);
    if (found === undefined) return [];
    return [{ ...(name && { name }), port: found, protocol, ...(appProtocol && { appProtocol }) }];
  });
}

interface Container {
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
}

function namedPort({ spec }: Pod, name: string, protocol: string): number | undefined {
  return ((spec?.["containers"] ?? []) as readonly Container[])
    .flatMap(({ ports = [] }) => ports)
    .find((each) => each.name === name && (each.protocol ?? "TCP") === protocol)?.containerPort;
}
