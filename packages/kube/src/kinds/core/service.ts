import { internalValue } from "../../go/internal.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf, portNumber } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, labelKey, qualified } from "../formats.ts";
import { anyCidr, ipAddress, parseIp } from "../ip.ts";
import { validateLabels } from "../label-selector.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";
import { endpointIp } from "./endpoints.ts";
import { portNumberOrName, protocols } from "./pod-spec/ports.ts";
import { familyChanges, isHeadless, validateFamilies } from "./service-families.ts";
import { serviceWarnings } from "./service-warnings.ts";

export const service: KindRules = {
  defaults: (object) => {
    serviceDefaults((object["spec"] ??= {}));
    if (object["spec"].type === "LoadBalancer") ingressDefaults(object["status"]?.loadBalancer?.ingress);
  },
  validate: validateService,
  validateReplacement: validateServiceUpdate,
  validateStatus: validateServiceStatus,
  warnings: serviceWarnings,
};

function ingressDefaults(ingress: unknown): void {
  for (const each of (ingress ?? []) as Fields[]) if (each["ip"]) fill(each, { ipMode: "VIP" });
}

/** Three hours. */
const stickySeconds = 10800;
const maxStickySeconds = 86400;

function serviceDefaults(spec: Fields): void {
  fill(spec, { sessionAffinity: "None", type: "ClusterIP" });
  if (spec["sessionAffinity"] === "None") delete spec["sessionAffinityConfig"];
  if (spec["sessionAffinity"] === "ClientIP") {
    const config = (spec["sessionAffinityConfig"] ??= {}) as Fields;
    fill((config["clientIP"] ??= {}), { timeoutSeconds: stickySeconds });
  }
  for (const port of spec["ports"] ?? []) {
    port.protocol ??= "TCP";
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port;
  }
  if (isExternal(spec)) fill(spec, { externalTrafficPolicy: "Cluster" });
  if (["NodePort", "LoadBalancer", "ClusterIP"].includes(spec["type"]))
    fill(spec, { internalTrafficPolicy: "Cluster" });
  if (spec["type"] === "LoadBalancer") fill(spec, { allocateLoadBalancerNodePorts: true });
}

const types: readonly string[] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/** ValidateService. `old` is what stands there, whose addresses are not looked at again. */
function validateService(object: KubeObject): readonly FieldError[] {
  const spec = specOf(object);
  const { ports, type = "", sessionAffinity = "" } = spec;
  const isNameless = type === "ExternalName";
  return [
    ...validateTopology(object.metadata.annotations),
    ...((ports ?? []).length === 0 && !isHeadless(spec) && !isNameless ? [required("spec.ports")] : []),
    ...byType(spec),
    ...validatePorts(spec),
    ...validateLabels(spec["selector"], "spec.selector"),
    ...oneOfWords("spec.sessionAffinity", sessionAffinity, ["ClientIP", "None"]),
    ...validateAffinity(spec),
    ...(isNameless ? [] : validateFamilies(spec)),
    ...((spec["externalIPs"] ?? []) as string[]).flatMap((ip, i) => endpointIp(`spec.externalIPs[${i}]`, ip)),
    ...oneOfWords("spec.type", type, types),
    ...nodePortsOfType(spec),
    ...validateRanges(object),
    ...validateBalancer(spec),
    ...validateTraffic(spec),
  ];
}

function validateTopology(annotations: Fields = {}): readonly FieldError[] {
  const [mode, hints] = ["service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"].map(
    (name) => annotations[name],
  );
  if (mode === undefined || hints === undefined || mode === hints) return [];
  const why = "must match annotations[service.kubernetes.io/topology-aware-hints] when both are specified";
  return [invalid("metadata.annotations[service.kubernetes.io/topology-mode]", mode, why)];
}

function oneOfWords(field: string, value: string, words: readonly string[]): readonly FieldError[] {
  if (value === "") return [required(field)];
  return words.includes(value) ? [] : [notSupported(field, value, words)];
}

