import type { RequestOptions } from "node:https";
import { isIPv6 } from "node:net";
import { type KubeObject, StatusError } from "@sallyport/kube";
import type { KeyPair } from "@sallyport/pki";
import { notFound } from "../registry/faults.ts";

/** How kubelets are reached. */
export interface KubeletOptions {
  /** What they are shown; kube-apiserver's `--kubelet-client-certificate` and `--kubelet-client-key`. */
  readonly client: KeyPair;
  /** In PEM; `--kubelet-certificate-authority`. Their certificates are not looked at when it is absent. */
  readonly authority?: string;
  /** `--kubelet-preferred-address-types`, the best first. */
  readonly addressTypes: readonly string[];
}

/** kube-apiserver's own. */
export const defaultAddressTypes: readonly string[] = [
  "Hostname",
  "InternalDNS",
  "InternalIP",
  "ExternalDNS",
  "ExternalIP",
];

/** Where kubelets listen that name no port. */
const defaultPort = 10250;

/** Where a kubelet listens. */
export interface KubeletPlace {
  readonly host: string;
  readonly port: number;
}

interface NodeStatus {
  readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
}

type FindNode = (name: string) => KubeObject | undefined;

/** Throws what kube-apiserver says when a node is gone, or has no address: `asked` is the resource that it names then. */
export function kubeletOf(
  nodeName: string,
  find: FindNode,
  { addressTypes }: KubeletOptions,
  asked: "pods" | "nodes",
): KubeletPlace {
  const node = find(nodeName);
  if (node === undefined) throw notFound({ group: "", resource: asked }, nodeName);
  const { addresses = [], daemonEndpoints } = (node["status"] ?? {}) as NodeStatus;
  for (const wanted of addressTypes) {
    const found = addresses.find(({ type }) => type === wanted);
    if (found !== undefined)
      return { host: found.address, port: daemonEndpoints?.kubeletEndpoint?.Port || defaultPort };
  }
  const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(" ");
  throw new StatusError(undefined, `no preferred addresses found; known addresses: [${known}]`);
}

/** The URL of one of a kubelet's doors. */
export function kubeletUrl(
  { host, port }: KubeletPlace,
  path: readonly string[],
  query: readonly (readonly [string, string])[] = [],
): URL {
  const url = new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`);
  url.pathname = `/${path.map(encodeURIComponent).join("/")}`;
  // Go sorts queries by name.
  const sorted = [...query].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  url.search = new URLSearchParams(sorted.map(([name, value]): [string, string] => [name, value])).toString();
  return url;
}

/** What a connection to a kubelet is made with. */
export function kubeletTls({ client, authority }: KubeletOptions): RequestOptions {
  return {
    cert: client.certificate,
    key: client.key,
    rejectUnauthorized: authority !== undefined,
    ...(authority === undefined ? {} : { ca: authority }),
  };
}
