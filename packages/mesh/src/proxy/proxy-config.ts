import type { Authorizer, MutualTlsMode } from "../policy/call.ts";
import type { Origination } from "../policy/client-tls.ts";
import type { ProviderTarget } from "./ext-authz/check.ts";

/** What is spoken on a port, as Istio selects it: https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
export type PortProtocol = "http" | "http2" | "grpc" | "https" | "tls" | "tcp" | "mongo" | "mysql" | "redis" | "auto";

/** One port of the workload beside the proxy. */
export interface InboundPort {
  readonly mode: MutualTlsMode;
  readonly protocol: PortProtocol;
}

/** Where a connection of the workload goes, as its owner has it in a Service, a pod or nowhere. */
export interface OutboundTarget {
  /** The address to connect to: of a pod, where the proxy chooses one of a Service's. */
  readonly ip: string;
  readonly port: number;
  readonly protocol: PortProtocol;
  /** As auto-mTLS and DestinationRules decide: https://istio.io/latest/docs/ops/configuration/traffic-management/tls-configuration/#auto-mtls */
  readonly tls: "mutual" | "none" | "originate";
  /** Of `originate`: TLS that is not the mesh's, by a DestinationRule. */
  readonly origination?: Origination;
  /** SPIFFE IDs, one of which the server must prove: the service accounts behind the target. Empty: whoever the mesh's roots signed. */
  readonly identities: readonly string[];
  /** The server's name in TLS, as Istio writes it: `outbound_.PORT_.SUBSET_.HOST`. */
  readonly serverName?: string;
}

/** What a proxy asks, for each connection. Whoever follows the cluster answers; an answer may change between connections. */
export interface ProxyConfig {
  /** Of a port that no object names: the workload's own mode, and `auto`. */
  inbound(port: number): InboundPort;
  readonly authorizer: Authorizer;
  /** For the destination that the workload asked for. None: it is not of the mesh, and passes as it is. */
  outbound(ip: string, port: number): OutboundTarget | undefined;
  /** Whom CUSTOM policies ask, by its name. None: it is not there, and has allowed nothing. */
  provider?(name: string): ProviderTarget | undefined;
}
