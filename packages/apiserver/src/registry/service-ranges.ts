import type { ObjectReader } from "@sallyport/admission";
import type { KubeObject } from "@sallyport/kube";

/** kube-apiserver's `--service-cluster-ip-range` and `--service-node-port-range`. Services have IPv4 addresses here. */
export interface ServiceRanges {
  readonly cidr: string;
  readonly firstPort: number;
  readonly lastPort: number;
}

export const defaultServiceRanges: ServiceRanges = { cidr: "10.0.0.0/24", firstPort: 30000, lastPort: 32767 };

/** The addresses of a range as numbers, without the network's and the broadcast address; the first is the API server's own. */
export interface AddressRange {
  readonly cidr: string;
  readonly first: number;
  readonly last: number;
}

/** `10.0.0.0/24`; undefined for what is no range of IPv4 addresses that has room for services. */
export function addressRange(cidr: string): AddressRange | undefined {
  const match = /^((?:\d{1,3}\.){3}\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const bits = Number(match?.[2]);
  const network = match === null ? undefined : addressNumber(match[1] as string);
  if (network === undefined || bits > 30) return undefined;
  const size = 2 ** (32 - bits);
  return network % size === 0 ? { cidr, first: network + 1, last: network + size - 2 } : undefined;
}

/** An IPv4 address as a number. */
export function addressNumber(text: string): number | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** Where services may get addresses: the range of the flag, and those of ServiceCIDRs that are ready and not going. */
export function rangesIn({ cidr }: ServiceRanges, reader: ObjectReader): readonly AddressRange[] {
  const more = reader.list("networking.k8s.io", "servicecidrs").filter(isReady).flatMap(cidrsOf);
  const own = addressRange(cidr);
  const others = [...new Set(more)].filter((each) => each !== cidr).map(addressRange);
  return [own, ...others].filter((each) => each !== undefined);
}

export function cidrsOf(object: KubeObject): readonly string[] {
  return (object["spec"] as { readonly cidrs?: readonly string[] } | undefined)?.cidrs ?? [];
}

function isReady({ metadata, status }: KubeObject): boolean {
  const { conditions = [] } = (status ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return !metadata.deletionTimestamp && conditions.some(({ type, status: is }) => type === "Ready" && is === "True");
}
