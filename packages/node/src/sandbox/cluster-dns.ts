import type { KubeObject } from "@sallyport/kube";

/** What a name of the cluster stands for; undefined when it is no name of it. */
export interface NameAnswer {
  readonly addresses: readonly string[];
  /** SRV: of named ports. */
  readonly services: readonly { readonly port: number; readonly target: string }[];
}

interface Slice extends KubeObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly hostname?: string;
    readonly conditions?: { readonly ready?: boolean };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | null;
}

interface ServiceSpec {
  readonly clusterIP?: string;
  readonly type?: string;
  readonly externalName?: string;
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  readonly publishNotReadyAddresses?: boolean;
}

export interface ClusterObjects {
  readonly service: (namespace: string, name: string) => KubeObject | undefined;
  readonly slices: (namespace: string, service: string) => readonly KubeObject[];
}

const empty: NameAnswer = { addresses: [], services: [] };

/**
 * Answers a name under `svc.DOMAIN` or `pod.DOMAIN`, in lower case and without a dot at its end: "absent" when there is none, a name alone
 * when another is meant. https://github.com/kubernetes/dns/blob/master/docs/specification.md
 */
export function clusterName(
  name: string,
  domain: string,
  objects: ClusterObjects,
): NameAnswer | { readonly alias: string } | "absent" | undefined {
  if (name !== domain && !name.endsWith(`.${domain}`)) return undefined;
  const labels =
    name === domain
      ? []
      : name
          .slice(0, -domain.length - 1)
          .split(".")
          .reverse();
  const [kind, namespace, first, second, third] = labels;
  if (kind === undefined) return empty;
  if (kind === "pod") return labels.length === 3 ? podName(first ?? "") : labels.length < 3 ? empty : "absent";
  if (kind !== "svc") return "absent";
  if (namespace === undefined) return empty;
  if (first === undefined) return empty;
  const service = objects.service(namespace, first);
  if (service === undefined) return "absent";
  const spec = (service["spec"] ?? {}) as ServiceSpec;
  if (spec.type === "ExternalName") return labels.length === 3 ? { alias: spec.externalName ?? "" } : "absent";
  const slices = objects.slices(namespace, first) as readonly Slice[];
  const own = `${first}.${namespace}.svc.${domain}`;
  if (labels.length === 3) return { addresses: addressesOf(spec, slices), services: [] };
  if (labels.length === 4) return endpointName(second ?? "", slices, spec);
  if (labels.length === 5 && second?.startsWith("_") && third?.startsWith("_"))
    return portName(third.slice(1), second.slice(1), spec, slices, own);
  return "absent";
}

/** `10-244-0-2`: a pod's address as a label. */
function podName(label: string): NameAnswer | "absent" {
  const address = label.replaceAll("-", ".");
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) ? { addresses: [address], services: [] } : "absent";
}

function addressesOf(spec: ServiceSpec, slices: readonly Slice[]): readonly string[] {
  const { clusterIP = "" } = spec;
  if (clusterIP !== "None") return clusterIP === "" ? [] : [clusterIP];
  return readyEndpoints(spec, slices).flatMap(({ addresses }) => addresses);
}

function readyEndpoints({ publishNotReadyAddresses }: ServiceSpec, slices: readonly Slice[]) {
  const all = slices.flatMap(({ endpoints }) => endpoints ?? []);
  return all.filter(({ conditions }) => publishNotReadyAddresses === true || (conditions?.ready ?? true));
}

/** An endpoint of a headless Service by its host's name, or by its address. */
function endpointName(label: string, slices: readonly Slice[], spec: ServiceSpec): NameAnswer | "absent" {
  if (label.startsWith("_")) return empty;
  const found = readyEndpoints(spec, slices).filter(
    ({ hostname, addresses }) => hostname === label || addresses.some((each) => each.replaceAll(".", "-") === label),
  );
  return found.length === 0 ? "absent" : { addresses: found.flatMap(({ addresses }) => addresses), services: [] };
}

function portName(
  port: string,
  protocol: string,
  spec: ServiceSpec,
  slices: readonly Slice[],
  own: string,
): NameAnswer | "absent" {
  const isMatch = (each: { readonly name?: string; readonly protocol?: string }) =>
    (each.name ?? "").toLowerCase() === port && (each.protocol ?? "TCP").toLowerCase() === protocol;
  if (spec.clusterIP !== "None") {
    const found = spec.ports?.find(isMatch);
    return found === undefined ? "absent" : { addresses: [], services: [{ port: found.port, target: own }] };
  }
  const services = slices.flatMap((slice) => {
    const found = slice.ports?.find(isMatch);
    if (found?.port === undefined) return [];
    return readyEndpoints(spec, [slice]).flatMap(({ hostname, addresses }) =>
      addresses.map((address) => ({
        port: found.port as number,
        target: `${hostname ?? address.replaceAll(".", "-")}.${own}`,
      })),
    );
  });
  return services.length === 0 ? "absent" : { addresses: [], services };
}
