import { parseIp, parseQuantity } from "@sallyport/kube";
import { proxyConfigAnnotation, proxyConfigFault } from "./hold-application.ts";

/** Which connections of a pod pass through its sidecar. Ports 0 to 65535, ranges as `10.0.0.0/8`. */
export interface Interception {
  readonly inboundPorts: "*" | readonly number[];
  readonly excludedInboundPorts: readonly number[];
  readonly outboundRanges: "*" | readonly string[];
  readonly excludedOutboundRanges: readonly string[];
  /** Taken whatever their ranges are. */
  readonly outboundPorts: readonly number[];
  readonly excludedOutboundPorts: readonly number[];
  readonly excludedInterfaces: readonly string[];
}

type Annotations = { readonly [name: string]: string };

const traffic = "traffic.sidecar.istio.io";
const goBooleans: readonly string[] = "1 t T TRUE true True 0 f F FALSE false False".split(" ");

/** What must be said in an annotation that a sidecar is made by; undefined where it is right. https://istio.io/latest/docs/reference/config/annotations/ */
const checks: { readonly [name: string]: (value: string) => string | undefined } = {
  "sidecar.istio.io/interceptionMode": oneOf("REDIRECT", "NONE"),
  "status.sidecar.istio.io/port": (value) => portFault(value),
  "readiness.status.sidecar.istio.io/initialDelaySeconds": wholeNumber,
  "readiness.status.sidecar.istio.io/periodSeconds": wholeNumber,
  "readiness.status.sidecar.istio.io/failureThreshold": wholeNumber,
  [`${traffic}/includeOutboundIPRanges`]: (value) => (value === "*" ? undefined : rangesFault(value)),
  [`${traffic}/excludeOutboundIPRanges`]: rangesFault,
  [`${traffic}/includeInboundPorts`]: (value) => (value === "*" ? undefined : portsFault(value)),
  [`${traffic}/excludeInboundPorts`]: portsFault,
  [`${traffic}/includeOutboundPorts`]: portsFault,
  [`${traffic}/excludeOutboundPorts`]: portsFault,
  [proxyConfigAnnotation]: proxyConfigFault,
  "sidecar.istio.io/nativeSidecar": oneOf("true", "false"),
  "sidecar.istio.io/rewriteAppHTTPProbers": oneOf(...goBooleans),
  "sidecar.istio.io/proxyCPU": quantityFault,
  "sidecar.istio.io/proxyMemory": quantityFault,
  "sidecar.istio.io/proxyCPULimit": quantityFault,
  "sidecar.istio.io/proxyMemoryLimit": quantityFault,
};

/** One line for each annotation of a pod by which no sidecar can be made. */
export function annotationFaults(annotations: Annotations): readonly string[] {
  return Object.entries(annotations).flatMap(([name, value]) => {
    const fault = Object.hasOwn(checks, name) ? checks[name]?.(value) : undefined;
    return fault === undefined ? [] : [`invalid value '${value}' for annotation '${name}': ${fault}`];
  });
}

/** Of annotations without faults. The sidecar's own ports are never taken. */
export function interceptionOf(annotations: Annotations, ownPorts: readonly number[]): Interception {
  const text = (name: string, without = "") => annotations[`${traffic}/${name}`] ?? without;
  // An empty list says that none are taken; nothing, that all are.
  const [inbound, outbound] = [text("includeInboundPorts", "*"), text("includeOutboundIPRanges", "*")];
  return {
    inboundPorts: inbound === "*" ? "*" : portsOf(inbound),
    excludedInboundPorts: [...ownPorts, ...portsOf(text("excludeInboundPorts"))],
    outboundRanges: outbound === "*" ? "*" : items(outbound),
    excludedOutboundRanges: items(text("excludeOutboundIPRanges")),
    outboundPorts: portsOf(text("includeOutboundPorts")),
    excludedOutboundPorts: portsOf(text("excludeOutboundPorts")),
    excludedInterfaces: items(text("excludeInterfaces")),
  };
}

function portsOf(text: string): readonly number[] {
  return items(text).map(Number);
}

function items(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function oneOf(...values: readonly string[]): (value: string) => string | undefined {
  return (value) => (values.includes(value) ? undefined : `expected ${values.join(", ")}`);
}

function wholeNumber(value: string): string | undefined {
  return /^\d{1,10}$/.test(value) && Number(value) < 2 ** 32 ? undefined : "expected a whole number";
}

function portFault(value: string): string | undefined {
  return /^\d{1,5}$/.test(value.trim()) && Number(value) <= 65_535 ? undefined : "expected a port from 0 to 65535";
}

function portsFault(value: string): string | undefined {
  if (value.trim() === "") return undefined;
  const wrong = value.split(",").find((port) => portFault(port) !== undefined);
  return wrong === undefined ? undefined : `port '${wrong}': expected ports from 0 to 65535, as 80,443`;
}

function rangesFault(value: string): string | undefined {
  if (value === "") return undefined;
  const wrong = value.split(",").find((range) => !isRange(range));
  return wrong === undefined ? undefined : `range '${wrong}': expected ranges of addresses, as 10.0.0.0/8,fd00::/8`;
}

function isRange(text: string): boolean {
  const [, address = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const bytes = parseIp(address);
  return bytes !== undefined && Number(bits) <= bytes.length * 8;
}

function quantityFault(value: string): string | undefined {
  return typeof parseQuantity(value) === "string" ? "expected a quantity, as 100m or 128Mi" : undefined;
}
