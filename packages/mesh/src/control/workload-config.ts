import type { KubeObject } from "@sallyport/kube";
import type { AuthorizationPolicy } from "../policy/authorization-policy.ts";
import { policiesOf } from "../policy/authorizer.ts";
import type { MutualTlsMode } from "../policy/call.ts";
import { type ClientChoice, clientChoice, type Origination } from "../policy/client-tls.ts";
import type { DestinationRule } from "../policy/destination-rule.ts";
import { type ExtensionProvider, extAuthzOf, providerFault, providerHost } from "../policy/extension-provider.ts";
import { modeOf, type PeerAuthentication, resolveModes, type WorkloadModes } from "../policy/peer-authentication.ts";
import type { MeshSettings, Workload } from "../policy/workload.ts";
import type { PortProtocol } from "../proxy/proxy-config.ts";
import { type MeshService, meshService, type ServicePort } from "../view/mesh-service.ts";
import { type MeshPod, meshPod } from "./mesh-pod.ts";

/** What a mesh reads of a running cluster. */
export interface ClusterObjects {
  readonly pods: readonly KubeObject[];
  readonly services: readonly KubeObject[];
  readonly endpointSlices: readonly KubeObject[];
  readonly peerAuthentications: readonly PeerAuthentication[];
  readonly authorizationPolicies: readonly AuthorizationPolicy[];
  readonly destinationRules: readonly DestinationRule[];
}

/** What the sidecar of one pod must know: JSON, as it is sent to it. */
export interface WorkloadConfig {
  readonly workload: Workload;
  readonly mesh: MeshSettings;
  readonly inbound: {
    readonly mode: MutualTlsMode;
    readonly modes: { readonly [port: string]: MutualTlsMode };
    /** Of ports that Services lead to. */
    readonly protocols: { readonly [port: string]: PortProtocol };
  };
  /** Those that are the workload's. */
  readonly policies: readonly AuthorizationPolicy[];
  readonly routes: readonly Route[];
  /** Where those of `mesh.extensionProviders` are, by their names. */
  readonly providers?: { readonly [name: string]: ProviderRoute };
}

export type ProviderRoute = Pick<Route, "protocol" | "endpoints">;

/** Where connections to one port of a Service go. */
export interface Route {
  /** As the workload asks for it: of the Service, or of each pod of one that has no address. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly protocol: PortProtocol;
  readonly endpoints: readonly RouteEndpoint[];
}

export interface RouteEndpoint {
  readonly ip: string;
  readonly port: number;
  /** As `ClientChoice` has it. */
  readonly tls: ClientChoice["tls"];
  readonly identities: readonly string[];
  readonly serverName?: string;
  readonly origination?: Origination;
}

interface Slice extends KubeObject {
  readonly addressType?: string;
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | null;
}

interface Served {
  readonly service: MeshService;
  readonly slices: readonly Slice[];
}

/** A cluster at one moment, from which the configuration of each of its sidecars is made. */
export class MeshCluster {
  readonly #objects: ClusterObjects;
  readonly #mesh: MeshSettings;
  readonly #pods: readonly MeshPod[];
  readonly #podsByIp: ReadonlyMap<string, MeshPod>;
  readonly #served: readonly Served[];
  readonly #modes = new Map<MeshPod, WorkloadModes>();

