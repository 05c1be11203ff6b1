import { type FieldError, required } from "../../names.ts";
import { formatted, itemsOf, oneOf, portNumber } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, type Format, qualified } from "../formats.ts";
import { ipAddress, parseIp } from "../ip.ts";
import type { Fields, KindRules } from "../rules.ts";
import { protocols } from "./pod-spec/ports.ts";

export const endpoints: KindRules = {
  defaults: (object) => {
    for (const subset of object["subsets"] ?? []) for (const port of subset.ports ?? []) port.protocol ??= "TCP";
  },
  validate: (object) => itemsOf(object["subsets"], "subsets").flatMap(([subset, path]) => validateSubset(subset, path)),
};

function validateSubset(subset: Fields, path: string): readonly FieldError[] {
  const addresses = itemsOf(subset["addresses"], `${path}.addresses`);
  const notReady = itemsOf(subset["notReadyAddresses"], `${path}.notReadyAddresses`);
  const ports = itemsOf(subset["ports"], `${path}.ports`);
  return [
    ...(addresses.length + notReady.length === 0
      ? [required(path, "must specify `addresses` or `notReadyAddresses`")]
      : []),
    ...[...addresses, ...notReady].flatMap(([{ ip = "", hostname, nodeName }, field]) => [
      ...formatted(`${field}.ip`, ip, ipAddress),
      ...(hostname ? formatted(`${field}.hostname`, hostname, dns1123Label) : []),
      ...(nodeName === undefined ? [] : formatted(`${field}.nodeName`, nodeName, dns1123Subdomain)),
      ...formatted(`${field}.ip`, ip, ordinaryAddress),
    ]),
    ...ports.flatMap(([{ name = "", port = 0, protocol, appProtocol }, field]) => [
      ...(name === ""
        ? ports.length > 1
          ? [required(`${field}.name`)]
          : []
        : formatted(`${field}.name`, name, dns1123Label)),
      ...portNumber(`${field}.port`, port),
      ...oneOf(`${field}.protocol`, protocol, protocols),
      ...(appProtocol === undefined ? [] : formatted(`${field}.appProtocol`, appProtocol, qualified)),
    ]),
  ];
}

/** An address of an endpoint, which is one at all, and one that another machine can reach. */
export function endpointIp(field: string, ip: string): readonly FieldError[] {
  const faults = formatted(field, ip, ipAddress);
  return faults.length > 0 ? faults : formatted(field, ip, ordinaryAddress);
}

/** ValidateEndpointIP: an address that another machine can reach. */
export const ordinaryAddress: Format = (value) => {
  // Leading zeros, which are refused elsewhere, do not keep it from being an address.
  const bytes = parseIp(value) ?? parseIp(value.replace(/(^|\.)0+(?=\d)/g, "$1"));
  if (bytes === undefined) return ["must be a valid IP address"];
  if (bytes.every((byte) => byte === 0)) return [`may not be unspecified (${value})`];
  const isVersion4 = bytes.length === 4;
  const [first = 0, second = 0] = bytes;
  const isLoopback = isVersion4 ? first === 127 : bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1;
  if (isLoopback) return ["may not be in the loopback range (127.0.0.0/8, ::1/128)"];
  if (isVersion4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80)
    return ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"];
  if (isVersion4 ? first === 224 && second === 0 && bytes[2] === 0 : first === 0xff && (second & 0x0f) === 0x02)
    return ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"];
  return [];
};
