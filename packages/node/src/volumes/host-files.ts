import type { KubeObject } from "@sallyport/kube";

interface HostSpec {
  readonly hostname?: string;
  readonly hostnameOverride?: string;
  readonly subdomain?: string;
  readonly hostNetwork?: boolean;
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: readonly string[] }[];
}

export interface PodHost {
  readonly hostname: string;
  /** `SUBDOMAIN.NAMESPACE.svc.DOMAIN`; empty without a subdomain. */
  readonly domain: string;
}

/** Linux' names of machines have 64 bytes, the last of which is zero. */
const hostnameChars = 63;

/** What a pod calls itself. pkg/kubelet: GeneratePodHostNameAndDomain */
export function podHost({ metadata, spec }: KubeObject, clusterDomain: string): PodHost {
  const { hostname = "", hostnameOverride, subdomain = "" } = spec as HostSpec;
  if (hostnameOverride !== undefined) return { hostname: cut(hostnameOverride), domain: "" };
  const domain = subdomain === "" ? "" : `${subdomain}.${metadata.namespace}.svc.${clusterDomain}`;
  return { hostname: cut(hostname === "" ? (metadata.name ?? "") : hostname), domain };
}

function cut(hostname: string): string {
  return hostname.length <= hostnameChars ? hostname : hostname.slice(0, hostnameChars).replace(/[-.]+$/, "");
}

const localLines = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
];

/** A pod's /etc/hosts, byte by byte as kubelets write it; of a pod on the node's network the node's own, with the pod's aliases. */
export function hostsFile(
  { spec }: KubeObject,
  { hostname, domain }: PodHost,
  podIPs: readonly string[],
  nodeHosts: string,
): string {
  const { hostNetwork = false, hostAliases = [] } = spec as HostSpec;
  const aliases = hostAliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`).join("");
  const added = aliases === "" ? "" : `\n# Entries added by HostAliases.\n${aliases}`;
  if (hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${added}`;
  const own = podIPs.map((ip) => (domain === "" ? `${ip}\t${hostname}` : `${ip}\t${hostname}.${domain}\t${hostname}`));
  return `# Kubernetes-managed hosts file.\n${[...localLines, ...own].map((line) => `${line}\n`).join("")}${added}`;
}
