import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { dns1123Label, dns1123Subdomain } from "../formats.ts";
import { ipAddress, parseIp } from "../ip.ts";
import { type Fields, fill, type KindRules } from "../rules.ts";

const addressTypes = ["FQDN", "IPv4", "IPv6"];
const protocols = ["SCTP", "TCP", "UDP"];
const maxEndpoints = 1000;
const maxPorts = 20_000;
const maxAddresses = 100;

export const endpointSlice: KindRules = {
  defaults: (object) => {
    for (const port of object["ports"] ?? []) fill(port, { name: "", protocol: "TCP" });
  },
  validate: (object) => [
    ...validatePorts(object["ports"]),
    ...validateEndpoints(object["endpoints"], (object["addressType"] ?? "") as string),
    ...validateAddressType((object["addressType"] ?? "") as string),
  ],
  validateReplacement: (object, old) => [
    ...validatePorts(object["ports"]),
    ...validateEndpoints(object["endpoints"], (object["addressType"] ?? "") as string),
    ...changedType(object, old),
  ],
};

function validateAddressType(type: string): readonly FieldError[] {
  if (type === "") return [required("addressType")];
  return addressTypes.includes(type) ? [] : [notSupported("addressType", type, addressTypes)];
}

function changedType(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const type = (object["addressType"] ?? "") as string;
  const change = type === old["addressType"] ? [] : [invalid("addressType", type, "field is immutable")];
  return [...change, ...validateAddressType(type)];
}

function validatePorts(ports: unknown): readonly FieldError[] {
  const items = itemsOf(ports, "ports");
  const names = items.map(([port]) => (port["name"] ?? "") as string);
  return [
    ...(items.length > maxPorts ? [tooMany("ports", items.length, maxPorts)] : []),
    ...items.flatMap(([port, path], i) => validatePort(port, path, names.indexOf(names[i] as string) < i)),
  ];
}

function validatePort({ name = "", protocol }: Fields, path: string, isTaken: boolean): readonly FieldError[] {
  return [
    ...(name === "" ? [] : formatted(`${path}.name`, name, dns1123Label)),
    ...(isTaken ? [duplicate(`${path}.name`, name)] : []),
    ...(protocols.includes(protocol) ? [] : [notSupported(`${path}.protocol`, protocol, protocols)]),
  ];
}

function validateEndpoints(endpoints: unknown, type: string): readonly FieldError[] {
  const items = itemsOf(endpoints, "endpoints");
  if (items.length > maxEndpoints) return [tooMany("endpoints", items.length, maxEndpoints)];
  return items.flatMap(([endpoint, path]) => {
    const addresses = (endpoint["addresses"] ?? []) as string[];
    return [
      ...(addresses.length === 0 ? [required(`${path}.addresses`)] : []),
      ...(addresses.length > maxAddresses ? [tooMany(`${path}.addresses`, addresses.length, maxAddresses)] : []),
      ...addresses.flatMap((address, i) => validateAddress(address, type, `${path}.addresses[${i}]`)),
      ...(endpoint["hostname"] === undefined
        ? []
        : formatted(`${path}.hostname`, endpoint["hostname"] as string, dns1123Label)),
    ];
  });
}

function validateAddress(address: string, type: string, path: string): readonly FieldError[] {
  if (type === "FQDN") return formatted(path, address, dns1123Subdomain);
  if (type !== "IPv4" && type !== "IPv6") return [];
  const bytes = parseIp(address);
  if (bytes === undefined) return formatted(path, address, ipAddress);
  if (type === "IPv4" && bytes.length !== 4) return [invalid(path, address, "must be an IPv4 address")];
  return type === "IPv6" && bytes.length !== 16 ? [invalid(path, address, "must be an IPv6 address")] : [];
}
