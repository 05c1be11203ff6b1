import type { ServiceName } from "../policy/destination-rule.ts";
import type { PortProtocol } from "../proxy/proxy-config.ts";
import { type MeshWorkload, portsOf } from "./mesh-workload.ts";
import { type Fields, listOf, type PlacedObject } from "./placed-object.ts";

/** A Service, as far as a mesh asks of it. */
export interface MeshService extends ServiceName {
  readonly name: string;
  /** None: its endpoints are nobody's pods. */
  readonly selector?: { readonly [key: string]: string };
  readonly ports: readonly ServicePort[];
  /** `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`. */
  readonly type: string;
  readonly labels: { readonly [key: string]: string };
  readonly clusterIps: readonly string[];
  readonly externalIps: readonly string[];
  readonly place?: string;
}

export interface ServicePort {
  readonly name?: string;
  /** Of the Service. */
  readonly port: number;
  /** Of the workload: its number, or its name there. */
  readonly targetPort: number | string;
  readonly protocol: PortProtocol;
}

/** Reads a Service; ports of UDP and SCTP are no matter of a mesh. */
export function meshService({ object, place }: PlacedObject): MeshService {
  const { name = "", namespace = "", labels = {} } = object.metadata;
  const spec = (object["spec"] ?? {}) as Fields;
  const ports = listOf(spec.ports).filter(
    ({ protocol = "TCP", port }) => protocol === "TCP" && typeof port === "number",
  );
  const selects = typeof spec.selector === "object" && spec.selector !== null && Object.keys(spec.selector).length > 0;
  return {
    name,
    namespace,
    labels,
    host: `${name}.${namespace}.svc.cluster.local`,
    ...(selects ? { selector: spec.selector } : {}),
    ports: ports.map(({ name: portName, port, targetPort, appProtocol }) => ({
      ...(portName === undefined ? {} : { name: portName }),
      port,
      targetPort: targetPort ?? port,
      protocol: protocolOf(portName, appProtocol),
    })),
    type: spec.type ?? "ClusterIP",
    clusterIps: [spec.clusterIPs, spec.clusterIP].flat().filter((ip) => typeof ip === "string" && ip !== "None"),
    externalIps: [spec.externalIPs].flat().filter((ip) => typeof ip === "string"),
    ...(place === undefined ? {} : { place }),
  };
}

const protocols: ReadonlySet<string> = new Set([
  "http",
  "http2",
  "grpc",
  "https",
  "tls",
  "tcp",
  "mongo",
  "mysql",
  "redis",
]);

/** What Istio takes for other names of the same: https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
const aliases: { readonly [name: string]: PortProtocol } = {
  "kubernetes.io/h2c": "http2",
  "kubernetes.io/ws": "http",
  "kubernetes.io/wss": "https",
  "grpc-web": "http",
};

/** By the port's appProtocol, else by its name up to the first dash; what says neither is seen by the proxy. */
export function protocolOf(name: string | undefined, appProtocol: string | undefined): PortProtocol {
  const said = (appProtocol ?? (name?.startsWith("grpc-web") ? "grpc-web" : name?.split("-")[0]) ?? "").toLowerCase();
  if (Object.hasOwn(aliases, said)) return aliases[said] as PortProtocol;
  return protocols.has(said) ? (said as PortProtocol) : "auto";
}

/** Workloads behind a service. */
export function behind(service: MeshService, workloads: readonly MeshWorkload[]): readonly MeshWorkload[] {
  const { namespace, selector } = service;
  if (selector === undefined) return [];
  return workloads.filter(
    (each) =>
      each.namespace === namespace && Object.entries(selector).every(([key, value]) => each.labels[key] === value),
  );
}

/** The port of a workload that a service's port leads to; none where it has none of that name. */
export function targetOf({ targetPort }: ServicePort, workload: MeshWorkload): number | undefined {
  if (typeof targetPort === "number") return targetPort;
  return portsOf(workload).find(({ name }) => name === targetPort)?.number;
}
