import { authorizerOf } from "../policy/authorizer.ts";
import type { Authorizer } from "../policy/call.ts";
import type { ProviderTarget } from "../proxy/ext-authz/check.ts";
import type { OutboundTarget, ProxyConfig } from "../proxy/proxy-config.ts";
import type { Route, RouteEndpoint, WorkloadConfig } from "./workload-config.ts";

/** What a proxy asks, answered by the configuration that came last; an answer holds for one connection. */
export class FollowedConfig implements ProxyConfig {
  readonly #random: () => number;
  #config: WorkloadConfig;
  #authorizer: Authorizer;
  #routes: ReadonlyMap<string, Route>;

  /** `random` is between 0 and 1: it chooses the pods of a Service. */
  constructor(config: WorkloadConfig, random: () => number) {
    this.#random = random;
    this.#config = config;
    this.#authorizer = authorizerOf(config.workload, config.policies, config.mesh);
    this.#routes = routesOf(config);
  }

  /** Connections that are there stay as they were decided. */
  replace(config: WorkloadConfig): void {
    this.#config = config;
    this.#authorizer = authorizerOf(config.workload, config.policies, config.mesh);
    this.#routes = routesOf(config);
  }

  get workload(): WorkloadConfig["workload"] {
    return this.#config.workload;
  }

  get authorizer(): Authorizer {
    return this.#authorizer;
  }

  inbound(port: number): ReturnType<ProxyConfig["inbound"]> {
    const { mode, modes, protocols } = this.#config.inbound;
    return { mode: modes[port] ?? mode, protocol: protocols[port] ?? "auto" };
  }

  outbound(ip: string, port: number): OutboundTarget | undefined {
    const route = this.#routes.get(`${ip} ${port}`);
    if (route === undefined) return undefined;
    // Whoever answers there by now may be of the mesh: never in plaintext.
    return this.#chosen(route) ?? { ip, port, protocol: route.protocol, tls: "mutual", identities: [nobody] };
  }

  provider(name: string): ProviderTarget | undefined {
    const provider = this.#config.mesh.extensionProviders?.find((each) => each.name === name);
    const route = this.#config.providers?.[name];
    const target = route && this.#chosen(route);
    return provider === undefined || target === undefined ? undefined : { provider, target };
  }

  #chosen({ endpoints, protocol }: Pick<Route, "endpoints" | "protocol">): OutboundTarget | undefined {
    const chosen = endpoints[Math.floor(this.#random() * endpoints.length)];
    return chosen && targetOf(chosen, protocol);
  }
}

function routesOf({ routes }: WorkloadConfig): ReadonlyMap<string, Route> {
  return new Map(
    routes.flatMap((route) => route.addresses.map((address) => [`${address} ${route.port}`, route] as const)),
  );
}

/** Whom nobody can prove to be: a connection that must not be made is refused, and none ends in plaintext by accident. */
const nobody = "spiffe://invalid/nobody";

function targetOf(
  { tls, identities, ...endpoint }: RouteEndpoint,
  protocol: OutboundTarget["protocol"],
): OutboundTarget {
  if (tls === "other" && endpoint.origination !== undefined)
    return { ...endpoint, protocol, tls: "originate", identities };
  // Of a control plane that does not say which.
  if (tls === "other") return { ...endpoint, protocol, tls: "mutual", identities: [nobody] };
  return { ...endpoint, protocol, tls, identities };
}
