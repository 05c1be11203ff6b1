import type { KubeObject } from "@sallyport/kube";

/** core/v1 ServiceSpec, as far as variables tell of it. */
interface ServiceSpec {
  readonly clusterIP?: string;
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
}

/**
 * The variables that tell a pod of a namespace which Services there are, in the order of their names: those of its own namespace if it
 * wants them, and `kubernetes` of the default one always. pkg/kubelet/envvars
 */
export function serviceEnvironment(
  services: readonly KubeObject[],
  namespace: string,
  enableServiceLinks: boolean,
): ReadonlyMap<string, string> {
  const told = new Map<string, ServiceSpec>();
  for (const { metadata, ...rest } of services) {
    const spec = rest["spec"] as ServiceSpec | undefined;
    const name = metadata.name ?? "";
    if (spec?.clusterIP === undefined || ["", "None"].includes(spec.clusterIP)) continue;
    const isMaster = metadata.namespace === "default" && name === "kubernetes";
    if (isMaster && !told.has(name)) told.set(name, spec);
    else if (metadata.namespace === namespace && enableServiceLinks) told.set(name, spec);
  }
  return new Map([...told].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, spec]) => variablesOf(name, spec)));
}

function variablesOf(
  service: string,
  { clusterIP = "", ports = [] }: ServiceSpec,
): readonly (readonly [name: string, value: string])[] {
  const prefix = variableName(service);
  const host = clusterIP.includes(":") ? `[${clusterIP}]` : clusterIP;
  const [first] = ports;
  if (first === undefined) return [[`${prefix}_SERVICE_HOST`, clusterIP]];
  const urlOf = ({ port, protocol = "TCP" }: typeof first) => `${protocol.toLowerCase()}://${host}:${port}`;
  return [
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports
      .filter(({ name = "" }) => name !== "")
      .map(({ name = "", port }) => [`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)] as const),
    // As docker's links had them.
    [`${prefix}_PORT`, urlOf(first)],
    ...ports.flatMap((port) => {
      const { protocol = "TCP" } = port;
      const own = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
      return [
        [own, urlOf(port)],
        [`${own}_PROTO`, protocol.toLowerCase()],
        [`${own}_PORT`, String(port.port)],
        [`${own}_ADDR`, clusterIP],
      ] as const;
    }),
  ];
}

function variableName(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}
