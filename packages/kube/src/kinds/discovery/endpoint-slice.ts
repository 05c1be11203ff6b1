import { canonical } from "../../canonical.ts";
import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { ordinaryAddress } from "../core/endpoints.ts";
import { dns1123Label, dns1123Subdomain, type Format, labelValue, qualified } from "../formats.ts";
import { canonicalIpAddress, ipAddress, ipWarnings, parseIp } from "../ip.ts";
import { type Fields, fill, type KindRules } from "../rules.ts";

const addressTypes = ["FQDN", "IPv4", "IPv6"];
const protocols = ["SCTP", "TCP", "UDP"];
const maxEndpoints = 1000;
const maxPorts = 20_000;
const maxAddresses = 100;
const maxHints = 8;

export const endpointSlice: KindRules = {
  defaults: (object) => {
    for (const port of object["ports"] ?? []) fill(port, { name: "", protocol: "TCP" });
  },
  validate: (object) => {
    const type = (object["addressType"] ?? "") as string;
    return [
      ...validatePorts(object["ports"]),
      ...validateEndpoints(object["endpoints"], type),
      ...validateAddressType(type),
      ...validateAddressCounts(object["endpoints"]),
    ];
  },
  validateReplacement: (object, old) => {
    const isKept = canonical(object["endpoints"] ?? []) === canonical(old["endpoints"] ?? []);
    return [
      ...validatePorts(object["ports"]),
      ...(isKept ? [] : validateEndpoints(object["endpoints"], (object["addressType"] ?? "") as string)),
      ...changedType(object, old),
      ...(isKept ? [] : validateAddressCounts(object["endpoints"])),
    ];
  },
  warnings: (object, old) => [
    ...(object["addressType"] === "FQDN" && old === undefined
      ? ["spec.addressType: FQDN endpoints are deprecated"]
      : []),
    ...(controllers.includes(object.metadata.labels?.["endpointslice.kubernetes.io/managed-by"] ?? "")
      ? []
      : itemsOf(object["endpoints"], "endpoints").flatMap(([{ addresses }, path]) =>
          ((addresses ?? []) as readonly string[]).flatMap((each, i) => ipWarnings(`${path}.addresses[${i}]`, each)),
        )),
  ],
};

/** Whose addresses are right in any case. */
const controllers = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

function validateAddressType(type: string): readonly FieldError[] {
  if (type === "") return [required("addressType")];
  return addressTypes.includes(type) ? [] : [notSupported("addressType", type, addressTypes)];
}

function changedType(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const type = (object["addressType"] ?? "") as string;
  if (type === old["addressType"]) return [];
  return [...validateAddressType(type), invalid("addressType", null, "field is immutable")];
}

function validatePorts(ports: unknown): readonly FieldError[] {
  const items = itemsOf(ports, "ports");
  const names = items.map(([port]) => (port["name"] ?? "") as string);
  if (items.length > maxPorts) return [tooMany("ports", items.length, maxPorts)];
  return items.flatMap(([port, path], i) => validatePort(port, path, names.indexOf(names[i] as string) < i));
}

function validatePort(
  { name = "", protocol, appProtocol }: Fields,
  path: string,
  isTaken: boolean,
): readonly FieldError[] {
  return [
    ...(name === "" ? [] : formatted(`${path}.name`, name, dns1123Label)),
    ...(isTaken ? [duplicate(`${path}.name`, name)] : []),
    ...(protocols.includes(protocol) ? [] : [notSupported(`${path}.protocol`, protocol, protocols)]),
    ...(appProtocol === undefined ? [] : formatted(`${path}.appProtocol`, appProtocol, qualified)),
  ];
}

function validateEndpoints(endpoints: unknown, type: string): readonly FieldError[] {
  const items = itemsOf(endpoints, "endpoints");
  if (items.length > maxEndpoints) return [tooMany("endpoints", items.length, maxEndpoints)];
  return items.flatMap(([endpoint, path]) => {
    const { addresses, nodeName, hostname, hints } = endpoint;
    return [
      ...((addresses ?? []) as readonly string[]).flatMap((address, i) =>
        validateAddress(address, type, `${path}.addresses`, i),
      ),
      ...(nodeName === undefined ? [] : formatted(`${path}.nodeName`, nodeName, dns1123Subdomain)),
      ...(hostname === undefined ? [] : formatted(`${path}.hostname`, hostname, dns1123Label)),
      ...(hints === undefined ? [] : validateHints(hints, `${path}.hints`)),
    ];
  });
}

/** Declared rules of upstream, which it tells after all others. */
function validateAddressCounts(endpoints: unknown): readonly FieldError[] {
  return itemsOf(endpoints, "endpoints").flatMap(([{ addresses }, path]) => {
    const count = (addresses ?? []).length;
    if (count === 0) return [required(`${path}.addresses`)];
    return count > maxAddresses ? [tooMany(`${path}.addresses`, count, maxAddresses)] : [];
  });
}

function validateHints({ forZones, forNodes }: Fields, path: string): readonly FieldError[] {
  const zones = validateHint(forZones, `${path}.forZones`, labelValue);
  const isFull = (forZones ?? []).length > maxHints;
  return isFull ? zones : [...zones, ...validateHint(forNodes, `${path}.forNodes`, dns1123Subdomain)];
}

function validateHint(hints: unknown, path: string, format: Format): readonly FieldError[] {
  const items = itemsOf(hints, path);
  if (items.length > maxHints) return [tooMany(path, items.length, maxHints)];
  const names = items.map(([{ name = "" }]) => name as string);
  return names.flatMap((name, i) => [
    ...(names.indexOf(name) < i ? [duplicate(`${path}[${i}].name`, name)] : []),
    ...formatted(`${path}[${i}].name`, name, format),
  ]);
}

function validateAddress(address: string, type: string, list: string, index: number): readonly FieldError[] {
  const path = `${list}[${index}]`;
  if (type === "FQDN") return address === "" ? [required(path)] : formatted(path, address, fullyQualified);
  if (type !== "IPv4" && type !== "IPv6") return [];
  const faults = formatted(path, address, type === "IPv4" ? ipAddress : canonicalIpAddress);
  if (faults.length > 0) return faults;
  const isOther = parseIp(address)?.length !== (type === "IPv4" ? 4 : 16);
  return [
    ...(isOther ? [invalid(list, address, `must be an ${type} address`)] : []),
    ...formatted(path, address, ordinaryAddress),
  ];
}

/** A name of two parts or more. */
const fullyQualified: Format = (value) => {
  const faults = dns1123Subdomain(value.replace(/\.$/, ""));
  if (faults.length > 0) return faults;
  return value.replace(/\.$/, "").includes(".")
    ? []
    : ["should be a domain with at least two segments separated by dots"];
};
