import type { KubeObject } from "@sallyport/kube";

/** What /etc/resolv.conf says. */
export interface DnsConfig {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface ClusterDns {
  /** Of the cluster's own servers; pods ask the node's where there is none. */
  readonly servers: readonly string[];
  /** `cluster.local`. */
  readonly domain: string;
  /** The node's /etc/resolv.conf. */
  readonly nodeConfig: string;
}

interface DnsSpec {
  readonly dnsPolicy?: string;
  readonly hostNetwork?: boolean;
  readonly dnsConfig?: {
    readonly nameservers?: readonly string[];
    readonly searches?: readonly string[];
    readonly options?: readonly { readonly name: string; readonly value?: string }[];
  };
}

/** As core/v1 has it, and resolvers. */
const nameserverLimit = 3;
const searchLimit = 32;
const searchChars = 2048;
const nameChars = 253;

/** Whom a pod asks for names: by its dnsPolicy, and its dnsConfig beside. pkg/kubelet/network/dns */
export function podDns({ metadata, spec }: KubeObject, { servers, domain, nodeConfig }: ClusterDns): DnsConfig {
  const { dnsPolicy = "ClusterFirst", hostNetwork = false, dnsConfig = {} } = spec as DnsSpec;
  const node = parseResolvConf(nodeConfig);
  const isCluster = dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && !hostNetwork);
  const own = [`${metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  const cluster = { nameservers: servers, searches: [...own, ...node.searches], options: ["ndots:5"] };
  const none = { nameservers: [], searches: [], options: [] };
  const base = dnsPolicy === "None" ? none : isCluster && servers.length > 0 ? cluster : node;
  return {
    nameservers: unique([...base.nameservers, ...(dnsConfig.nameservers ?? [])]).slice(0, nameserverLimit),
    searches: fitting(unique([...base.searches, ...(dnsConfig.searches ?? [])])),
    options: mergeOptions(base.options, dnsConfig.options ?? []),
  };
}

/** https://man7.org/linux/man-pages/man5/resolv.conf.5.html: the last line of searches counts, all others add up. */
export function parseResolvConf(text: string): DnsConfig {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const named = (keyword: string) => lines.filter(([first]) => first === keyword).map(([, ...values]) => values);
  const searches = (named("search").at(-1) ?? []).filter((search) => search !== ".");
  return {
    nameservers: named("nameserver").flatMap(([server]) => (server === undefined ? [] : [server])),
    searches: searches.map((search) => search.replace(/\.$/, "")),
    options: unique(named("options").flat()),
  };
}

/** As containerd writes it. */
export function resolvConf({ nameservers, searches, options }: DnsConfig): string {
  return [
    ...(searches.length > 0 ? [`search ${searches.join(" ")}`] : []),
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(" ")}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function fitting(searches: readonly string[]): readonly string[] {
  const kept = searches.slice(0, searchLimit).filter((search) => search.length <= nameChars);
  while (kept.join(" ").length > searchChars) kept.pop();
  return kept;
}

function mergeOptions(
  options: readonly string[],
  own: readonly { readonly name: string; readonly value?: string }[],
): readonly string[] {
  const merged = new Map(options.map((option) => [option.split(":")[0] as string, option]));
  for (const { name, value = "" } of own) merged.set(name, value === "" ? name : `${name}:${value}`);
  return [...merged.values()];
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
