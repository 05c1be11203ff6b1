import { type KubeObject, StatusError } from "@sallyport/kube";
import type { Cache } from "../../registry/cache.ts";
import type { ProxyName } from "./proxy.ts";

interface Slice extends KubeObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
    readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
}

/** A ready endpoint of a service, any of them. Throws what kube-apiserver says when there is none. */
export function endpointOf(
  { name, port }: ProxyName,
  namespace: string,
  cache: Cache,
): { readonly host: string; readonly port: number } {
  const portName = portNameOf(name, port, cache.get("", "services", namespace, name));
  const candidates = cache
    .list("discovery.k8s.io", "endpointslices", namespace)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name)
    .flatMap((slice) => endpointsOf(slice as Slice, portName, cache));
  const chosen = candidates[Math.floor(Math.random() * candidates.length)];
  if (chosen === undefined)
    throw new StatusError("ServiceUnavailable", `no endpoints available for service ${JSON.stringify(name)}`);
  return chosen;
}

/** Endpoints know ports by names; a number is that of the service. */
function portNameOf(name: string, port: string, service: KubeObject | undefined): string {
  if (!/^\d+$/.test(port)) return port;
  const { ports = [] } = (service?.["spec"] ?? {}) as { readonly ports?: readonly ServicePort[] };
  const found = ports.find((each) => each.port === Number(port));
  if (service !== undefined && found === undefined)
    throw new StatusError("ServiceUnavailable", `no service port ${port} found for service ${JSON.stringify(name)}`);
  return found?.name ?? "";
}

function endpointsOf({ endpoints = [], ports = [] }: Slice, portName: string, cache: Cache) {
  const port = ports.find((each) => (each.name ?? "") === portName)?.port;
  if (port === undefined) return [];
  return endpoints.flatMap(({ addresses: [host = ""], conditions, targetRef }) =>
    conditions?.ready !== false && isOfPod(host, targetRef, cache) ? [{ host, port }] : [],
  );
}

/** Whoever may write endpoints must not make the server reach anything else than pods. */
function isOfPod(host: string, ref: { kind?: string; namespace?: string; name?: string } = {}, cache: Cache): boolean {
  const pod = ref.kind === "Pod" ? cache.get("", "pods", ref.namespace ?? "", ref.name ?? "") : undefined;
  const { podIPs = [] } = (pod?.["status"] ?? {}) as { readonly podIPs?: readonly { readonly ip: string }[] };
  return podIPs.some(({ ip }) => ip === host);
}