  constructor(objects: ClusterObjects, mesh: MeshSettings) {
    this.#objects = objects;
    this.#mesh = mesh;
    this.#pods = objects.pods.map(meshPod).filter((pod) => pod !== undefined);
    this.#podsByIp = new Map(this.#pods.map((pod) => [pod.ip, pod]));
    const slices = Map.groupBy(objects.endpointSlices as readonly Slice[], ({ metadata: { namespace, labels } }) => {
      return `${namespace}/${labels?.["kubernetes.io/service-name"] ?? ""}`;
    });
    this.#served = objects.services.map((object) => {
      const service = meshService({ object });
      return { service, slices: slices.get(`${service.namespace}/${service.name}`) ?? [] };
    });
  }

  /** Undefined for a pod that is not there, or has no address yet. */
  configOf(namespace: string, name: string): WorkloadConfig | undefined {
    const pod = this.#pods.find((each) => each.workload.namespace === namespace && each.workload.name === name);
    if (pod === undefined) return undefined;
    const { mode, byPort } = this.#modesOf(pod);
    const policies = policiesOf(pod.workload, this.#objects.authorizationPolicies, this.#mesh);
    return {
      workload: pod.workload,
      ...this.#providersFor(policies, pod.workload),
      inbound: { mode, modes: Object.fromEntries(byPort), protocols: this.#protocolsOf(pod) },
      policies,
      routes: this.#served.flatMap((served) => this.#routesTo(served, pod.workload)),
    };
  }

  /** Those that the policies ask; one whose Service is not there is none of the mesh, as by Istio, and what would be asked of it is refused. */
  #providersFor(
    policies: readonly AuthorizationPolicy[],
    client: Workload,
  ): Pick<WorkloadConfig, "mesh" | "providers"> {
    const { extensionProviders: all = [], ...mesh } = this.#mesh;
    const asked = all.filter(({ name }) => policies.some(({ spec }) => spec?.provider?.name === name));
    const found = asked.flatMap((provider) => {
      const route = this.#routeTo(provider, client);
      return route === undefined ? [] : [{ provider, route }];
    });
    if (found.length === 0) return { mesh };
    return {
      mesh: { ...mesh, extensionProviders: found.map(({ provider }) => provider) },
      providers: Object.fromEntries(found.map(({ provider, route }) => [provider.name, route])),
    };
  }

  #routeTo(provider: ExtensionProvider, client: Workload): ProviderRoute | undefined {
    const settings = extAuthzOf(provider);
    if (settings === undefined || providerFault(provider) !== undefined) return undefined;
    const served = this.#served.find(({ service }) => service.host === providerHost(settings));
    const port = served?.service.ports.find((each) => each.port === settings.port);
    if (served === undefined || port === undefined) return undefined;
    const { service, slices } = served;
    const endpoints = this.#endpointsTo(service, port, slices, client);
    return { protocol: provider.envoyExtAuthzGrpc === undefined ? "http" : "grpc", endpoints };
  }

  #endpointsTo(
    service: MeshService,
    port: ServicePort,
    slices: readonly Slice[],
    client: Workload,
  ): readonly RouteEndpoint[] {
    const all = endpointsOf(port, slices);
    const accounts = all.flatMap(({ ip }) => this.#podsByIp.get(ip)?.workload ?? []);
    return all.map((each) => this.#endpoint(each, { client, service, port: port.port, accounts }));
  }

  #modesOf(pod: MeshPod): WorkloadModes {
    let modes = this.#modes.get(pod);
    if (modes === undefined) {
      modes = resolveModes(pod.workload, this.#objects.peerAuthentications, this.#mesh);
      this.#modes.set(pod, modes);
    }
    return modes;
  }

  /** Two Services that say different things of a port say nothing of it. */
  #protocolsOf({ ip }: MeshPod): { readonly [port: string]: PortProtocol } {
    const said: { [port: string]: PortProtocol } = {};
    for (const { service, slices } of this.#served)
      for (const port of service.ports)
        for (const endpoint of endpointsOf(port, slices))
          if (endpoint.ip === ip)
            said[endpoint.port] = (said[endpoint.port] ?? port.protocol) === port.protocol ? port.protocol : "auto";
    return said;
  }

  #routesTo({ service, slices }: Served, client: Workload): readonly Route[] {
    return service.ports.flatMap((port): readonly Route[] => {
      const endpoints = this.#endpointsTo(service, port, slices, client);
      const shared = { protocol: port.protocol };
      const addresses = [...service.clusterIps, ...service.externalIps];
      if (addresses.length > 0) return [{ ...shared, addresses, port: port.port, endpoints }];
      return endpoints.map((each) => ({ ...shared, addresses: [each.ip], port: each.port, endpoints: [each] }));
    });
  }

  #endpoint(
    { ip, port }: Endpoint,
    asked: Pick<Parameters<typeof clientChoice>[0], "client" | "service" | "port" | "accounts">,
  ): RouteEndpoint {
    const pod = this.#podsByIp.get(ip);
    const mode = pod === undefined ? "DISABLE" : modeOf(this.#modesOf(pod), port);
    // A pod that calls itself: the connection never leaves it, and nobody turns it over on its way in.
    if (pod?.workload === asked.client) return { ip, port, tls: "none", identities: [] };
    const endpoint = { mode, ...(pod?.hasSidecar === true ? { sidecar: pod.workload } : {}) };
    const { tls, identities, serverName, origination } = clientChoice(
      { ...asked, endpoint },
      this.#objects.destinationRules,
      this.#mesh,
    );
    const named = serverName === undefined ? {} : { serverName };
    return { ip, port, tls, identities, ...named, ...(origination === undefined ? {} : { origination }) };
  }
}

interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** Ready ones; where there are none, those that still serve while they end: as Services are served. */
function endpointsOf({ name = "" }: ServicePort, slices: readonly Slice[]): readonly Endpoint[] {
  const found: (Endpoint & { readonly isReady: boolean; readonly serves: boolean })[] = [];
  for (const { ports, endpoints } of slices) {
    const port = ports?.find((each) => (each.name ?? "") === name && (each.protocol ?? "TCP") === "TCP")?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions = {} } of endpoints ?? []) {
      const isReady = conditions.ready ?? true;
      const serves = conditions.terminating === true && (conditions.serving ?? true);
      for (const ip of addresses) found.push({ ip, port, isReady, serves });
    }
  }
  const ready = found.filter(({ isReady }) => isReady);
  const chosen = ready.length > 0 ? ready : found.filter(({ serves }) => serves);
  const unique = new Map(chosen.map(({ ip, port }) => [`${ip} ${port}`, { ip, port }]));
  return [...unique.keys()].sort().map((key) => unique.get(key) as Endpoint);
}
