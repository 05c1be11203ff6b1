import type { KubeObject } from "@sallyport/kube";

interface ServicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
  readonly nodePort?: number;
}

interface ServiceSpec {
  readonly type?: string;
  readonly clusterIPs?: readonly string[];
  readonly clusterIP?: string;
  readonly externalIPs?: readonly string[];
  readonly ports?: readonly ServicePort[];
  readonly sessionAffinity?: string;
  readonly publishNotReadyAddresses?: boolean;
}

interface Slice extends KubeObject {
  readonly addressType?: string;
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | null;
}

/** One address of a Service, and what answers there. */
export interface ServiceTarget {
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: string;
  /** The address of the Service; undefined for a port of every address of the node. */
  readonly address: string | undefined;
  readonly port: number;
  /** `10.244.0.2 . 80`: in their order, each once. */
  readonly endpoints: readonly (readonly [address: string, port: number])[];
  /** The same client comes to the same endpoint. */
  readonly isSticky: boolean;
}

const serviceLabel = "kubernetes.io/service-name";

/** What Services of IPv4 come to, by their EndpointSlices: kube-proxy's work. */
export function serviceTargets(
  services: readonly KubeObject[],
  slices: readonly KubeObject[],
): readonly ServiceTarget[] {
  const byService = Map.groupBy(slices as readonly Slice[], ({ metadata }) => {
    return `${metadata.namespace}/${metadata.labels?.[serviceLabel] ?? ""}`;
  });
  return services.flatMap((service) => {
    const spec = (service["spec"] ?? {}) as ServiceSpec;
    const own = byService.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [];
    return (spec.ports ?? []).flatMap((port) => targetsOf(spec, port, own));
  });
}

function targetsOf(spec: ServiceSpec, port: ServicePort, slices: readonly Slice[]): readonly ServiceTarget[] {
  const addresses = [...(spec.clusterIPs ?? [spec.clusterIP ?? ""]), ...(spec.externalIPs ?? [])];
  const own = addresses.filter((address) => /^\d+\.\d+\.\d+\.\d+$/.test(address));
  if (own.length === 0) return [];
  const base = {
    protocol: (port.protocol ?? "TCP").toLowerCase(),
    endpoints: endpointsOf(port, slices),
    isSticky: spec.sessionAffinity === "ClientIP",
  };
  const atNode = port.nodePort === undefined || port.nodePort === 0 ? [] : [port.nodePort];
  return [
    ...own.map((address) => ({ ...base, address, port: port.port })),
    ...atNode.map((nodePort) => ({ ...base, address: undefined, port: nodePort })),
  ];
}

/** Ready ones; where there are none, those that still serve while they end. */
function endpointsOf(port: ServicePort, slices: readonly Slice[]): ServiceTarget["endpoints"] {
  const found: { readonly pair: readonly [string, number]; readonly isReady: boolean; readonly serves: boolean }[] = [];
  for (const { addressType, ports, endpoints } of slices) {
    const match = ports?.find(({ name = "", protocol = "TCP" }) => {
      return name === (port.name ?? "") && protocol === (port.protocol ?? "TCP");
    });
    if (addressType !== "IPv4" || match?.port === undefined) continue;
    for (const { addresses, conditions = {} } of endpoints ?? []) {
      const isReady = conditions.ready ?? true;
      const serves = conditions.terminating === true && (conditions.serving ?? true);
      for (const address of addresses) found.push({ pair: [address, match.port], isReady, serves });
    }
  }
  const ready = found.filter(({ isReady }) => isReady);
  const chosen = ready.length > 0 ? ready : found.filter(({ serves }) => serves);
  const unique = new Map(chosen.map(({ pair }) => [pair.join(":"), pair]));
  return [...unique.keys()].sort().map((key) => unique.get(key) as readonly [string, number]);
}

export interface RuleOptions {
  /** The table's name. */
  readonly table: string;
  readonly podCidr: string;
  /** Names of pods' links begin so. */
  readonly linkPrefix: string;
}

/** A table for `nft -f`, in place of the one that was: addresses of Services turned over to endpoints, and pods to the world outside. */
export function nftTable(targets: readonly ServiceTarget[], { table, podCidr, linkPrefix }: RuleOptions): string {
  const alive = targets.filter(({ endpoints }) => endpoints.length > 0);
  const ofServices = alive.filter(({ address }) => address !== undefined).map(turnOver);
  const ofNode = alive.filter(({ address }) => address === undefined).map(turnOver);
  const dead = targets.flatMap((target) => (target.endpoints.length === 0 ? [refusal(target)] : []));
  const chain = (name: string, head: string, rules: readonly string[]) =>
    `  chain ${name} {\n${[head, ...rules].map((rule) => `    ${rule}\n`).join("")}  }\n`;
  return [
    `table ip ${table}\ndelete table ip ${table}\ntable ip ${table} {\n`,
    chain("services", "", ofServices),
    chain("nodeports", "", ofNode),
    chain("dead", "", dead),
    chain("prerouting", "type nat hook prerouting priority dstnat; policy accept;", [
      // Another node of this machine has Services of the same addresses: for its own pods alone, as these are for ours.
      `iifname "${linkPrefix}*" jump services`,
      "jump nodeports",
    ]),
    chain("output", "type nat hook output priority -100; policy accept;", ["jump services", "jump nodeports"]),
    chain("forward", "type filter hook forward priority 0; policy accept;", [`iifname "${linkPrefix}*" jump dead`]),
    chain("local", "type filter hook output priority 0; policy accept;", ["jump dead"]),
    chain("postrouting", "type nat hook postrouting priority srcnat; policy accept;", [
      ...hairpins(targets),
      `ip saddr ${podCidr} oifname != "${linkPrefix}*" masquerade`,
    ]),
    "}\n",
  ].join("");
}

/** A pod that asks a Service and meets itself would get its own address as the caller's, and answer past the node. */
function hairpins(targets: readonly ServiceTarget[]): readonly string[] {
  const addresses = new Set(targets.flatMap(({ endpoints }) => endpoints.map(([address]) => address)));
  const pairs = [...addresses].sort().map((address) => `${address} . ${address}`);
  return pairs.length === 0 ? [] : [`ip saddr . ip daddr { ${pairs.join(", ")} } masquerade`];
}

function matchOf({ protocol, address, port }: ServiceTarget): string {
  const where = address === undefined ? "fib daddr type local" : `ip daddr ${address}`;
  return `${where} ${protocol} dport ${port}`;
}

function turnOver(target: ServiceTarget): string {
  const { endpoints, isSticky } = target;
  const [first] = endpoints;
  if (endpoints.length === 1) return `${matchOf(target)} dnat to ${first?.join(":")}`;
  const choice = isSticky ? `jhash ip saddr mod ${endpoints.length}` : `numgen random mod ${endpoints.length}`;
  const map = endpoints.map(([address, port], i) => `${i} : ${address} . ${port}`).join(", ");
  return `${matchOf(target)} dnat to ${choice} map { ${map} }`;
}

function refusal(target: ServiceTarget): string {
  return `${matchOf(target)} reject`;
}
