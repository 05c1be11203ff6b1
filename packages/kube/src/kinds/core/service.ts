import { canonical } from "../../canonical.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf, portNumber } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, type Format, qualified } from "../formats.ts";
import { cidr, ipAddress } from "../ip.ts";
import { validateLabels } from "../label-selector.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { portNumberOrName, protocols } from "./pod-spec/ports.ts";

export const service: KindRules = {
  defaults: (object) => serviceDefaults((object["spec"] ??= {})),
  validate: (object) => validateService(specOf(object)),
  validateUpdate: validateServiceUpdate,
};

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
  const isExternal = spec["type"] === "NodePort" || spec["type"] === "LoadBalancer";
  if (isExternal) fill(spec, { externalTrafficPolicy: "Cluster" });
  if (isExternal || spec["type"] === "ClusterIP") fill(spec, { internalTrafficPolicy: "Cluster" });
  if (spec["type"] === "LoadBalancer") fill(spec, { allocateLoadBalancerNodePorts: true });
}

/** The same as a qualified name, by another name. */
const labelKey: Format = (value) =>
  qualified(value).map((each) => each.replace(/^a qualified name/, "a valid label key"));

const types: readonly string[] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/** ValidateService. */
function validateService(spec: Fields): readonly FieldError[] {
  const { ports, type = "", sessionAffinity = "" } = spec;
  const isHeadless = spec["clusterIP"] === "None";
  const isNameless = type === "ExternalName";
  return [
    ...((ports ?? []).length === 0 && !isHeadless && !isNameless ? [required("spec.ports")] : []),
    ...byType(spec),
    ...validatePorts(spec),
    ...validateLabels(spec["selector"], "spec.selector"),
    ...oneOfWords("spec.sessionAffinity", sessionAffinity, ["ClientIP", "None"]),
    ...validateAffinity(spec),
    ...((spec["externalIPs"] ?? []) as string[]).flatMap((ip, i) => formatted(`spec.externalIPs[${i}]`, ip, ipAddress)),
    ...oneOfWords("spec.type", type, types),
    ...nodePortsOfType(spec),
    ...validateRanges(spec),
    ...policies(spec),
    ...families(spec),
  ];
}

function oneOfWords(field: string, value: string, words: readonly string[]): readonly FieldError[] {
  if (value === "") return [required(field)];
  return words.includes(value) ? [] : [notSupported(field, value, words)];
}