function byType(spec: Fields): readonly FieldError[] {
  switch (spec["type"]) {
    case "LoadBalancer":
    case "NodePort":
      return isHeadless(spec)
        ? [invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec["type"]} services`)]
        : [];
    case "ExternalName": {
      const { externalName = "" } = spec;
      const name = externalName.replace(/\.$/, "");
      const forbiddenHere = ["clusterIPs", "ipFamilies", "ipFamilyPolicy"].filter((field) =>
        Array.isArray(spec[field]) ? spec[field].length > 0 : spec[field] !== undefined,
      );
      return [
        ...forbiddenHere.map((field) => forbidden(`spec.${field}`, "may not be set for ExternalName services")),
        ...(name === "" ? [required("spec.externalName")] : formatted("spec.externalName", name, dns1123Subdomain)),
      ];
    }
    default:
      return [];
  }
}

function validatePorts(spec: Fields): readonly FieldError[] {
  const names = new Set<string>();
  const ports = itemsOf(spec["ports"], "spec.ports");
  return ports.flatMap(([port, field]) => {
    const { name = "", port: number = 0, targetPort, protocol = "", appProtocol } = port;
    const faults: FieldError[] = [];
    if (ports.length > 1 && name === "") faults.push(required(`${field}.name`));
    else if (name !== "") {
      faults.push(...formatted(`${field}.name`, name, dns1123Label));
      if (names.has(name)) faults.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    faults.push(...portNumber(`${field}.port`, number));
    faults.push(...oneOfWords(`${field}.protocol`, protocol, protocols));
    faults.push(...portNumberOrName(`${field}.targetPort`, targetPort));
    if (appProtocol !== undefined) faults.push(...formatted(`${field}.appProtocol`, appProtocol, labelKey));
    return faults;
  });
}

function sameTwice(ports: readonly (readonly [Fields, string])[]): readonly FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(([{ protocol, port }, field]) => {
    const key = `${protocol}/${port}`;
    const isTwice = seen.has(key);
    seen.add(key);
    return isTwice ? [duplicate(field, internalValue("core.ServicePort", { protocol, port }))] : [];
  });
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: Fields): readonly FieldError[] {
  const field = "spec.sessionAffinityConfig";
  if (sessionAffinity === "None" && sessionAffinityConfig !== undefined)
    return [forbidden(field, "must not be set when session affinity is None")];
  if (sessionAffinity !== "ClientIP") return [];
  const why = "when session affinity type is ClientIP";
  if (sessionAffinityConfig === undefined) return [required(field, why)];
  if (sessionAffinityConfig.clientIP === undefined) return [required(`${field}.clientIP`, why)];
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds as number | undefined;
  if (seconds === undefined) return [required(`${field}.clientIP.timeoutSeconds`, why)];
  return seconds > 0 && seconds <= maxStickySeconds
    ? []
    : [
        invalid(
          `${field}.clientIP.timeoutSeconds`,
          seconds,
          `must be greater than 0 and less than ${maxStickySeconds}`,
        ),
      ];
}

function nodePortsOfType(spec: Fields): readonly FieldError[] {
  const ports = itemsOf(spec["ports"], "spec.ports");
  const notInside =
    spec["type"] === "ClusterIP"
      ? ports
          .filter(([port]) => port["nodePort"])
          .map(([, field]) => forbidden(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"))
      : [];
  const seen = new Set<string>();
  const twice = ports.flatMap(([{ nodePort, protocol }, field]) => {
    if (!nodePort) return [];
    const key = `${protocol}/${nodePort}`;
    const isTwice = seen.has(key);
    seen.add(key);
    return isTwice ? [duplicate(`${field}.nodePort`, nodePort)] : [];
  });
  return [...notInside, ...twice, ...sameTwice(ports)];
}

const rangesAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges";

function validateRanges(object: KubeObject): readonly FieldError[] {
  const spec = specOf(object);
  const ranges = (spec["loadBalancerSourceRanges"] ?? []) as string[];
  const annotation = object.metadata.annotations?.[rangesAnnotation];
  if (ranges.length === 0 && annotation === undefined) return [];
  const field = ranges.length > 0 ? "spec.LoadBalancerSourceRanges" : `metadata.annotations[${rangesAnnotation}]`;
  const elsewhere =
    spec["type"] === "LoadBalancer" ? [] : [forbidden(field, "may only be used when `type` is 'LoadBalancer'")];
  const inside =
    ranges.length > 0
      ? ranges.flatMap((range, i) => formatted(`${field}[${i}]`, range.trim(), anyCidr))
      : (annotation?.trim() ?? "")
          .split(",")
          .filter(Boolean)
          .flatMap((range) => formatted(field, range.trim(), anyCidr));
  return [...elsewhere, ...inside];
}

function validateBalancer(spec: Fields): readonly FieldError[] {
  const { type, allocateLoadBalancerNodePorts: allocate, loadBalancerClass } = spec;
  const isBalancer = type === "LoadBalancer";
  const field = "spec.loadBalancerClass";
  return [
    ...(allocate !== undefined && !isBalancer
      ? [forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'")]
      : []),
    ...(isBalancer && allocate === undefined ? [required("allocateLoadBalancerNodePorts")] : []),
    ...(loadBalancerClass === undefined
      ? []
      : isBalancer
        ? formatted(field, loadBalancerClass, qualified)
        : [forbidden(field, "may only be used when `type` is 'LoadBalancer'")]),
  ];
}

/** Whether a service is reached from outside by addresses of nodes, or of the world. */
export function isExternal({ type, externalIPs }: Fields): boolean {
  return type === "NodePort" || type === "LoadBalancer" || (type === "ClusterIP" && (externalIPs ?? []).length > 0);
}

function validateTraffic(spec: Fields): readonly FieldError[] {
  const { externalTrafficPolicy = "", internalTrafficPolicy, trafficDistribution, type } = spec;
  const path = "spec.externalTrafficPolicy";
  const isMissing = internalTrafficPolicy === undefined && ["NodePort", "LoadBalancer", "ClusterIP"].includes(type);
  return [
    ...(isExternal(spec)
      ? oneOfWords(path, externalTrafficPolicy, policies)
      : externalTrafficPolicy === ""
        ? []
        : [invalid(path, externalTrafficPolicy, "may only be set for externally-accessible services")]),
    ...validateHealthPort(spec),
    ...(isMissing ? [required("spec.internalTrafficPolicy")] : []),
    ...(internalTrafficPolicy === undefined || policies.includes(internalTrafficPolicy)
      ? []
      : [notSupported("spec.internalTrafficPolicy", internalTrafficPolicy, policies)]),
    ...(trafficDistribution === undefined || distributions.includes(trafficDistribution)
      ? []
      : [notSupported("spec.trafficDistribution", trafficDistribution, distributions)]),
  ];
}

const policies: readonly string[] = ["Cluster", "Local"];
const distributions: readonly string[] = ["PreferClose", "PreferSameZone", "PreferSameNode"];

function validateHealthPort(spec: Fields): readonly FieldError[] {
  const field = "spec.healthCheckNodePort";
  const port = (spec["healthCheckNodePort"] ?? 0) as number;
  const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  if (!needsHealthPort(spec)) return port === 0 ? [] : [invalid(field, port, why)];
  return port === 0 ? [required(field)] : portNumber(field, port);
}

/** A balancer that sends to nodes with pods alone asks them by a port. */
export function needsHealthPort({ type, externalTrafficPolicy }: Fields): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

/** ValidateServiceUpdate: what keeps its address keeps that very one. */
function validateServiceUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [now, before] = [specOf(object), specOf(old)];
  const isBalancer = now["type"] === "LoadBalancer" && before["type"] === "LoadBalancer";
  const isChanged = (field: string) => (now[field] ?? null) !== (before[field] ?? null);
  return [
    ...familyChanges(now, before),
    ...(isBalancer && isChanged("loadBalancerClass")
      ? [invalid("spec.loadBalancerClass", now["loadBalancerClass"], "may not change once set")]
      : []),
    ...(now["type"] !== "LoadBalancer" && now["loadBalancerClass"] !== undefined
      ? [forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'")]
      : []),
    ...(needsHealthPort(now) && needsHealthPort(before) && isChanged("healthCheckNodePort")
      ? [forbidden("spec.healthCheckNodePort", "field is immutable")]
      : []),
    ...validateService(object),
  ];
}

/** ValidateLoadBalancerStatus: at which addresses a balancer is reached. */
function validateServiceStatus(object: KubeObject): readonly FieldError[] {
  const path = "status.loadBalancer.ingress";
  const ingress = itemsOf(((object["status"] ?? {}) as Fields)["loadBalancer"]?.ingress, path);
  if (specOf(object)["type"] !== "LoadBalancer" && ingress.length > 0)
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  return ingress.flatMap(([{ ip = "", ipMode, hostname = "" }, field]) => [
    ...(ip === "" ? [] : formatted(`${field}.ip`, ip, ipAddress)),
    ...validateIpMode(ip, ipMode, `${field}.ipMode`),
    ...(hostname === "" ? [] : formatted(`${field}.hostname`, hostname, dns1123Subdomain)),
    ...(parseIp(hostname) === undefined
      ? []
      : [invalid(`${field}.hostname`, hostname, "must be a DNS name, not an IP address")]),
  ]);
}

function validateIpMode(ip: string, mode: string | undefined, field: string): readonly FieldError[] {
  if (mode === undefined) return ip === "" ? [] : [required(field, "must be specified when `ip` is set")];
  if (ip === "") return [forbidden(field, "may not be specified when `ip` is not set")];
  return ["Proxy", "VIP"].includes(mode) ? [] : [notSupported(field, mode, ["Proxy", "VIP"])];
}
