import {
  byAge,
  type MeshObject,
  type MeshSettings,
  selects,
  selectsLabels,
  type Workload,
  type WorkloadSelector,
} from "./workload.ts";

/** networking.istio.io/v1 DestinationRule, as far as it speaks of TLS. */
export interface DestinationRule extends MeshObject {
  readonly spec?: {
    /** Of a service: `web`, of the rule's namespace, or a name in full, or one that begins with `*`. */
    readonly host?: string;
    readonly trafficPolicy?: TrafficPolicy;
    readonly subsets?: readonly { readonly name?: string; readonly trafficPolicy?: TrafficPolicy }[];
    /** Namespaces that may see it: `.` its own, `*` all, as where there is none. */
    readonly exportTo?: readonly string[];
    /** Of clients, which must be in the rule's namespace. */
    readonly workloadSelector?: WorkloadSelector;
  };
}

interface TrafficPolicy {
  readonly tls?: ClientTls;
  readonly portLevelSettings?: readonly { readonly port?: { readonly number?: number }; readonly tls?: ClientTls }[];
}

/** How clients begin TLS. */
export interface ClientTls {
  readonly mode?: "DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL";
  /** Whom the server may be, in place of its service accounts. */
  readonly subjectAltNames?: readonly string[];
  readonly sni?: string;
  /** Files of the client's proxy: PEM; `caCertificates: system` is as good as none. */
  readonly clientCertificate?: string;
  readonly privateKey?: string;
  readonly caCertificates?: string;
  readonly caCrl?: string;
  /** A Secret. */
  readonly credentialName?: string;
  readonly insecureSkipVerify?: boolean;
}

/** A service as clients name it. */
export interface ServiceName {
  readonly namespace: string;
  /** In full: `web.shop.svc.cluster.local`. */
  readonly host: string;
}

/**
 * The rule by which a client calls a service: one of its own namespace, else of the service's, else of the root namespace, which it
 * may see; there the one whose host says most, and of those the oldest. One that selects the client goes before one that selects
 * all of its namespace.
 */
export function destinationRuleFor(
  client: Workload,
  service: ServiceName,
  rules: readonly DestinationRule[],
  { rootNamespace }: Pick<MeshSettings, "rootNamespace">,
): DestinationRule | undefined {
  const sorted = [...rules].sort(byAge);
  const own = mostSpecific(
    sorted.filter(({ metadata }) => metadata.namespace === client.namespace),
    service,
    client,
  );
  const seenIn = (namespace: string) =>
    mostSpecific(
      sorted.filter((rule) => rule.metadata.namespace === namespace && isSeenFrom(rule, client.namespace)),
      service,
      client,
    );
  return own ?? seenIn(service.namespace) ?? seenIn(rootNamespace);
}

function isSeenFrom({ metadata, spec }: DestinationRule, namespace: string): boolean {
  const { exportTo = [] } = spec ?? {};
  if (exportTo.length === 0 || exportTo.includes("*") || exportTo.includes(namespace)) return true;
  return exportTo.includes(".") && metadata.namespace === namespace;
}

function mostSpecific(
  rules: readonly DestinationRule[],
  service: ServiceName,
  client: Workload,
): DestinationRule | undefined {
  const meant = rules.filter((rule) => {
    const { workloadSelector } = rule.spec ?? {};
    const isForClient = rule.metadata.namespace === client.namespace && selects(workloadSelector, client);
    return meansHost(rule, service.host) && (!selectsLabels(workloadSelector) || isForClient);
  });
  const longest = Math.max(...meant.map((rule) => weightOf(rule)));
  const best = meant.filter((rule) => weightOf(rule) === longest);
  return best.find(({ spec }) => selectsLabels(spec?.workloadSelector)) ?? best[0];
}

/** A name without stars says more than any with one, and of those the longer. */
function weightOf(rule: DestinationRule): number {
  const host = hostOf(rule);
  return host.startsWith("*") ? host.length : Number.MAX_SAFE_INTEGER;
}

/** Whether a rule is about a service, by its name in full. */
export function meansHost(rule: DestinationRule, host: string): boolean {
  const named = hostOf(rule);
  return named.startsWith("*") ? host.endsWith(named.slice(1)) : named === host;
}

/** In full: a name without a dot is one of the rule's namespace. */
function hostOf({ metadata, spec }: DestinationRule): string {
  const host = spec?.host ?? "";
  return host.includes(".") || host.startsWith("*") || host === ""
    ? host
    : `${host}.${metadata.namespace ?? ""}.svc.cluster.local`;
}

/** What a rule says of TLS to a port of the service (not of the workload): the port's word before that for all, a subset's before both. */
export function tlsOf({ spec }: DestinationRule, port: number, subset?: string): ClientTls | undefined {
  if (subset === undefined) return ofPolicy(spec?.trafficPolicy, port);
  const named = spec?.subsets?.find(({ name }) => name === subset);
  return named === undefined ? undefined : (ofPolicy(named.trafficPolicy, port) ?? ofPolicy(spec?.trafficPolicy, port));
}

function ofPolicy(policy: TrafficPolicy | undefined, port: number): ClientTls | undefined {
  const ofPort = policy?.portLevelSettings?.find((each) => each.port?.number === port && each.tls !== undefined);
  return ofPort?.tls ?? policy?.tls;
}