function byType(spec: Fields): readonly FieldError[] {
  switch (spec["type"]) {
    case "LoadBalancer":
    case "NodePort":
      return spec["clusterIP"] === "None"
        ? [invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec["type"]} services`)]
        : [];
    case "ExternalName": {
      const { clusterIP = "", externalName = "" } = spec;
      const name = externalName.replace(/\.$/, "");
      return [
        ...(clusterIP !== "" ? [forbidden("spec.clusterIPs", "may not be set for ExternalName services")] : []),
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
  const errors = ports.flatMap(([port, field]) => {
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
  return [...errors, ...sameTwice(ports)];
}

function sameTwice(ports: readonly (readonly [Fields, string])[]): readonly FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(([{ protocol, port }, field]) => {
    const key = `${protocol}/${port}`;
    const isTwice = seen.has(key);
    seen.add(key);
    return isTwice
      ? [{ field, reason: "FieldValueDuplicate" as const, message: `Duplicate value: ${goPort({ protocol, port })}` }]
      : [];
  });
}

/** A port as Go prints it of its internal type: protocol and number alone count. */
function goPort({ protocol, port }: Fields): string {
  return JSON.stringify({
    Name: "",
    Protocol: protocol,
    AppProtocol: null,
    Port: port,
    TargetPort: 0,
    NodePort: 0,
  });
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: Fields): readonly FieldError[] {
  const field = "spec.sessionAffinityConfig";
  if (sessionAffinity !== "ClientIP") return [];
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds as number | undefined;
  if (seconds === undefined) return [required(`${field}.clientIP.timeoutSeconds`)];
  return seconds > 0 && seconds <= maxStickySeconds
    ? []
    : [
        invalid(
          `${field}.clientIP.timeoutSeconds`,
          seconds,
          `must be greater than 0 and less than or equal to ${maxStickySeconds}`,
        ),
      ];
}

function nodePortsOfType(spec: Fields): readonly FieldError[] {
  const ports = itemsOf(spec["ports"], "spec.ports");
  if (spec["type"] === "ClusterIP")
    return ports
      .filter(([port]) => port["nodePort"])
      .map(([, field]) => forbidden(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
  const seen = new Set<string>();
  return ports.flatMap(([{ nodePort, protocol }, field]) => {
    if (!nodePort) return [];
    const key = `${protocol}/${nodePort}`;
    const isTwice = seen.has(key);
    seen.add(key);
    return isTwice ? [duplicate(`${field}.nodePort`, nodePort)] : [];
  });
}

function validateRanges(spec: Fields): readonly FieldError[] {
  const ranges = (spec["loadBalancerSourceRanges"] ?? []) as string[];
  if (ranges.length === 0) return [];
  if (spec["type"] !== "LoadBalancer")
    return [forbidden("spec.LoadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'")];
  return ranges.flatMap((range, i) => formatted(`spec.LoadBalancerSourceRanges[${i}]`, range.trim(), cidr));
}

function policies(spec: Fields): readonly FieldError[] {
  const { type, externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, loadBalancerClass } = spec;
  const isExternal =
    type === "NodePort" || type === "LoadBalancer" || (type === "ClusterIP" && (spec["externalIPs"] ?? []).length > 0);
  const errors: FieldError[] = [];
  if (spec["allocateLoadBalancerNodePorts"] !== undefined && type !== "LoadBalancer")
    errors.push(forbidden("spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'"));
  if (loadBalancerClass !== undefined) {
    if (type !== "LoadBalancer")
      errors.push(forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'"));
    else errors.push(...formatted("spec.loadBalancerClass", loadBalancerClass, qualified));
  }
  if (externalTrafficPolicy !== undefined) {
    if (!isExternal)
      errors.push(
        invalid(
          "spec.externalTrafficPolicy",
          externalTrafficPolicy,
          "may only be set for externally-accessible services",
        ),
      );
    else errors.push(...oneOfWords("spec.externalTrafficPolicy", externalTrafficPolicy, ["Cluster", "Local"]));
  } else if (isExternal && type !== "ClusterIP") errors.push(required("spec.externalTrafficPolicy"));
  if (healthCheckNodePort && !(type === "LoadBalancer" && externalTrafficPolicy === "Local"))
    errors.push(
      invalid(
        "spec.healthCheckNodePort",
        healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  if (internalTrafficPolicy !== undefined)
    errors.push(...oneOfWords("spec.internalTrafficPolicy", internalTrafficPolicy, ["Cluster", "Local"]));
  return errors;
}

/** Addresses and their families. */
function families(spec: Fields): readonly FieldError[] {
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (spec["type"] === "ExternalName") {
    return [
      ...(ipFamilies.length > 0 ? [forbidden("spec.ipFamilies", "may not be set for ExternalName services")] : []),
      ...(ipFamilyPolicy === undefined
        ? []
        : [forbidden("spec.ipFamilyPolicy", "may not be set for ExternalName services")]),
    ];
  }
  const errors: FieldError[] = [];
  if (clusterIPs.length > 0 && clusterIP !== clusterIPs[0])
    errors.push(invalid("spec.clusterIPs", clusterIPs, "first value must match `clusterIP`"));
  for (const [i, ip] of (clusterIPs as string[]).entries())
    if (ip !== "None" && ip !== "") errors.push(...formatted(`spec.clusterIPs[${i}]`, ip, ipAddress));
  const words = ["PreferDualStack", "RequireDualStack", "SingleStack"];
  if (ipFamilyPolicy !== undefined && !words.includes(ipFamilyPolicy))
    errors.push(notSupported("spec.ipFamilyPolicy", ipFamilyPolicy, words));
  for (const [i, family] of (ipFamilies as string[]).entries()) {
    if (!["IPv4", "IPv6"].includes(family))
      errors.push(notSupported(`spec.ipFamilies[${i}]`, family, ["IPv4", "IPv6"]));
    else if (ipFamilies.indexOf(family) !== i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  }
  return errors;
}

/** What keeps its address keeps that very one. */
function validateServiceUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [now, before] = [specOf(object), specOf(old)];
  if (now["type"] === "ExternalName" || before["type"] === "ExternalName") return [];
  if (!before["clusterIP"] || canonical(now["clusterIPs"]) === canonical(before["clusterIPs"])) return [];
  const changed = immutable(object, old, ["spec.clusterIP"], "may not change once set");
  return changed.map((error) => ({ ...error, field: "spec.clusterIPs[0]" }));
}
